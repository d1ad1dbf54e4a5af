import { exp, log } from '#sdk';

/** An interval of a number. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Normal quantile of 0.975, and the probability that lies beyond on either side. */
export const Z = 1.959963984540054;
const BEYOND = 0.025;

/** The interval of a share at 95 % confidence (Wilson 1927), where each of `of` is counted by itself. */
export function shareInterval(count: number, of: number): Interval {
  const share = count / of;
  const z2 = Z * Z;
  const middle = (share + z2 / (2 * of)) / (1 + z2 / of);
  const half = (Z / (1 + z2 / of)) * Math.sqrt((share * (1 - share)) / of + z2 / (4 * of * of));
  return { low: count === 0 ? 0 : Math.max(0, middle - half), high: count === of ? 1 : Math.min(1, middle + half) };
}

/** The exact interval of the mean of a Poisson count at 95 % confidence (Garwood 1936). */
export function countInterval(count: number): Interval {
  return {
    low: count === 0 ? 0 : gammaQuantile(count, BEYOND, -Z),
    high: gammaQuantile(count + 1, 1 - BEYOND, Z),
  };
}

/** Shapes above which the cube root of Wilson and Hilferty (1931) is near enough: within 1e-6 of the quantile. */
const SHAPE_EXACT_MAX = 10_000;

const STEPS = 60;

/** The quantile of a gamma distribution of unit scale, by bisection; `z` is the normal quantile of the probability. */
function gammaQuantile(shape: number, probability: number, z: number): number {
  const root = 1 - 1 / (9 * shape) + z / (3 * Math.sqrt(shape));
  const guess = shape * root * root * root;
  if (shape > SHAPE_EXACT_MAX) return guess;
  let low = 0;
  let high = 2 * Math.max(guess, 1) + 10;
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (gammaBelow(shape, middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const TERMS_MAX = 5_000;
const NEGLIGIBLE = 1e-16;

/**
 * The regularized incomplete gamma function P, by its series below the mean and by Lentz's continued fraction above
 * (Abramowitz and Stegun 6.5.29 and 6.5.31), within 1e-12 up to a shape of 10,000.
 */
export function gammaBelow(shape: number, x: number): number {
  if (x <= 0) return 0;
  const front = exp(shape * log(x) - x - logGamma(shape));
  return x < shape + 1 ? front * series(shape, x) : 1 - front * fraction(shape, x);
}

function series(shape: number, x: number): number {
  let term = 1 / shape;
  let sum = term;
  for (let n = 1; n < TERMS_MAX && term > sum * NEGLIGIBLE; n++) {
    term *= x / (shape + n);
    sum += term;
  }
  return sum;
}

function fraction(shape: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - shape;
  let c = 1 / tiny;
  let d = 1 / b;
  let result = d;
  for (let n = 1; n < TERMS_MAX; n++) {
    const a = -n * (n - shape);
    b += 2;
    d = a * d + b;
    if (Math.abs(d) < tiny) d = tiny;
    c = b + a / c;
    if (Math.abs(c) < tiny) c = tiny;
    d = 1 / d;
    const change = d * c;
    result *= change;
    if (Math.abs(change - 1) < NEGLIGIBLE * 10) break;
  }
  return result;
}

/** Coefficients of Lanczos for g = 7, by Godfrey. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const HALF_LOG_TWO_PI = 0.9189385332046728;

/** The logarithm of the gamma function from 0.5 on, within 1e-13 of it (Lanczos 1964). */
export function logGamma(x: number): number {
  const at = x - 1;
  const t = at + 7.5;
  const sum = LANCZOS.reduce((before, each, i) => before + (i === 0 ? each : each / (at + i)), 0);
  return HALF_LOG_TWO_PI + (at + 0.5) * log(t) - t + log(sum);
}
