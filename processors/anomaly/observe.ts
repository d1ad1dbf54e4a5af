import { exp, log } from '#sdk';
import { type Baseline, STATISTICS, type Statistic } from './baseline.ts';
import { drift } from './drift.ts';
import { bounded, type Forecast, forecast } from './forecast.ts';
import { incident } from './incident.ts';
import { begin, learning } from './learning.ts';
import { LOG_STATISTICS, meansOf, sizeOf, type Surprise, surpriseOf } from './statistics.ts';
import { maturity, quantile, TAIL_DOUBLES } from './tail.ts';

export interface Point {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly value: number;
}

/** What is said of a point, and why. */
export interface Verdict {
  /** From 0 to 1; from ALARM_SCORE on it is an alarm, once an incident. */
  readonly score: number;
  readonly alarm: boolean;
  /** Of anything as unlikely, were all as usual: the threshold would have had to be below it to stay silent. */
  readonly probability: number;
  /** The most unusual of the statistics. */
  readonly statistic: Statistic;
  /** How many times its usual size that is, and from how many times on it alone would alarm. */
  readonly measure: number;
  readonly limit: number;
  readonly expected: number;
  /** The values between which this point alone would not have alarmed. */
  readonly low: number;
  readonly high: number;
  /** Points that the baseline had seen. */
  readonly count: number;
  /** From 0 (all is of the cohort or a guess) to 1 (all is of the series itself). */
  readonly maturity: number;
}

export interface Observation {
  readonly baseline: Baseline;
  readonly verdict: Verdict;
}

/** A point whose probability is that or less is an alarm: about one an incident, and three in a thousand points. */
export const ALARM_PROBABILITY = 0.003;

/** A younger baseline has its say only in part. */
const POINTS_SURE = 50;

/** Values beyond that are taken for it, so that no square overflows. */
const VALUE_MAX = 1e100;

/** Judges one point by a baseline, and takes it into the next one. */
export function observe(baseline: Baseline, { time, value }: Point): Observation {
  if (!Number.isFinite(value)) return { baseline, verdict: silent(baseline, baseline.level) };
  const kept = bounded(value, VALUE_MAX);
  if (baseline.count === 0) {
    const first = begin(baseline, time, kept);
    return { baseline: first, verdict: silent(baseline, first.level) };
  }
  const expected = forecast(baseline, time, kept);
  const means = meansOf(baseline, expected, kept);
  const drifted = drift(baseline, time, expected);
  const surprise = surpriseOf(baseline, expected, means, drifted.logProbability);
  const seen = baseline.count + baseline.lent;
  const sure = surprise.logProbability * Math.min(1, seen / POINTS_SURE);
  const found = incident(baseline, sure, LOG_ALARM);
  const verdict: Verdict = {
    score: found.score,
    alarm: found.alarm,
    probability: exp(sure),
    ...reasons(baseline, expected, surprise, drifted.logProbability),
  };
  return { baseline: learning(baseline, time, kept, expected, means, surprise, found, drifted.days), verdict };
}

const LOG_ALARM = log(ALARM_PROBABILITY);

/** From there on one statistic alone makes an alarm. */
const LOG_ALONE = LOG_ALARM - LOG_STATISTICS;

type Reasons = Omit<Verdict, 'score' | 'alarm' | 'probability'>;

function reasons(baseline: Baseline, { expected, scale }: Forecast, surprise: Surprise, drifted: number): Reasons {
  const { statistic, values } = surprise;
  const seen = baseline.count + baseline.lent;
  const limitOf = (name: Statistic) => quantile(baseline.tails, TAIL_DOUBLES * indexOf(name), LOG_ALONE, seen);
  const own = statistic === 'drift' ? -1 : indexOf(statistic);
  return {
    statistic,
    measure: own < 0 ? Math.sqrt(-2 * drifted) : sizeOf(statistic, values[own] as number),
    limit: own < 0 ? Math.sqrt(-2 * LOG_ALONE) : sizeOf(statistic, limitOf(statistic)),
    expected,
    low: expected - scale * sizeOf('jump down', limitOf('jump down')),
    high: expected + scale * sizeOf('jump up', limitOf('jump up')),
    count: baseline.count,
    maturity: maturity(baseline.count),
  };
}

function indexOf(statistic: Statistic): number {
  return (STATISTICS as readonly Statistic[]).indexOf(statistic);
}

function silent({ count }: Baseline, expected: number): Verdict {
  const nothing = { score: 0, alarm: false, probability: 1, statistic: 'jump up', measure: 0, limit: 0 } as const;
  return { ...nothing, expected, low: expected, high: expected, count, maturity: maturity(count) };
}
