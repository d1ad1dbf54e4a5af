import { fnv1a } from '#sdk';
import { HOUR_MS, MINUTE_MS } from './days.ts';

/** How long an hour waits for its last reports, beside its device's share of the spread. */
const WAIT_MS = 10 * MINUTE_MS;

/** Hours of all devices would close at once; within this time each device has a moment of its own. */
const SPREAD_MS = 10 * MINUTE_MS;

/** How long an hour that was told waits for further late reports, once one has come. */
const REVISION_WAIT_MS = MINUTE_MS;

/** When an hour is first told, log time. */
export function closesAt(hour: number, key: string): number {
  return (hour + 1) * HOUR_MS + WAIT_MS + shareOf(key);
}

/** Hours before this one are closed at a log time. */
export function closedUntil(logTime: number, key: string): number {
  return Math.floor((logTime - WAIT_MS - shareOf(key)) / HOUR_MS);
}

/** When an hour is told anew that was told before, log time. */
export function revisedAt(logTime: number): number {
  return logTime + REVISION_WAIT_MS;
}

/** The moment of a device within the spread, ms. */
function shareOf(key: string): number {
  return fnv1a(key) % SPREAD_MS;
}
