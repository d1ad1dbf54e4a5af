import type { Score } from './series.ts';

/** Never alarms. */
export const nothing: Score = ({ values }) => values.map(() => 0);

const WINDOW = 6400;
const STEP = 100;

/**
 * The windowed Gaussian of NAB: how far out a value lies in a normal distribution with mean and deviation of the last
 * 6,400 points, recomputed every 100 of them.
 */
export const windowedGaussian: Score = ({ values }) => {
  const seen: number[] = [];
  let mean = 0;
  let deviation = 1;
  return values.map((value, index) => {
    const score = seen.length > 0 ? 1 - 2 * upperTail(Math.abs(value - mean) / deviation) : 0;
    if (Number.isFinite(value)) seen.push(value);
    if (seen.length <= WINDOW || index % STEP === 0) {
      const recent = seen.slice(-WINDOW);
      mean = recent.reduce((sum, x) => sum + x, 0) / recent.length;
      const variance = recent.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / recent.length;
      deviation = Math.sqrt(variance) || 0.000001;
    }
    return score;
  });
};

/** The normal distribution above z >= 0 (Abramowitz and Stegun 26.2.17, and the asymptotic form far out). */
function upperTail(z: number): number {
  if (z > 6) return Math.exp(-0.5 * z * z) / (z * Math.sqrt(2 * Math.PI));
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) * polynomial;
}

const BINS = 5;
const ENTROPY_WINDOW = 52;

/** The 0.99 quantile of chi-squared with BINS - 1 degrees of freedom. */
const CHI_SQUARED = 13.277;

/**
 * Relative entropy as in NAB (Wang et al., "Statistical techniques for online anomaly detection in data centers",
 * 2011): the histogram of the newest values is compared with those seen before; one that is like none of them is an
 * anomaly. As NAB does, it is told the least and the greatest value of the series beforehand.
 */
export const relativeEntropy: Score = ({ values }) => {
  const finite = values.filter((value) => Number.isFinite(value));
  const [low, high] = finite.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  const width = high > low ? (high - low) / BINS : 0;
  const window: number[] = [];
  const known: { shares: number[]; count: number }[] = [];
  return values.map((value) => {
    window.push(width === 0 ? 0 : Math.min(BINS - 1, Math.floor((value - low) / width)));
    if (width === 0 || window.length < ENTROPY_WINDOW) return 0;
    if (window.length > ENTROPY_WINDOW) window.shift();
    const shares = Array.from({ length: BINS }, () => 0);
    for (const bin of window) shares[bin] = (shares[bin] ?? 0) + 1 / ENTROPY_WINDOW;
    const distances = known.map((one) => 2 * ENTROPY_WINDOW * entropyTo(shares, one.shares));
    const nearest = distances.reduce((best, distance, index) => (distance < (distances[best] ?? 0) ? index : best), 0);
    const like = known[nearest];
    if (like !== undefined && (distances[nearest] ?? Infinity) < CHI_SQUARED) {
      like.count++;
      return 0;
    }
    known.push({ shares, count: 1 });
    return known.length > 1 ? 1 : 0;
  });
};

function entropyTo(shares: readonly number[], known: readonly number[]): number {
  return shares.reduce((sum, share, bin) => sum + (share > 0 ? share * Math.log(share / (known[bin] || 1e-9)) : 0), 0);
}
