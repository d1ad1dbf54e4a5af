/** What is expected of a week, from days behind. */
export interface Expectation {
  readonly perWeek: number;
  /** Between these lie 95 % of weeks to come. */
  readonly low: number;
  readonly high: number;
}

const DAYS_A_WEEK = 7;

/** Fewer days tell nothing of how they differ. */
const SPREAD_DAYS_MIN = 5;

/**
 * What a week to come may bring, from counts of days behind: days are taken for exchangeable. The count is negative
 * binomial, a Poisson whose rate is known by as many days as there are (Jeffreys' prior, a half). Where days differ by
 * more than a Poisson's do, by Pearson's statistic, all is counted in clusters of that many (quasi-likelihood).
 */
export function expect(days: readonly number[]): Expectation {
  const total = days.reduce((sum, count) => sum + count, 0);
  const weeks = days.length / DAYS_A_WEEK;
  const spread = spreadOf(days, total);
  const shape = total / spread + 0.5;
  const quantile = (share: number) => Math.round(spread * quantileOf(shape, weeks, share));
  return { perWeek: total / weeks, low: quantile(0.025), high: quantile(0.975) };
}

/** How many times as much the counts of days differ as those of a Poisson. */
function spreadOf(days: readonly number[], total: number): number {
  if (days.length < SPREAD_DAYS_MIN || total === 0) return 1;
  const mean = total / days.length;
  const squares = days.reduce((sum, count) => sum + (count - mean) ** 2, 0);
  return Math.max(1, squares / (days.length - 1) / mean);
}

/** The least count of which that share of all is not above, of a negative binomial with a mean of shape / weeks. */
function quantileOf(shape: number, weeks: number, share: number): number {
  // Terms are summed as logarithms, since the first of a large shape is no double.
  const logQ = -Math.log1p(weeks);
  let logTerm = shape * (Math.log(weeks) - Math.log1p(weeks));
  let below = Math.exp(logTerm);
  let count = 0;
  while (below < share && count < COUNT_MAX) {
    logTerm += logQ + Math.log((shape + count) / (count + 1));
    below += Math.exp(logTerm);
    count++;
  }
  return count;
}

const COUNT_MAX = 10_000_000;
