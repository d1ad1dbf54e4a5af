import { exp, log } from '#sdk';

/**
 * The upper tail of a statistic, fitted online (peaks over threshold): the quantile that is exceeded with probability
 * BEYOND, and mean and mean square of the excess over it, of which a generalised Pareto distribution is made. Behind
 * them wait sum, sum of squares and number of the excesses in a row, until the row is over.
 */

/** Doubles of one tail within an array of them. */
export const TAIL_DOUBLES = 6;

/** A tail of which nothing is known but a guess: its threshold, and an exponential excess. */
export function guess(threshold: number, excess: number): number[] {
  return [threshold, excess, 2 * excess * excess, 0, 0, 0].map(Math.fround);
}

/** The share of values from which the tail is fitted. */
const BEYOND = 0.03;
const LOG_BEYOND = log(BEYOND);

/** Points that a fit remembers at most: 300 excesses, which place one in a thousand within a third. */
const MEMORY = 10_000;

/** A fit weighs recent points more than a plain mean does, since a baseline that is learning itself made the first ones. */
const FORGETTING = 1.5;

/** The guess is worth so many points. */
const GUESS_POINTS = 60;

/** So many excesses are taken for exponential before the data say otherwise. */
const SHAPE_PRIOR = 20;

/** A bounded tail is never trusted far: a fit would call impossible what is only unseen. */
const SHAPE_MIN = -0.2;
const SHAPE_MAX = 0.9;

/** No excess counts for more than that many means, so that one outlier does not make the next one usual. */
const EXCESS_MAX = 8;

/** What climbs shall not become usual on its way, so that a row of excesses is learnt from when it ends or is so long. */
const ROW_MAX = 100;

/** However long, a row is at most that share of the fit, and raises the threshold by no more means: a fault is no rule. */
const ROW_SHARE = 0.1;
const ROW_RISE = 0.5;

/** The logarithm of the probability that the statistic comes to `value` or more, after `seen` points. */
export function logTail(tails: readonly number[], at: number, value: number, seen: number, row = 1): number {
  const mean = tails[at + 1] as number;
  const excess = value - (tails[at] as number);
  if (excess <= 0) return Math.min(0, LOG_BEYOND - excess / mean);
  const shape = shapeOf(tails, at, seen, row);
  const scale = mean * (1 - shape);
  if (Math.abs(shape) < SHAPE_NONE) return LOG_BEYOND - excess / scale;
  return LOG_BEYOND - log(Math.max(1 + (shape * excess) / scale, NEVER)) / shape;
}

/** The value that is exceeded with the probability of that logarithm, which is below LOG_BEYOND. */
export function quantile(tails: readonly number[], at: number, logProbability: number, seen: number, row = 1): number {
  const shape = shapeOf(tails, at, seen, row);
  const scale = (tails[at + 1] as number) * (1 - shape);
  const depth = LOG_BEYOND - logProbability;
  const excess = Math.abs(shape) < SHAPE_NONE ? scale * depth : (scale * (exp(shape * depth) - 1)) / shape;
  return (tails[at] as number) + excess;
}

/** Takes one more value into a tail of an array which the caller owns. Its numbers are single floats, as they are kept. */
export function learn(tails: number[], at: number, value: number, seen: number): void {
  const threshold = tails[at] as number;
  const mean = tails[at + 1] as number;
  const points = Math.min(seen / FORGETTING + GUESS_POINTS, MEMORY);
  const beyond = value > threshold;
  // The step of Robbins and Monro for a quantile, where the density at it is BEYOND / mean.
  const step = mean / (BEYOND * points);
  if (beyond) {
    const row = (tails[at + 5] as number) + 1;
    if (row * (1 - BEYOND) < ROW_RISE * BEYOND * points) tails[at] = Math.fround(threshold + step * (1 - BEYOND));
    const excess = Math.min(value - threshold, EXCESS_MAX * mean);
    tails[at + 3] = Math.fround((tails[at + 3] as number) + excess);
    tails[at + 4] = Math.fround((tails[at + 4] as number) + excess * excess);
    tails[at + 5] = row;
    if (row < ROW_MAX) return;
  } else {
    tails[at] = Math.fround(threshold - step * BEYOND);
  }
  const row = tails[at + 5] as number;
  if (row === 0) return;
  const rate = Math.min(row / (BEYOND * points + row), ROW_SHARE);
  const square = tails[at + 2] as number;
  tails[at + 1] = Math.fround(mean + ((tails[at + 3] as number) / row - mean) * rate);
  tails[at + 2] = Math.fround(square + ((tails[at + 4] as number) / row - square) * rate);
  tails.fill(0, at + 3, at + TAIL_DOUBLES);
}

/** How much of a fit at `seen` points is of the series' own. */
export function maturity(seen: number): number {
  const excesses = BEYOND * Math.min(seen, MEMORY);
  return excesses / (excesses + SHAPE_PRIOR);
}

const SHAPE_NONE = 1e-6;
const NEVER = 1e-300;

/** The shape by the method of moments, shrunk towards the exponential; the last part is what the mean's own error adds. */
function shapeOf(tails: readonly number[], at: number, seen: number, row: number): number {
  const mean = tails[at + 1] as number;
  const excesses = (BEYOND * Math.min(seen, MEMORY)) / row;
  const ratio = (tails[at + 2] as number) / (2 * mean * mean);
  const fitted = ratio > 0.5 ? (ratio - 1) / (2 * ratio - 1) : 0;
  const shrunk = (fitted * excesses) / (excesses + SHAPE_PRIOR);
  return Math.min(Math.max(SHAPE_MIN, shrunk) + 1 / (excesses + 3), SHAPE_MAX);
}
