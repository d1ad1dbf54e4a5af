import { exp, log } from '#sdk';
import { type Baseline, STATISTICS, type Statistic } from './baseline.ts';
import { bounded, type Forecast } from './forecast.ts';
import { LOG_STATISTICS } from './incident.ts';
import { comparedOf, logRecord, RECORDS } from './records.ts';
import { learnStandstill, logStandstill, runOf } from './standstill.ts';
import { learn, logTail, TAIL_DOUBLES } from './tail.ts';

/** Windows of the means, in points. */
const SHIFT_POINTS = 16;
const LEAN_POINTS = 60;
const NOISE_POINTS = 20;
const BURST_POINTS = 20;

/** In a mean no point counts for more than so many times the usual. */
const SHARE_MAX = 8;
const BURST_MAX = 12;

/** Means that move with each point, before it is learnt from. */
export interface Means {
  readonly shift: number;
  readonly lean: number;
  readonly noise: number;
  readonly change: number;
  /** The change from the last value. */
  readonly step: number;
}

/** How unlikely a point is in each respect. */
export interface Surprise {
  /** Each statistic's value in the order of STATISTICS. */
  readonly values: readonly number[];
  /** What is compared with each list of RECORDS. */
  readonly compared: readonly number[];
  /** The logarithm of the probability that anything is as unlikely as this point is. */
  readonly logProbability: number;
  readonly burst: number;
  readonly statistic: Statistic;
}

export function meansOf(baseline: Baseline, { deviation, residual, floor }: Forecast, value: number): Means {
  const points = baseline.count + baseline.lent;
  const rate = (window: number) => Math.max(1 / points, 1 / window);
  const share = bounded(deviation, SHARE_MAX * (baseline.deviationScale + floor));
  const noise = Math.min(Math.abs(residual), SHARE_MAX * (baseline.residualScale + floor));
  const step = Math.abs(value - baseline.judged);
  const change = Math.min(step, SHARE_MAX * (baseline.changeScale + floor));
  return {
    shift: baseline.shift + (share - baseline.shift) * rate(SHIFT_POINTS),
    lean: baseline.lean + (share - baseline.lean) * rate(LEAN_POINTS),
    noise: baseline.noise + (noise - baseline.noise) * rate(NOISE_POINTS),
    change: baseline.change + (change - baseline.change) * rate(NOISE_POINTS),
    step,
  };
}

export function surpriseOf(
  baseline: Baseline,
  value: number,
  forecast: Forecast,
  means: Means,
  drift: number,
): Surprise {
  const { tails, count, lent } = baseline;
  const seen = count + lent;
  const { floor } = forecast;
  const jump = folded(forecast.residual / forecast.scale);
  const shift = folded(means.shift / (baseline.shiftScale + floor));
  const lean = folded(means.lean / (baseline.leanScale + floor));
  const noise = log((means.noise + floor) / (baseline.residualScale + floor));
  const usual = baseline.changeScale + TINY;
  const stillness = -log((means.change + 0.01 * baseline.changeScale + TINY) / usual);
  const values = [jump, -jump, shift, -shift, lean, -lean, noise, stillness, 0];

  const point = Math.min(logTail(tails, 0, jump, seen), logTail(tails, TAIL_DOUBLES, -jump, seen));
  const burst = baseline.burst + (Math.min(-point, BURST_MAX) - baseline.burst) / BURST_POINTS;
  values[BURST] = burst;

  // The harmonic mean of probabilities holds however they depend on each other (Wilson 2019).
  let inverses = 0;
  let least = 0;
  let statistic: Statistic = 'jump up';
  for (let index = 0; index < STATISTICS.length; index++) {
    const at = index * TAIL_DOUBLES;
    const one = values[index] as number;
    // Short of its tail a statistic counts as certain, which costs nothing where it matters.
    const each = one > (tails[at] as number) ? Math.max(logTail(tails, at, one, seen, ROWS[index]), LOG_LEAST) : 0;
    inverses += each === 0 ? 1 : exp(-each);
    if (each >= least) continue;
    least = each;
    statistic = STATISTICS[index] as Statistic;
  }
  const compared = comparedOf(value, forecast);
  for (let list = 0; list < RECORDS.length; list++) {
    const each = Math.max(logRecord(baseline, list, compared[list] as number, floor), LOG_LEAST);
    if (each === 0) continue;
    inverses += exp(-each);
    if (each >= least) continue;
    least = each;
    statistic = RECORDS[list] as Statistic;
  }
  if (drift < 0) {
    inverses += exp(-Math.max(drift, LOG_LEAST));
    if (drift < least) statistic = 'drift';
    least = Math.min(least, drift);
  }
  const standstill = logStandstill(tails, STANDSTILL_AT, runOf(tails, STANDSTILL_AT, means.step === 0));
  if (standstill < 0) {
    inverses += exp(-Math.max(standstill, LOG_LEAST));
    if (standstill < least) statistic = 'standstill';
  }
  return { values, compared, logProbability: Math.min(0, LOG_STATISTICS - log(inverses)), burst, statistic };
}

/** How many excesses in a row tell as much as one: a third of a mean's window. */
export const ROWS = [
  1,
  1,
  ...[SHIFT_POINTS, SHIFT_POINTS, LEAN_POINTS, LEAN_POINTS, NOISE_POINTS, NOISE_POINTS, BURST_POINTS].map(
    (window) => window / 3,
  ),
];

/** The tails after one more point. */
export function learnt(
  { tails, count, lent }: Baseline,
  values: readonly number[],
  { step }: Means,
): readonly number[] {
  const seen = count + lent;
  const next = tails.slice();
  learnStandstill(next, STANDSTILL_AT, step === 0);
  // While the baseline itself begins, its errors tell nothing of later ones.
  if (seen < TAIL_POINTS_MIN) return next;
  for (let index = 0; index < STATISTICS.length; index++) {
    learn(next, index * TAIL_DOUBLES, values[index] as number, seen);
  }
  return next;
}

/** Where in `tails` the table of rows of equal values begins. */
export const STANDSTILL_AT = STATISTICS.length * TAIL_DOUBLES;

const BURST = STATISTICS.indexOf('burst');
const TAIL_POINTS_MIN = 30;
const LOG_LEAST = -600;
const RATIO_MAX = 1e9;
const TINY = 1e-200;

/** A statistic's value as a multiple of its usual size; how unlikely the points of a burst were stays as it is. */
export function sizeOf(statistic: Statistic, value: number): number {
  if (statistic === 'burst') return value;
  return statistic === 'noise' || statistic === 'stillness' ? exp(value) : exp(value) - 1;
}

/** A ratio on a logarithmic scale that keeps its sign, on which a heavy tail falls like an exponential one. */
function folded(ratio: number): number {
  return ratio >= 0 ? log(1 + Math.min(ratio, RATIO_MAX)) : -log(1 + Math.min(-ratio, RATIO_MAX));
}
