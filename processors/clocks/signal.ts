import { CLOCK_FLOOR_MS, CLOCK_SKEW_MS_MAX, type Envelope, type Uncaused } from '#sdk';
import type { Signal } from '#schemas';
import { DELAY_MS_MAX, type Doubt } from './doubt.ts';

const RULE = 'clocks.wrong';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Local times are whole half hours off, and no more than these. */
const ZONE_STEP_MS = 30 * MINUTE_MS;
const ZONE_MS_OFF = MINUTE_MS;
const ZONE_MS_MAX = 14 * 60 * MINUTE_MS;

const NOBODY = { verdict: null, startsAt: null, endsAt: null, actor: null, comment: null };
const NO_POLICY = { policy: null, policyVersion: null };

/** The clock is wrong, shown by the last event of a run. */
export function raised(event: Envelope, deviceTime: number, doubt: Doubt): Uncaused<Signal> {
  const { receivedAt } = event;
  const { since, events } = doubt;
  const isLost = deviceTime < CLOCK_FLOOR_MS;
  const offset = offsetText(deviceTime - receivedAt);
  const said = `Its clock said ${moment(deviceTime)} when an event of it was received at ${moment(receivedAt)}, ${offset}.`;
  const all = `So did ${events} events in a row since ${moment(since)}, and none was right.`;
  const kept = doubt.isPossible
    ? 'Its events count as of its own time, and more than so old they are late.'
    : 'Its events count as of when they were received.';
  const silent =
    `One event at most ${DELAY_MS_MAX / MINUTE_MS} min behind or ${CLOCK_SKEW_MS_MAX / MINUTE_MS} min ahead, or that ` +
    'is told to be stored, would have kept this silent.';
  return {
    ...about(event),
    kind: 'RAISED',
    severity: isLost || Math.abs(deviceTime - receivedAt) >= DAY_MS ? 'MEDIUM' : 'LOW',
    title: titleOf(deviceTime - receivedAt, isLost),
    detail: `${said} ${all} ${kept} ${silent}`,
  };
}

/** The clock is right again. */
export function rightAgain(event: Envelope, { since, offsetMs }: Doubt): Uncaused<Signal> {
  const detail = `It was ${offsetText(offsetMs)} from ${moment(since)} on, and is right at ${moment(event.receivedAt)}.`;
  return { ...about(event), kind: 'CLEARED', severity: 'INFORMATIONAL', title: 'The clock is right again', detail };
}

function about({ tenant, device, eventId, receivedAt }: Envelope) {
  const rule = { rule: RULE, alert: `${RULE}/${device}`, behind: [] };
  // By a wrong clock the alert itself would be of another time.
  return { ...NOBODY, ...NO_POLICY, ...rule, tenant, device, eventId, eventTime: receivedAt };
}

function titleOf(offsetMs: number, isLost: boolean): string {
  if (isLost) return 'The clock has lost its time';
  const zoneMs = Math.round(offsetMs / ZONE_STEP_MS) * ZONE_STEP_MS;
  if (Math.abs(offsetMs - zoneMs) <= ZONE_MS_OFF && Math.abs(zoneMs) <= ZONE_MS_MAX) {
    return `The clock seems to tell local time, UTC${zoneMs < 0 ? '-' : '+'}${Math.abs(zoneMs) / (60 * MINUTE_MS)} h`;
  }
  return `The clock is ${offsetText(offsetMs)}`;
}

/** How far off a clock is, as people say it. */
function offsetText(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / MINUTE_MS);
  const hours = Math.round(minutes / 6) / 10;
  const days = Math.round(hours / 2.4) / 10;
  const text = minutes < 120 ? `${minutes} min` : hours < 48 ? `${hours} h` : `${days} days`;
  return `${text} ${ms < 0 ? 'behind' : 'ahead'}`;
}

/** A moment of UTC; what no calendar has is told as a number. */
function moment(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`;
}
