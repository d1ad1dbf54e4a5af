import type { Entries } from '#sdk';
import type { TelemetryReported, WaitingReport } from '#schemas';

/** How long, in log time, a report waits for those that happened before it. */
export const WAIT_MS = 5_000;

/** Reports of a device that wait; where there are more, the older half is taken at once. */
export const WAITING_MAX = 1_000;

/** A report that waits, under its order. */
export type Waiting = readonly [order: string, report: WaitingReport];

/** Between the parts of an order stands what is below every character that a part may have. */
const SEPARATOR = '\u0001';

/** Digits of the largest safe integer. */
const DIGITS = 16;

/** Above every order, as they begin with a digit. */
const END = ':';

/** The order in which reports are taken: event time, source, epoch, sequence, id. Byte order of the texts is that order. */
export function orderOf({ eventTime, source, epoch, sequence, eventId }: TelemetryReported): string {
  return [digits(eventTime), source, digits(epoch), digits(sequence), eventId].join(SEPARATOR);
}

/** All that wait, in order. */
export function allOf(waiting: Entries<WaitingReport>): readonly Waiting[] {
  return [...waiting.range('', END)];
}

/** Those that are taken at a log time: whatever is due, and what happened before it. */
export function dueOf(all: readonly Waiting[], at: number): readonly Waiting[] {
  return all.slice(0, 1 + all.findLastIndex(([, { heardAt }]) => heardAt + WAIT_MS <= at));
}

/** When the one that has waited longest is due. */
export function dueAtOf(all: readonly Waiting[]): number | null {
  const heard = all.map(([, { heardAt }]) => heardAt);
  return heard.length === 0 ? null : Math.min(...heard) + WAIT_MS;
}

function digits(value: number | null): string {
  return value === null ? '' : String(Math.max(0, value)).padStart(DIGITS, '0');
}
