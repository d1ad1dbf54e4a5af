import { emit } from '#sdk';
import {
  type ConnectivityChanged,
  type ConnectivityState,
  type DeviceSilence,
  type PresencePolicy,
  topics,
} from '#schemas';
import { allowedMs, intervalOf, sleeps, withGap, withGaps } from './interval.ts';
import { minuteOf } from './minute.ts';
import type { Minutes } from './minutes.ts';
import { behind, dependsOn } from './places.ts';
import { brokeOffAt } from './sessions.ts';
import { lasting, moment, signalOf } from './signal.ts';
import type { Emit, Kept } from './state.ts';
import type { Whose } from './window.ts';

/** The newest absences and blind times that are kept. */
const ABSENCES_MAX = 8;
const BLIND_MAX = 16;

type Absence = ConnectivityState['absences'][number];
type Status = ConnectivityState['status'];

interface Judged {
  readonly state: ConnectivityState;
  readonly emits: readonly Emit[];
}

/** Whom a step is about, and what it may read. */
export interface About {
  readonly whose: Whose;
  readonly kept: Pick<Kept, 'meta' | 'policies' | 'versions'>;
  /** The event; null where it is the passing of time. */
  readonly eventId: string | null;
}

/** Log time at which silence tells that the device is away; null while it cannot. */
export function presenceDueAt(state: ConnectivityState, policy: PresencePolicy): number | null {
  return state.status === 'OFFLINE' || state.lastSeen === null ? null : awayAt(state, policy).at;
}

/** Judges a device that was silent for long enough. */
export function silent(state: ConnectivityState, about: About): Judged {
  const { meta, policies } = about.kept;
  const policy = policies.presencePolicy;
  const due = presenceDueAt(state, policy);
  if (due === null || due > meta.logTime) return { state, emits: [] };
  if (meta.heardSince > (state.resumedAt ?? 0)) {
    const resumed = { ...state, resumedAt: meta.heardSince };
    // Silence counts from where somebody listened again.
    if (awayAt(resumed, policy).at > meta.logTime) return unknown(resumed, due, about);
  }
  const { reason, since } = awayAt(state, policy);
  const allowed = reason === 'SILENT' ? allowedOf(state, policy) : policy.sessionGraceMs;
  const absence = { from: since, until: null, noticedAt: meta.logTime, allowedMs: allowed, reason };
  const absences = [...state.absences, absence].slice(-ABSENCES_MAX);
  const next: ConnectivityState = { ...state, status: 'OFFLINE', since, absences, flapDueAt: meta.logTime + 1 };
  const told = { eventTime: since, reason };
  const emits = [changed(state, next, told, about), emit(topics.signals, raised(next, absence, about))];
  return { state: next, emits: [...emits, silenceOf(next, 'SILENT', since, reason, about)] };
}

/** Takes signs of the device over; the minutes have them already. */
export function seen(before: ConnectivityState, signs: readonly number[], minutes: Minutes, about: About): Judged {
  const policy = about.kept.policies.presencePolicy;
  const newest = Math.max(...signs);
  const { lastSeen } = before;
  const isNewMinute = lastSeen !== null && newest > lastSeen && minuteOf(newest) !== minuteOf(lastSeen);
  let state: ConnectivityState = {
    ...before,
    firstSeen: Math.min(before.firstSeen ?? Infinity, ...signs),
    lastSeen: Math.max(lastSeen ?? -Infinity, newest),
  };
  if (isNewMinute) state = withGaps(state, withGap(before.gaps, newest - lastSeen));
  const emits: Emit[] = [];
  const isThere = awayAt(state, policy).at > about.kept.meta.logTime;
  if (state.status === 'OFFLINE' && newest > (state.absences.at(-1)?.from ?? -Infinity)) {
    const judged = isThere ? returned(state, newest, minutes, about) : revised(state, newest, minutes, about);
    state = judged.state;
    emits.push(...judged.emits);
  } else if (isThere && state.status !== 'OFFLINE') {
    const status = statusOf(state, policy);
    const since = Math.max(newest, state.since ?? newest);
    // A sign of before says nothing of a device that nobody could see since.
    if (status !== state.status && (state.status !== 'UNKNOWN' || since === newest)) {
      const next = { ...state, status, since };
      emits.push(changed(state, next, { eventTime: since, reason: 'REPORTED' }, about));
      if (state.status === 'UNKNOWN') emits.push(silenceOf(next, 'HEARD', since, '', about));
      state = next;
    }
  }
  for (const absence of state.absences) {
    const { from, until, allowedMs: allowed } = absence;
    if (until === null || !signs.some((sign) => sign > from && sign < until)) continue;
    if (!isFilled(minutes, state, absence, until, allowed)) continue;
    state = { ...state, absences: state.absences.filter((each) => each !== absence) };
    emits.push(...retracted(state, absence, about, { corrected: { from, until } }));
  }
  return { state, emits };
}

/** Takes back that the device is offline where its interval turns out to be longer than was known. */
export function reconsidered(state: ConnectivityState, about: About): Judged {
  const policy = about.kept.policies.presencePolicy;
  const absence = state.absences.at(-1);
  if (state.status !== 'OFFLINE' || absence?.until !== null) return { state, emits: [] };
  if (awayAt(state, policy).at <= about.kept.meta.logTime) return { state, emits: [] };
  const status = statusOf(state, policy);
  const next: ConnectivityState = { ...state, status, since: absence.from, absences: state.absences.slice(0, -1) };
  const known = `It reports every ${lasting(intervalOf(next).intervalMs ?? 0)}`;
  const detail = `${known}, so it may be silent for ${lasting(allowedOf(next, policy))} since ${moment(absence.from)}.`;
  return { state: next, emits: retracted(next, absence, about, { detail, before: state }) };
}

/** What the second stage learns of where the device is. */
export function silenceOf(
  { gateways, cell, operator, site }: ConnectivityState,
  kind: DeviceSilence['kind'],
  eventTime: number,
  reason: string,
  { whose, kept }: About,
): Emit {
  const { tenant, device } = whose;
  const places = { gateways: behind({ gateways }), cell, operator, site };
  const noticedAt = kept.meta.logTime;
  return emit(topics.connectivitySilences, { tenant, device, kind, eventTime, noticedAt, reason, ...places });
}

function awayAt(state: ConnectivityState, policy: PresencePolicy) {
  const resumed = state.resumedAt ?? 0;
  const lastSeen = state.lastSeen ?? 0;
  const silentAt = Math.max(lastSeen, resumed) + allowedOf(state, policy);
  const brokeOff = sleeps(intervalOf(state).intervalMs, policy) ? null : brokeOffAt(state);
  const at = brokeOff === null ? Infinity : Math.max(brokeOff, resumed) + policy.sessionGraceMs;
  return at < silentAt && brokeOff !== null
    ? ({ at, reason: 'SESSION_ENDED', since: brokeOff } as const)
    : ({ at: silentAt, reason: 'SILENT', since: lastSeen } as const);
}

function allowedOf(state: ConnectivityState, policy: PresencePolicy): number {
  return allowedMs(intervalOf(state).intervalMs, policy);
}

function statusOf(state: ConnectivityState, policy: PresencePolicy): Status {
  return sleeps(intervalOf(state).intervalMs, policy) ? 'SLEEPING' : 'ONLINE';
}

/** Time stood still, or nobody listened: nothing can be said of the device. */
function unknown(state: ConnectivityState, due: number, about: About): Judged {
  const from = Math.min(due, state.resumedAt ?? due);
  const blindMs = [...state.blindMs, from, state.resumedAt ?? due].slice(-BLIND_MAX);
  const next: ConnectivityState = { ...state, blindMs, status: 'UNKNOWN', since: from };
  return {
    state: next,
    emits: state.status === 'UNKNOWN' ? [] : [changed(state, next, { eventTime: from, reason: 'RESUMED' }, about)],
  };
}

function returned(state: ConnectivityState, newest: number, minutes: Minutes, about: About): Judged {
  const status = statusOf(state, about.kept.policies.presencePolicy);
  const next: ConnectivityState = { ...state, status, since: newest };
  const absence = state.absences.at(-1);
  const heard = { eventTime: newest, reason: 'REPORTED' } as const;
  if (absence === undefined) return { state: next, emits: [changed(state, next, heard, about)] };
  const others = state.absences.slice(0, -1);
  if (isFilled(minutes, state, absence, newest, absence.allowedMs)) {
    const there: ConnectivityState = { ...next, absences: others, since: absence.from };
    return { state: there, emits: retracted(there, absence, about, { before: state }) };
  }
  const back = { ...next, absences: [...others, { ...absence, until: newest }] };
  const detail = `It was heard at ${moment(newest)}, after ${lasting(newest - absence.from)} of silence.`;
  const signal = { ...told(about), kind: 'CLEARED', title: 'The device is back', detail, eventTime: newest } as const;
  return {
    state: back,
    emits: [
      changed(state, back, heard, about),
      emit(topics.signals, signalOf(about.whose, signal)),
      silenceOf(back, 'HEARD', newest, '', about),
    ],
  };
}

/** A late event tells that the device went away later than was thought, or again. */
function revised(state: ConnectivityState, newest: number, minutes: Minutes, about: About): Judged {
  const absence = state.absences.at(-1);
  if (absence === undefined) return { state, emits: [] };
  const moved = {
    ...absence,
    from: newest,
    reason: 'SILENT',
    allowedMs: allowedOf(state, about.kept.policies.presencePolicy),
  };
  const isFirst = isFilled(minutes, state, absence, newest, absence.allowedMs);
  const before = isFirst ? [] : [{ ...absence, until: newest }];
  const absences = [...state.absences.slice(0, -1), ...before, moved].slice(-ABSENCES_MAX);
  const next = { ...state, since: newest, absences };
  const corrected = isFirst ? { from: absence.from, until: newest } : null;
  const told = { eventTime: newest, reason: 'REVISED', corrected } as const;
  const emits = [changed(state, next, told, about), emit(topics.signals, raised(next, moved, about))];
  return { state: next, emits: [...emits, silenceOf(next, 'SILENT', newest, 'SILENT', about)] };
}

function retracted(
  state: ConnectivityState,
  { from, allowedMs: allowed, reason }: Absence,
  about: About,
  said: Partial<Pick<Change, 'corrected'>> & { readonly detail?: string; readonly before?: ConnectivityState },
): readonly Emit[] {
  const never = `Late events show that it was never silent for more than ${lasting(allowed)} since ${moment(from)}.`;
  const { detail = never, before = state, corrected = null } = said;
  const title = 'The device was there all along';
  const signal = { ...told(about), kind: 'RETRACTED', title, detail, eventTime: from } as const;
  return [
    changed(before, state, { eventTime: from, reason: 'RETRACTED', corrected }, about),
    emit(topics.signals, signalOf(about.whose, signal)),
    silenceOf(state, 'RETRACTED', from, reason, about),
  ];
}

function raised(state: ConnectivityState, { from, allowedMs: allowed, reason }: Absence, about: About) {
  const { intervalMs, intervalFrom } = intervalOf(state);
  const known =
    intervalMs === null
      ? 'Its interval is not known'
      : `It reports every ${lasting(intervalMs)}, as ${WHO[intervalFrom]}`;
  const detail =
    reason === 'SILENT'
      ? `There is no sign of it since ${moment(from)}. ${known}, so it may be silent for ${lasting(allowed)}.`
      : `Its session broke off at ${moment(from)}, and no other began within ${lasting(allowed)}.`;
  const signal = { ...told(about), kind: 'RAISED', title: 'The device is offline', detail, eventTime: from } as const;
  return signalOf(about.whose, { ...signal, behind: dependsOn(state) });
}

const WHO = { SAID: 'it said', LEARNED: 'its reports show', POLICY: 'nobody says' };

function told({ kept, eventId }: About) {
  const by = { policy: 'presence', policyVersion: kept.versions.presencePolicy };
  return { rule: 'connectivity.offline', severity: 'MEDIUM', eventId, ...by } as const;
}

/** What became different, and what is taken back of what was told before. */
interface Change extends Pick<ConnectivityChanged, 'eventTime' | 'reason'> {
  /** An absence that was none and is over. */
  readonly corrected?: { readonly from: number; readonly until: number } | null;
}

function changed(
  { status: previous }: ConnectivityState,
  state: ConnectivityState,
  { eventTime, reason, corrected = null }: Change,
  { whose, kept, eventId }: About,
): Emit {
  const { status, lastSeen, cell, operator, gateways } = state;
  const policy = kept.policies.presencePolicy;
  return emit(topics.connectivityChanges, {
    ...whose,
    eventId,
    eventTime,
    status,
    previous,
    reason,
    corrected: corrected === null ? 'UNKNOWN' : statusOf(state, policy),
    correctedFrom: corrected?.from ?? null,
    correctedUntil: corrected?.until ?? null,
    lastSeen,
    allowedMs: allowedOf(state, policy),
    ...intervalOf(state),
    gateway: gateways[0]?.gateway ?? null,
    cell,
    operator,
    policyVersion: kept.versions.presencePolicy,
  });
}

/** Whether there are signs from the begin of an absence to a moment, none further from the next than is allowed. */
function isFilled(
  minutes: Minutes,
  { closedTo }: ConnectivityState,
  { from }: Absence,
  until: number,
  allowed: number,
): boolean {
  let last = from;
  for (const { seenFirst, seenLast } of minutes.from(Math.max(from, closedTo ?? 0), until)) {
    if (seenFirst === null || seenLast === null || seenLast <= last) continue;
    if (seenFirst - last > allowed) return false;
    last = seenLast;
  }
  return until - last <= allowed;
}
