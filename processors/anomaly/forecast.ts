import type { Baseline } from './baseline.ts';
import { type Present, presentAt } from './profile.ts';

/** What a baseline says of a point before it is looked at, and by how much the point is off that. */
export interface Forecast {
  readonly elapsedMs: number;
  /** The slots of its hour. */
  readonly present: Present;
  /** The value off the level: as it is, without the day's season, and without the week's too. */
  readonly bare: number;
  readonly daily: number;
  readonly weekly: number;
  /** Off level and as much season as has proved itself. */
  readonly deviation: number;
  /** What the newest deviations say of this one, before their weights. */
  readonly newest: number;
  readonly mean: number;
  readonly expected: number;
  readonly residual: number;
  /** The usual size of a residual at this hour. */
  readonly scale: number;
  /** No scale is taken for smaller than that, so that rounding in a constant series is no anomaly. */
  readonly floor: number;
}

/** A season says nothing yet before that many points. */
const SEASON_POINTS_MIN = 5;

/** Half of an hour's own spread is believed. */
const SPREAD_TRUST = 0.5;
const SPREAD_MIN = 0.2;

/** A report that is later than so many intervals says less of its predecessor. */
const GAP_INTERVALS = 3;

const RIDGE = 0.02;
const WEIGHT_MAX = 2;

export function forecast(baseline: Baseline, time: number, value: number): Forecast {
  const elapsedMs = Math.max(0, time - baseline.time);
  const present = presentAt(baseline, time);
  const { inDay, inWeek, inHour } = present;
  const bare = value - baseline.level;
  const daily = bare - inDay;
  const weekly = daily - inWeek;
  const deviation = bare - season(baseline, inDay, inWeek);

  const aged = agedBy(elapsedMs, baseline.intervalMs);
  const newest = baseline.deviation * aged;
  const mean = baseline.recent * aged;
  const residual = deviation - follows(baseline.moments, newest, mean);
  const floor = 0.01 * (baseline.errors[0] as number) + 1e-9 * Math.abs(baseline.level) + 1e-200;
  const spread = Math.max(SPREAD_MIN, 1 + SPREAD_TRUST * (inHour - 1));
  const scale = (baseline.residualScale + floor) * spread;
  const expected = value - residual;
  return { elapsedMs, present, bare, daily, weekly, deviation, newest, mean, expected, residual, scale, floor };
}

/** As much of the day's and of the week's season as is believed: predictors side by side, by the power of their errors. */
function season({ errors, count, lent }: Baseline, inDay: number, inWeek: number): number {
  if (count + lent <= SEASON_POINTS_MIN) return 0;
  const bare = errors[0] as number;
  const withDay = gain(bare, errors[1] as number);
  const withWeek = gain(bare, errors[2] as number);
  return (inDay * (withDay + withWeek) + inWeek * withWeek) / (1 + withDay + withWeek);
}

/** The fourth power of what an error is lower by. */
function gain(bare: number, error: number): number {
  const ratio = Math.min(bare / (error + 1e-200), 1e6);
  return ratio * ratio * ratio * ratio;
}

/** What deviation follows the newest one and the mean of some: least squares with a ridge. */
function follows(moments: readonly number[], newest: number, mean: number): number {
  const both = moments[1] as number;
  const ridge = RIDGE * ((moments[0] as number) + (moments[2] as number)) + 1e-30;
  const a = (moments[0] as number) + ridge;
  const c = (moments[2] as number) + ridge;
  const determinant = a * c - both * both;
  if (!(determinant > 0)) return 0;
  const [newestNext, meanNext] = [moments[3] as number, moments[4] as number];
  const byNewest = bounded((newestNext * c - meanNext * both) / determinant, WEIGHT_MAX);
  const byMean = bounded((meanNext * a - newestNext * both) / determinant, WEIGHT_MAX);
  return byNewest * newest + byMean * mean;
}

function agedBy(elapsedMs: number, intervalMs: number): number {
  const usual = GAP_INTERVALS * Math.max(1, intervalMs);
  return elapsedMs > usual ? usual / elapsedMs : 1;
}

/** A number between minus and plus a bound. */
export function bounded(value: number, bound: number): number {
  return value > bound ? bound : value < -bound ? -bound : value;
}
