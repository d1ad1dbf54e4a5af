import type { Baseline } from './baseline.ts';
import { bounded, type Forecast } from './forecast.ts';
import { DAY_MS } from './season.ts';

/** The means of days: a level that creeps shows between them, where no point of a day is unusual. */
export interface Days {
  readonly daySum: number;
  readonly dayCount: number;
  readonly dayMean: number;
  readonly dayLevel: number;
  readonly dayStep: number;
  readonly days: number;
}

/** The means of days with one more point, and, where it ends a day, the logarithm of the probability of its mean. */
export interface Drifted {
  readonly days: Days;
  readonly logProbability: number;
}

/** The slow mean of days. */
const MEMORY_DAYS = 45;

/** Before that many days nothing is said. */
const DAYS_MIN = 14;

/** A greater step between two days is a shift, which other statistics see. */
const STEPS_MAX = 3;

/** Mean absolute to standard deviation of a normal distribution. */
const DEVIATION = 1.2533;

/** Beyond that the creeping is told, and the slow mean starts anew from where it led. */
const TOLD = 4.5;

export function drift(baseline: Baseline, time: number, { weekly, floor }: Forecast): Drifted {
  const own = baseline.level + weekly;
  const { daySum, dayCount, dayMean, dayLevel, dayStep, days } = baseline;
  if (Math.floor(time / DAY_MS) === Math.floor(baseline.time / DAY_MS) || dayCount === 0) {
    const same: Days = { daySum: daySum + own, dayCount: dayCount + 1, dayMean, dayLevel, dayStep, days };
    return { days: same, logProbability: 0 };
  }
  const mean = daySum / dayCount;
  const begun = { daySum: own, dayCount: 1, dayMean: mean, days: days + 1 };
  if (days === 0) return { days: { ...begun, dayLevel: mean, dayStep }, logProbability: 0 };
  const step = mean - dayMean;
  const usual = days < 3 ? Math.abs(step) : STEPS_MAX * (dayStep + floor);
  // What a jump moves is taken along.
  const level = dayLevel + step - bounded(step, usual);
  const rate = Math.max(1 / (days + 1), 1 / MEMORY_DAYS);
  // Even if each day's mean were a random step from the last one, it would keep within that of the slow mean.
  const distance = (mean - level) / (DEVIATION * (dayStep + floor) * Math.sqrt(1 / (2 * rate)));
  const told = days >= DAYS_MIN && Math.abs(distance) > TOLD;
  const next: Days = {
    ...begun,
    dayLevel: told ? mean : level + (mean - level) * rate,
    dayStep: dayStep + (Math.min(Math.abs(step), usual) - dayStep) * Math.max(1 / days, 1 / MEMORY_DAYS),
  };
  return { days: next, logProbability: days >= DAYS_MIN ? -(distance * distance) / 2 : 0 };
}
