/** The hours of a day and of a week: what a series is usually off its level then, and how much it varies. */

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** A quarter of an hour keeps the edges of a schedule sharp. */
const QUARTER_MS = HOUR_MS / 4;

export const DAY_SLOTS = 96;
export const WEEK_SLOTS = 168;
export const HOUR_SLOTS = 24;

/** Number of the quarter of an hour of a time; within one, all slots stay the same. */
export function quarterOf(time: number): number {
  return Math.floor(time / QUARTER_MS);
}

/** The beginning of a quarter of an hour. */
export function timeOf(quarter: number): number {
  return quarter * QUARTER_MS;
}

export function daySlot(time: number): number {
  return modulo(Math.floor(time / QUARTER_MS), DAY_SLOTS);
}

export function weekSlot(time: number): number {
  return modulo(Math.floor(time / HOUR_MS), WEEK_SLOTS);
}

export function hourSlot(time: number): number {
  return modulo(Math.floor(time / HOUR_MS), HOUR_SLOTS);
}

/** The first days weigh as in a mean in which half a day said that nothing is off; later ones as a fifth each. */
export function dayRate(days: number, elapsedMs: number): number {
  return Math.max(0.2, 1 / (days + 1.5)) * Math.min(1, elapsedMs / QUARTER_MS);
}

/** Of weeks there are few, so that a whole one says at first that nothing is off. */
export function weekRate(days: number, elapsedMs: number): number {
  return Math.max(0.25, 1 / (days / 7 + 2)) * Math.min(1, elapsedMs / HOUR_MS);
}

export function hourRate(days: number, elapsedMs: number): number {
  return Math.max(0.1, 1 / (days + 3)) * Math.min(1, elapsedMs / HOUR_MS);
}

/** The remainder, never negative; by a division, which is faster than % of doubles. */
function modulo(value: number, of: number): number {
  return value - of * Math.floor(value / of);
}
