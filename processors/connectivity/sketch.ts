import { exp, log } from '#sdk';
import type { SketchBucket } from '#schemas';

/**
 * A sketch of positive values: counts in buckets whose bounds grow by one factor, so that a quantile is told within 1 %
 * of its value, and two sketches are merged by adding counts (as DDSketch, Masson et al. 2019).
 */
export type Sketch = readonly SketchBucket[];

const FACTOR = 1.02;
const LOG_FACTOR = log(FACTOR);

/** The greatest relative error of a quantile. */
export const RELATIVE_ERROR = (FACTOR - 1) / (FACTOR + 1);

/** Values beyond count as these; what is smaller counts as zero. */
const VALUE_MIN = 1e-3;
const VALUE_MAX = 1e9;
const ZERO_BUCKET = -10_000;

/** The sketch of values; what is negative or no number is left out. */
export function sketchOf(values: readonly number[]): Sketch {
  const counts = new Map<number, number>();
  for (const value of values) {
    if (!(value >= 0)) continue;
    const bucket = bucketOf(value);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return Array.from(counts, ([bucket, count]) => ({ bucket, count })).sort((a, b) => a.bucket - b.bucket);
}

/** The value of which a share `q` (0 to 1) of all is not greater; null of none. */
export function quantileOf(sketch: Sketch, q: number): number | null {
  const total = sketch.reduce((all, { count }) => all + count, 0);
  let left = Math.floor(q * (total - 1)) + 1;
  for (const { bucket, count } of sketch) {
    left -= count;
    if (left <= 0) return bucket === ZERO_BUCKET ? 0 : (2 * exp(bucket * LOG_FACTOR)) / (FACTOR + 1);
  }
  return null;
}

function bucketOf(value: number): number {
  return value < VALUE_MIN ? ZERO_BUCKET : Math.ceil(log(Math.min(value, VALUE_MAX)) / LOG_FACTOR);
}
