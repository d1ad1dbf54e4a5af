import { exp, log } from '#sdk';
import type { Baseline } from './baseline.ts';
import { bounded, type Forecast } from './forecast.ts';
import { LOG_ALONE } from './incident.ts';
import { DAY_MS } from './season.ts';

/** The means of days: a level that creeps shows between them, where no point of a day is unusual. */
export interface Days {
  readonly daySum: number;
  readonly dayCount: number;
  readonly dayMean: number;
  readonly dayLevel: number;
  readonly daySpread: number;
  readonly days: number;
}

/** The means of days with one more point, and, where it ends a day, the logarithm of the probability of its mean. */
export interface Drifted {
  readonly days: Days;
  readonly logProbability: number;
}

/** The slow mean of days. */
const MEMORY_DAYS = 45;

/** Before that many days nothing is said, and before these nothing is bounded. */
const DAYS_MIN = 21;
const SETTLED_DAYS = 5;

/** A greater step between two days is a shift, which other statistics see: it is taken along. */
const STEP_MAX = 3;

/** A greater distance counts for no more, so that creeping becomes usual no faster than it can be told. */
const DISTANCE_MAX = 2;

/** The spread is of few days, and days wander: the distance is taken for Student's t with so many degrees of freedom. */
const FREEDOM = 15;

/** Mean absolute to standard deviation of a normal distribution. */
const DEVIATION = 1.2533;

export function drift(baseline: Baseline, time: number, { weekly, floor }: Forecast): Drifted {
  const own = baseline.level + weekly;
  const { daySum, dayCount, dayMean, dayLevel, daySpread, days } = baseline;
  if (Math.floor(time / DAY_MS) === Math.floor(baseline.time / DAY_MS) || dayCount === 0) {
    const same: Days = { daySum: daySum + own, dayCount: dayCount + 1, dayMean, dayLevel, daySpread, days };
    return { days: same, logProbability: 0 };
  }
  const mean = daySum / dayCount;
  const begun = { daySum: own, dayCount: 1, dayMean: mean, days: days + 1 };
  if (days === 0) return { days: { ...begun, dayLevel: mean, daySpread }, logProbability: 0 };
  const usual = days < SETTLED_DAYS ? Infinity : daySpread + floor;
  const step = mean - dayMean;
  const level = dayLevel + step - bounded(step, STEP_MAX * usual);
  const off = mean - level;
  const distance = off / (DEVIATION * (daySpread + floor));
  const logProbability = days >= DAYS_MIN ? logDistance(distance) : 0;
  const next: Days = {
    ...begun,
    // Once told, the creeping is measured anew from where it led.
    dayLevel: logProbability <= LOG_ALONE ? mean : level + off * Math.max(1 / (days + 1), 1 / MEMORY_DAYS),
    daySpread:
      daySpread + (Math.min(Math.abs(off), DISTANCE_MAX * usual) - daySpread) * Math.max(1 / days, 1 / MEMORY_DAYS),
  };
  return { days: next, logProbability };
}

/** The logarithm of the density of Student's t at a distance, over that at 0. */
function logDistance(distance: number): number {
  return (-(FREEDOM + 1) / 2) * log(1 + (distance * distance) / FREEDOM);
}

/** The distance of that logarithm. */
export function distanceAt(logProbability: number): number {
  return Math.sqrt(FREEDOM * (exp((-2 * logProbability) / (FREEDOM + 1)) - 1));
}
