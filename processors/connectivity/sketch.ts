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

/** The sketch of values of which each is told by its bucket. */
export function sketchOf(buckets: readonly number[]): Sketch {
  const sketch: { readonly bucket: number; count: number }[] = [];
  for (const bucket of buckets.toSorted((a, b) => a - b)) {
    const last = sketch.at(-1);
    if (last?.bucket === bucket) last.count++;
    else sketch.push({ bucket, count: 1 });
  }
  return sketch;
}

/** The value of which a share `q` (0 to 1) of all is not greater; null of none. */
export function quantileOf(sketch: Sketch, q: number): number | null {
  let total = 0;
  for (const { count } of sketch) total += count;
  let left = Math.floor(q * (total - 1)) + 1;
  for (const { bucket, count } of sketch) {
    left -= count;
    if (left <= 0) return bucket === ZERO_BUCKET ? 0 : (2 * exp(bucket * LOG_FACTOR)) / (FACTOR + 1);
  }
  return null;
}

/** The bucket of a value; null of what is negative or no number. */
export function bucketOf(value: number): number | null {
  if (!(value >= 0)) return null;
  return value < VALUE_MIN ? ZERO_BUCKET : Math.ceil(log(Math.min(value, VALUE_MAX)) / LOG_FACTOR);
}
