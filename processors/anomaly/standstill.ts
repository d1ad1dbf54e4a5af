import { exp, log } from '#sdk';

/**
 * Values that stand still: how long a row of equal values is, against a life table of those before it. The table is
 * of points: the share that is equal to the one before, and of those behind one, two, four and so on equal values
 * the share behind twice as many. So it is a probability of the point, in a series that often stands still as in one
 * that never does. Each share has a beta prior, worth two rows.
 *
 * It lies in an array of the caller: the points, the equal values of the row that lasts, the longest row that was
 * seen, and how many points lay behind one equal value, two, four and so on.
 */
export const STANDSTILL_NUMBERS = 14;
const TABLE = 3;
const LEVELS = STANDSTILL_NUMBERS - TABLE;

/** Of nothing seen, one point in four that came so far comes twice as far: rows have a tail of index three. */
const DOUBLED = 0.25;
const PRIOR_ROWS = 2;

/** So few equal values are chance of rounding. */
const RUN_MIN = 3;

/** A row teaches as many points as the longest before it, or so many: what is stuck once is not usual thereby. */
const TAUGHT_MIN = 64;

/** Points that the table remembers at most; then what it counted is halved. */
const MEMORY = 20_000;

/** A row is counted no farther. */
const RUN_MAX = 1_000_000;

/**
 * The logarithm of the probability of a point behind `run` equal values or more; 0 where they are too few. What was
 * never seen, nor anything as long, has twice the chance that the next of n + 1 like points has to be the first of its
 * kind: a series that begins by standing still tells nothing of itself.
 */
export function logStandstill(kept: readonly number[], at: number, run: number): number {
  if (run < RUN_MIN) return 0;
  const points = pointsBefore(kept, at, run);
  let logShare = logEqual(kept, at, points);
  let length = 1;
  let level = 0;
  for (; 2 * length < run; level++, length *= 2) logShare += logDoubled(kept, at, level, length);
  logShare += (logDoubled(kept, at, level, length) * log(run / length)) / LOG_2;
  return Math.max(logShare, -2 * log(points + 1));
}

/** How many equal values have the probability of that logarithm. */
export function runAt(kept: readonly number[], at: number, logProbability: number): number {
  const points = pointsBefore(kept, at, (kept[at + 1] as number) + 1);
  if (logProbability < -2 * log(points + 1)) return RUN_MAX;
  let left = logEqual(kept, at, points) - logProbability;
  let length = 1;
  for (let level = 0; left > 0 && length < RUN_MAX; level++, length *= 2) {
    const doubled = logDoubled(kept, at, level, length);
    if (left <= -doubled) return Math.max(RUN_MIN, length * exp((LOG_2 * left) / -doubled));
    left += doubled;
  }
  return Math.max(RUN_MIN, length);
}

/** The equal values behind which a point is. */
export function runOf(kept: readonly number[], at: number, isEqual: boolean): number {
  return isEqual ? Math.min((kept[at + 1] as number) + 1, RUN_MAX) : 0;
}

/** Takes one more value into an array which the caller owns. A row is learnt from when it is over. */
export function learnStandstill(kept: number[], at: number, isEqual: boolean): void {
  const run = kept[at + 1] as number;
  const points = (kept[at] as number) + 1;
  kept[at] = points;
  kept[at + 1] = runOf(kept, at, isEqual);
  if (!isEqual && run > 0) {
    const taught = Math.min(run, Math.max(TAUGHT_MIN, kept[at + 2] as number));
    kept[at + 2] = Math.max(kept[at + 2] as number, run);
    for (let level = 0, length = 1; level < LEVELS && length <= taught; level++, length *= 2) {
      kept[at + TABLE + level] = Math.fround((kept[at + TABLE + level] as number) + taught - length + 1);
    }
  }
  if (points < MEMORY) return;
  kept[at] = points / 2;
  for (let level = 0; level < LEVELS; level++) kept[at + TABLE + level] = (kept[at + TABLE + level] as number) / 2;
}

/** An array in which the table is worth so many points, and no row lasts. */
export function lentStandstill(kept: readonly number[], at: number, worth: number): readonly number[] {
  const scale = Math.min(1, worth / Math.max(1, kept[at] as number));
  return kept.map((one, index) => {
    if (index < at || index === at + 2) return one;
    return index === at + 1 ? 0 : one * scale;
  });
}

const LOG_2 = log(2);

/** Those before a row to which the next point belongs; none where the table remembers less than the row. */
function pointsBefore(kept: readonly number[], at: number, run: number): number {
  return Math.max(0, (kept[at] as number) + 1 - run);
}

/** Of the share of points that are equal to the one before; Jeffreys' prior. */
function logEqual(kept: readonly number[], at: number, points: number): number {
  return Math.min(0, log(((kept[at + TABLE] as number) + 0.5) / (points + 1)));
}

/** Of the share of points behind so many equal values that are behind twice as many. Behind the last level none is known. */
function logDoubled(kept: readonly number[], at: number, level: number, length: number): number {
  const prior = PRIOR_ROWS * length;
  const reached = level < LEVELS ? (kept[at + TABLE + level] as number) : 0;
  const doubled = level + 1 < LEVELS ? (kept[at + TABLE + level + 1] as number) : 0;
  return log((doubled + DOUBLED * prior) / (reached + prior));
}
