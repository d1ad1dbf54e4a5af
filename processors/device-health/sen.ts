/** A point of a run. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line with the intervals of its slope and of its height. */
export interface Line {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
  /** Where the lines of these three slopes meet x = 0. */
  readonly heights: { readonly slope: number; readonly low: number; readonly high: number };
  /** Interval of the height of the first of them, at any x. */
  readonly lower: number;
  readonly upper: number;
}

/** The normal quantile of 0.95: both bounds together leave out one in ten. */
const Z = 1.6448536269514722;

/**
 * The median of the slopes between any two points of the same run (Theil 1950, Sen 1968), over several runs as by
 * Hirsch, Slack and Smith (1982): the runs share the slope, and each may lie at its own height. The interval is Sen's,
 * by the variance of Kendall's statistic; it holds where errors are independent and drawn from one distribution. A line
 * goes through the median height of the last run, whose interval is that of a median (by the sign test). Null where the
 * points lie at one x.
 */
export function lineOf(runs: readonly (readonly Point[])[]): Line | null {
  const slopes = runs.flatMap(slopesOf).sort((a, b) => a - b);
  const count = slopes.length;
  const last = runs.at(-1);
  if (count === 0 || last === undefined) return null;
  const [lowest, highest] = ranksOf(runs, count);
  const ranked = (rank: number) => slopes[Math.min(Math.max(rank, 1), count) - 1] as number;
  const slope = medianOf(slopes);
  const [low, high] = [ranked(lowest), ranked(highest)];
  const residuals = (by: number) => last.map(({ x, y }) => y - by * x).sort((a, b) => a - b);
  const heights = {
    slope: medianOf(residuals(slope)),
    low: medianOf(residuals(low)),
    high: medianOf(residuals(high)),
  };
  const around = residuals(slope);
  const half = (Z * Math.sqrt(around.length)) / 2;
  const at = (rank: number) => around[Math.min(Math.max(rank, 1), around.length) - 1] as number;
  const lower = at(Math.floor(around.length / 2 - half));
  const upper = at(Math.ceil(around.length / 2 + half) + 1);
  return { slope, low, high, heights, lower, upper };
}

/** Bounds of a number. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Sen's interval of the slope of one run; all numbers where the run is too short for one. */
export function slopeInterval(run: readonly Point[]): Interval {
  const slopes = slopesOf(run).toSorted((a, b) => a - b);
  const [low, high] = ranksOf([run], slopes.length);
  if (low < 1 || high > slopes.length) return { low: -Infinity, high: Infinity };
  return { low: slopes[low - 1] as number, high: slopes[high - 1] as number };
}

/** Which of the sorted slopes bound their interval; beyond the first and the last where there are too few. */
function ranksOf(runs: readonly (readonly Point[])[], count: number): readonly [low: number, high: number] {
  const variance = runs.reduce((sum, { length: n }) => sum + (n * (n - 1) * (2 * n + 5)) / 18, 0);
  const width = Z * Math.sqrt(variance);
  return [Math.floor((count - width) / 2), Math.ceil((count + width) / 2) + 1];
}

function slopesOf(points: readonly Point[]): readonly number[] {
  return points.flatMap(({ x, y }, i) =>
    points.slice(i + 1).flatMap((other) => (other.x === x ? [] : [(other.y - y) / (other.x - x)])),
  );
}

function medianOf(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] as number)) / 2;
}
