import { type Baseline, STATISTICS, type Statistic } from './baseline.ts';
import { judgedOf, valueOf } from './counter.ts';
import { distanceAt, drift } from './drift.ts';
import { forecast } from './forecast.ts';
import { LOG_ALARM, LOG_STATISTICS } from './incident.ts';
import { observe, type Point, type Verdict } from './observe.ts';
import { excessAt, excessOf, recordAt, RECORDS } from './records.ts';
import { runAt, runOf } from './standstill.ts';
import { meansOf, ROWS, sizeOf, STANDSTILL_AT, surpriseOf } from './statistics.ts';
import { maturity, quantile, TAIL_DOUBLES } from './tail.ts';

/** Why a verdict is what it is. */
export interface Reasons extends Verdict {
  readonly observed: number;
  /**
   * How many times its usual size the most unusual statistic is, and from how many times on it alone would alarm; of a
   * standstill the equal values.
   */
  readonly measure: number;
  readonly limit: number;
  /** The values between which this point alone would not have alarmed. */
  readonly low: number;
  readonly high: number;
  /** Points that the baseline had seen. */
  readonly count: number;
  /** From 0 (all is of the cohort or a guess) to 1 (all is of the series itself). */
  readonly maturity: number;
}

/** Explains what `observe` says of a point by the same baseline: to stay silent, `limit` would have to exceed `measure`. */
export function explain(baseline: Baseline, point: Point, logAlarm = LOG_ALARM): Reasons {
  const { verdict } = observe(baseline, point, { logAlarm });
  const logAlone = logAlarm - LOG_STATISTICS;
  const { time, value } = point;
  const { count, lent, tails } = baseline;
  const told = { ...verdict, observed: value, count, maturity: maturity(count) };
  const { statistic, expected } = verdict;
  if (count === 0 || !Number.isFinite(value)) return { ...told, measure: 0, limit: 0, low: expected, high: expected };

  const judged = judgedOf(baseline, time, value);
  const off = forecast(baseline, time, judged);
  const { logProbability } = drift(baseline, time, off);
  const { values, compared } = surpriseOf(baseline, judged, off, meansOf(baseline, off, judged), logProbability);
  const limitOf = (name: Statistic) => {
    const at = TAIL_DOUBLES * indexOf(name);
    return sizeOf(name, quantile(tails, at, logAlone, count + lent, ROWS[indexOf(name)]));
  };
  const [ofValues, ofTurned, ofRises, ofFalls] = RECORDS.map((_, list) =>
    recordAt(baseline, list, logAlone, off.floor),
  ) as [number, number, number, number];
  const low = Math.max(off.expected - Math.min(off.scale * limitOf('jump down'), ofFalls), -ofTurned);
  const high = Math.min(off.expected + Math.min(off.scale * limitOf('jump up'), ofRises), ofValues);
  const raw = (bound: number) => valueOf(baseline, time, value, bound);
  const within = { low: Math.min(raw(low), expected), high: Math.max(raw(high), expected) };
  // The distance of a day's mean is in standard deviations.
  if (statistic === 'drift') {
    return { ...told, measure: distanceAt(logProbability), limit: distanceAt(logAlone), ...within };
  }
  if (statistic === 'standstill') {
    const measure = runOf(tails, STANDSTILL_AT, true);
    return { ...told, measure, limit: runAt(tails, STANDSTILL_AT, logAlone), ...within };
  }
  const list = (RECORDS as readonly Statistic[]).indexOf(statistic);
  if (list >= 0) {
    const measure = excessOf(baseline, list, compared[list] as number, off.floor);
    return { ...told, measure, limit: excessAt(baseline, list, logAlone), ...within };
  }
  const measure = sizeOf(statistic, values[indexOf(statistic)] as number);
  return { ...told, measure, limit: limitOf(statistic), ...within };
}

function indexOf(statistic: Statistic): number {
  return (STATISTICS as readonly Statistic[]).indexOf(statistic);
}
