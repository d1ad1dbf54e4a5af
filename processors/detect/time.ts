/** What happened is kept in parts of five minutes, of which the windows of all durations consist. */
export const BUCKET_MS = 300_000;

/** Every duration goes into an hour without a rest. */
export const HOUR_MS = 3_600_000;

/** A window is judged when log time is a minute past its end. */
export const CLOSE_MS = 60_000;

/** What comes up to an hour late revises its window; what comes later goes to `fleet.late`. */
export const REVISED_MS = 60 * 60_000;

/** A device that reports nothing for three parts in a row has stopped. */
export const QUIET_MS = 3 * BUCKET_MS;

/** Reports of one device that are closer than this are throttled: the later one does not count. */
export const REPORT_MS = 300_000;

const DIGITS = 16;

/** Begin of the part of `length` ms that a time lies in; parts are counted from 1970 in UTC. */
export function startOf(time: number, length: number): number {
  return Math.floor(time / length) * length;
}

/** Up to when all parts are closed at a log time. */
export function closedAt(now: number): number {
  return startOf(now - CLOSE_MS, BUCKET_MS);
}

/** Subkey of a part by its begin: byte order is order of time. */
export function subkeyOf(start: number): string {
  return String(Math.max(0, start)).padStart(DIGITS, '0');
}

/** Above every subkey, as they begin with a digit. */
export const END = ':';
