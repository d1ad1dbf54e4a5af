import type { ClockState } from '#schemas';

/** A run of events with a clock that seems wrong in the same way. */
export type Doubt = NonNullable<ClockState['doubt']>;

const MINUTE_MS = 60_000;

/** An event may be under way for so long without its clock being behind. */
export const DELAY_MS_MAX = 10 * MINUTE_MS;

/** A clock is wrong once so many events in a row say so, over so long: one that starts wrong is soon set right. */
const EVENTS_MIN = 4;
const LASTING_MS_MIN = 10 * MINUTE_MS;

/** A clock that is behind is so by the same from event to event; what was stored and is sent now is not. */
const STEADY_MS = MINUTE_MS;

/** A report may tell of the time since the one before it, and bear the begin of that time. */
const GAPS_MIN = 1.5;

/** What one event shows of the clock. */
interface Seen {
  readonly isPossible: boolean;
  readonly offsetMs: number;
  readonly receivedAt: number;
}

/** The run with one more event, or one that begins with it. */
export function withEvent(doubt: Doubt | null, { isPossible, offsetMs, receivedAt }: Seen): Doubt {
  const isSame =
    doubt !== null &&
    doubt.isPossible === isPossible &&
    (!isPossible || Math.abs(offsetMs - doubt.offsetMs) <= STEADY_MS);
  if (!isSame) {
    return { isPossible, offsetMs, since: receivedAt, until: receivedAt, events: 1, longestGapMs: 0 };
  }
  const longestGapMs = Math.max(doubt.longestGapMs, receivedAt - doubt.until);
  return { ...doubt, until: receivedAt, events: doubt.events + 1, longestGapMs };
}

/** Whether the run shows that the clock is wrong. */
export function isSettled({ isPossible, offsetMs, since, until, events, longestGapMs }: Doubt): boolean {
  if (events < EVENTS_MIN || until - since < LASTING_MS_MIN) return false;
  return !isPossible || -offsetMs > GAPS_MIN * longestGapMs;
}
