import { exp } from '#sdk';
import { type Baseline, draft, type Draft, type Statistic } from './baseline.ts';
import { judgedOf, learnGrowth, valueOf } from './counter.ts';
import { drift } from './drift.ts';
import { bounded, forecast } from './forecast.ts';
import { incident, type Limits, LOG_ALARM } from './incident.ts';
import { begin, learning } from './learning.ts';
import { meansOf, surpriseOf } from './statistics.ts';

export interface Point {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly value: number;
}

/** What is said of a point. */
export interface Verdict {
  /** From 0 to 1; from ALARM_SCORE on it is an alarm, once an incident. */
  readonly score: number;
  readonly alarm: boolean;
  /** Of anything as unlikely, were all as usual: to stay silent the threshold would have had to be below it. */
  readonly probability: number;
  /** The most unusual of the statistics. */
  readonly statistic: Statistic;
  readonly expected: number;
}

export interface Observation {
  readonly baseline: Baseline;
  readonly verdict: Verdict;
}

/** A younger baseline has its say only in part. */
const POINTS_SURE = 50;

/** Where no verdict has moved the threshold, and nobody asks for alerts. */
const USUAL: Limits = { logAlarm: LOG_ALARM };

/** Values beyond that are taken for it, so that no single float overflows. */
const VALUE_MAX = 1e36;

/**
 * Judges one point by a baseline, and takes it into the next one; `limits` say what is an alarm.
 * The next baseline is written into a draft, which is not the baseline itself.
 */
export function observe(
  baseline: Baseline,
  { time, value }: Point,
  limits: Limits = USUAL,
  next: Draft = draft(),
): Observation {
  if (!Number.isFinite(value)) return { baseline, verdict: silent(baseline.level) };
  const kept = bounded(value, VALUE_MAX);
  if (baseline.count === 0) {
    const first = begin(baseline, time, kept);
    return { baseline: first, verdict: silent(first.level) };
  }
  const judged = judgedOf(baseline, time, kept);
  const expected = forecast(baseline, time, judged);
  const means = meansOf(baseline, expected, judged);
  const drifted = drift(baseline, time, expected);
  const surprise = surpriseOf(baseline, judged, expected, means, drifted.logProbability);
  const seen = baseline.count + baseline.lent;
  const sure = surprise.logProbability * Math.min(1, seen / POINTS_SURE);
  const found = incident(baseline, sure, limits);
  const { score, alarm } = found;
  const { statistic } = surprise;
  const verdict: Verdict = {
    score,
    alarm,
    probability: exp(sure),
    statistic,
    expected: valueOf(baseline, time, kept, expected.expected),
  };
  learning(next, baseline, time, expected, means, surprise, found, drifted.days);
  learnGrowth(next, baseline, kept, judged);
  return { baseline: next, verdict };
}

function silent(expected: number): Verdict {
  return { score: 0, alarm: false, probability: 1, statistic: 'jump up', expected };
}
