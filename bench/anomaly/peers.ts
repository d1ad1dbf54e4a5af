import type { Score } from './series.ts';

/** Never alarms. */
export const nothing: Score = ({ values }) => values.map(() => 0);

const WINDOW = 6400;
const STEP = 100;

/**
 * The windowed Gaussian of NAB: how far out in the tail a value lies of a normal distribution with mean and deviation of
 * the last 6,400 points, recomputed every 100 of them.
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
