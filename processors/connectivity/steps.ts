import type { Envelope, InForce, Refusal } from '#sdk';
import type {
  ConnectivityState,
  DeviceDescribed,
  LinkReported,
  RecentMinute,
  SessionEnded,
  SessionStarted,
} from '#schemas';
import { advised } from './advice.ts';
import { affectedBy, affectedSince, affectedSigns } from './affected.ts';
import { flapping } from './flapping.ts';
import { withSaid } from './interval.ts';
import { counted, minuteOf, numberedOnly, seen as signed } from './minute.ts';
import { Minutes } from './minutes.ts';
import { located, placeOf, sited } from './places.ts';
import { type About, presenceDueAt, reconsidered, seen, silenceOf, silent } from './presence.ts';
import { joined } from './sessions.ts';
import type { Emit, Kept, Outcome, policies } from './state.ts';
import { judged, volumeOf } from './volume.ts';
import { hourOf, type Window, windowsAt } from './window.ts';
import { marked, written, writtenBeside } from './windows.ts';

/** What an event means, beside its number. */
interface Meaning {
  /** Counts it in its minute; null where it has nothing to count. */
  readonly count: ((minute: RecentMinute) => RecentMinute) | null;
  /** Moments at which it proves the device to have been there. */
  readonly signs: readonly number[];
  readonly link: LinkReported | null;
  /** Windows that it changes beside its own. */
  readonly windows?: (state: ConnectivityState, minutes: Minutes) => readonly Window[];
}

/** A report that is received so soon after it happened is one sign and not two. */
const SIGN_MS = 1_000;

/** Any report: it counts in its windows, and proves that the device was there. */
export function reported(before: ConnectivityState, event: Envelope, link: LinkReported | null, kept: Kept): Outcome {
  const { eventTime, receivedAt, historical } = event;
  const state = link === null ? before : located(before, link);
  // What a device had stored proves nothing of the time when it was stored.
  const isOne = receivedAt >= eventTime && receivedAt - eventTime < SIGN_MS;
  const signs = historical ? [receivedAt] : isOne ? [eventTime] : [eventTime, receivedAt];
  return taken(before, state, event, { count: (minute) => counted(minute, event, link), signs, link }, kept);
}

/** A session began, which proves that the device was there. */
export function sessionBegan(before: ConnectivityState, event: SessionStarted, kept: Kept): Outcome {
  const { sessionId, eventTime } = event;
  const sessions = joined(before.sessions, { sessionId, startedAt: eventTime });
  const state = { ...before, sessions, flapDueAt: kept.meta.logTime };
  return taken(before, state, event, { ...numbers(event), signs: [eventTime] }, kept);
}

export function sessionOver(before: ConnectivityState, event: SessionEnded, kept: Kept): Outcome {
  const { sessionId, eventTime, reason } = event;
  const sessions = joined(before.sessions, { sessionId, endedAt: eventTime, reason });
  return taken(before, { ...before, sessions, flapDueAt: kept.meta.logTime }, event, numbers(event), kept);
}

/** The device, or who installed it, says how often it means to report, and where it stands. */
export function described(before: ConnectivityState, event: DeviceDescribed, kept: Kept): Outcome {
  const { eventTime, eventId, reportIntervalMs: intervalMs } = event;
  const state = sited(before, event);
  if (intervalMs === null || intervalMs <= 0) return taken(before, state, event, numbers(event), kept);
  const windows: Meaning['windows'] = (next, minutes) => affectedSince(next, eventTime, minutes);
  const told = withSaid(state, { eventTime, eventId, intervalMs });
  return taken(before, told, event, { ...numbers(event), windows }, kept);
}

/** An event that proves nothing of the device: its number counts. */
export function noted(before: ConnectivityState, event: Envelope, kept: Kept): Outcome {
  return taken(before, before, event, numbers(event), kept);
}

/** What comes too late for every window, as from a clock that went back by years, still shows that the device is there. */
export function refused(before: ConnectivityState, { reason, event }: Refusal, kept: Kept): Outcome {
  if (reason !== 'late') return { state: before, emits: [] };
  const { receivedAt } = event;
  return taken(
    before,
    before,
    { ...event, eventTime: receivedAt },
    { count: null, signs: [receivedAt], link: null },
    kept,
  );
}

/** Log time at which silence, drops or windows are due. */
export function dueAt(state: ConnectivityState, { policies: inForce }: InForce<typeof policies>): number | null {
  const presence = presenceDueAt(state, inForce.presencePolicy) ?? Infinity;
  const at = Math.min(presence, state.flapDueAt ?? Infinity, state.windowsDueAt ?? Infinity);
  return at === Infinity ? null : at;
}

/** Does everything that is due. */
export function due(before: ConnectivityState, kept: Kept): Outcome {
  const [tenant = '', device = ''] = kept.meta.key.split('/');
  const about = { whose: { tenant, device }, kept, eventId: null };
  const presence = silent(before, about);
  const calm = flapping(presence.state, about);
  const emits: Emit[] = [...presence.emits, ...calm.emits];
  let { state } = calm;
  if (state.windowsDueAt === null || state.windowsDueAt > kept.meta.logTime) return { state, emits };
  const { changes, markOf, hourly, closing, ...windows } = written(state, about.whose, kept);
  emits.push(...windows.emits);
  if (!hourly) return { state: windows.state, changes, emits };
  // Its interval was told anew from its signs, so it may be silent for longer, or had been for too long.
  const again = reconsidered(windows.state, about);
  const away = silent(again.state, about);
  state = away.state;
  emits.push(...again.emits, ...away.emits);
  const volume = volumeOf(state, markOf, kept.meta.logTime);
  const within = judged(state, volume, about.whose, kept);
  const advice = closing ? advised(within.state, volume, about) : { state: within.state, emits: [] };
  return { state: advice.state, changes, emits: [...emits, ...within.emits, ...advice.emits] };
}

function numbers(event: Envelope): Meaning {
  const count = event.sequence === null ? null : (minute: RecentMinute) => numberedOnly(minute, event);
  return { count, signs: [], link: null };
}

/** Takes an event into its minute, lets its windows be written, and sees whether the device is there. */
function taken(
  before: ConnectivityState,
  changed: ConnectivityState,
  event: Envelope,
  { count, signs, link, windows: others }: Meaning,
  kept: Kept,
): Outcome {
  const { tenant, device, eventId, eventTime } = event;
  const about: About = { whose: { tenant, device }, kept, eventId };
  const minutes = new Minutes(before, kept);
  const open = signs.filter((sign) => sign >= (before.closedTo ?? 0));
  for (const sign of open) minutes.edit(sign, (minute) => signed(minute, sign));
  const windows: Window[] = [];
  let state = changed;
  if (count !== null && eventTime >= (before.closedTo ?? 0)) {
    minutes.edit(eventTime, count);
    state = reaching(state, [...open, eventTime]);
    windows.push(...windowsAt(eventTime), ...affectedBy(state, event, link, minutes));
  }
  const emits: Emit[] = [];
  if (open.length > 0) {
    const there = seen(reaching(state, open), open, minutes, about);
    emits.push(...there.emits);
    state = { ...there.state, nextHour: there.state.nextHour ?? hourOf(Math.min(...open)) };
    windows.push(...affectedSigns(before, state, open, kept.policies.presencePolicy));
  }
  if (others !== undefined) {
    windows.push(...others(state, minutes));
    const again = reconsidered(state, about);
    state = again.state;
    emits.push(...again.emits);
  }
  if (hasMoved(before, state) && !emits.some(({ value }) => isHeard(value))) {
    emits.push(silenceOf(state, 'HEARD', eventTime, '', about));
  }
  const after = writtenBeside(marked(state, windows, kept), minutes, about.whose, kept);
  emits.push(...after.emits);
  return { state: { ...after.state, ...minutes.index }, changes: minutes.changes, emits };
}

/** Keeps between which moments there are minutes. */
function reaching(state: ConnectivityState, times: readonly number[]): ConnectivityState {
  let [oldest, newest] = [state.oldest ?? Infinity, state.newest ?? -Infinity];
  for (const time of times) {
    oldest = Math.min(oldest, minuteOf(time));
    newest = Math.max(newest, minuteOf(time));
  }
  return oldest === state.oldest && newest === state.newest ? state : { ...state, oldest, newest };
}

function hasMoved(before: ConnectivityState, after: ConnectivityState): boolean {
  const isThere = after.status === 'ONLINE' || after.status === 'SLEEPING';
  const { gateways, cell, operator, site } = before;
  const isSame =
    gateways === after.gateways && cell === after.cell && operator === after.operator && site === after.site;
  return isThere && !isSame && placeOf(before) !== placeOf(after);
}

function isHeard(value: unknown): boolean {
  return (value as { readonly kind?: string }).kind === 'HEARD';
}
