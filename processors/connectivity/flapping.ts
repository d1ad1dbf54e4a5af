import { emit } from '#sdk';
import { type ConnectivityState, type PresencePolicy, topics } from '#schemas';
import { dependsOn } from './places.ts';
import { type About, silenceOf } from './presence.ts';
import { blipEndsAt, drops } from './sessions.ts';
import { lasting, moment, signalOf } from './signal.ts';
import type { Emit } from './state.ts';

/** Times that a signal names. */
const NAMED_MAX = 5;

/**
 * Counts how often a device went away within the window, and tells when that is too often, and when it has calmed down.
 * One that is back within the blip was not away, so no single blip is ever told.
 */
export function flapping(
  state: ConnectivityState,
  about: About,
): { readonly state: ConnectivityState; readonly emits: readonly Emit[] } {
  const { logTime } = about.kept.meta;
  const policy = about.kept.policies.presencePolicy;
  if (state.flapDueAt === null || state.flapDueAt > logTime) return { state, emits: [] };
  const away = wentAway(state, policy, logTime);
  const recent = within(away, policy, logTime);
  const { flappingAt } = state;
  if (flappingAt === null && recent.length >= policy.flapDrops) {
    const next = { ...state, flappingAt: logTime };
    const detail = `${counted(recent)} It is told from ${policy.flapDrops} times within ${lasting(policy.flapWindowMs)} on.`;
    const signal = {
      kind: 'RAISED',
      title: 'The device comes and goes',
      detail,
      eventTime: recent.at(-1) ?? logTime,
    } as const;
    return { state: waiting(next, recent, policy, logTime), emits: told(signal, state, about) };
  }
  if (flappingAt !== null) {
    const then = within(away, policy, flappingAt);
    if (then.length < policy.flapDrops && logTime - flappingAt < policy.flapWindowMs) {
      // It was told too early, and is so by now.
      if (recent.length >= policy.flapDrops)
        return { state: waiting({ ...state, flappingAt: logTime }, recent, policy, logTime), emits: [] };
      const detail = `${counted(then)} Late events show that the others were none.`;
      const signal = {
        kind: 'RETRACTED',
        title: 'The device did not come and go',
        detail,
        eventTime: flappingAt,
      } as const;
      return {
        state: waiting({ ...state, flappingAt: null }, recent, policy, logTime),
        emits: told(signal, state, about),
      };
    }
    if (recent.length <= policy.flapClear) {
      const signal = {
        kind: 'CLEARED',
        title: 'The device has calmed down',
        detail: counted(recent),
        eventTime: logTime,
      } as const;
      return {
        state: waiting({ ...state, flappingAt: null }, recent, policy, logTime),
        emits: told(signal, state, about),
      };
    }
  }
  return { state: waiting(state, recent, policy, logTime), emits: [] };
}

/** When it went away, by its sessions and by its silence; oldest first. */
function wentAway({ sessions, absences }: ConnectivityState, policy: PresencePolicy, now: number): readonly number[] {
  const times = new Set([...drops(sessions, policy, now), ...absences.map(({ from }) => from)]);
  return [...times].sort((a, b) => a - b);
}

function within(times: readonly number[], { flapWindowMs }: PresencePolicy, at: number): readonly number[] {
  return times.filter((time) => time > at - flapWindowMs && time <= at);
}

/** Counts again when a blip is over, and while it flaps, when the oldest drop leaves the window. */
function waiting(
  state: ConnectivityState,
  recent: readonly number[],
  policy: PresencePolicy,
  logTime: number,
): ConnectivityState {
  const dues: number[] = [];
  const blip = blipEndsAt(state, policy, logTime);
  if (blip !== null) dues.push(blip);
  if (state.flappingAt !== null) dues.push((recent[0] ?? logTime) + policy.flapWindowMs);
  return { ...state, flapDueAt: dues.length === 0 ? null : Math.max(logTime + 1, Math.min(...dues)) };
}

function counted(times: readonly number[]): string {
  const named = times.slice(-NAMED_MAX).map(moment).join(', ');
  return `It went away ${times.length} times${times.length === 0 ? '' : `, the last at ${named}`}.`;
}

type Told = Pick<Parameters<typeof signalOf>[1], 'kind' | 'title' | 'detail' | 'eventTime'>;

/** Tells alerts, and the second stage, which sees whether all of a cell do so. */
function told(what: Told, state: ConnectivityState, about: About): readonly Emit[] {
  const { whose, kept } = about;
  const by = { policy: 'presence', policyVersion: kept.versions.presencePolicy, behind: dependsOn(state) };
  const rule = { rule: 'connectivity.flapping', severity: 'MEDIUM', eventId: null, ...by } as const;
  const kind = what.kind === 'RAISED' ? 'FLAPPING' : 'CALM';
  return [
    emit(topics.signals, signalOf(whose, { ...rule, ...what })),
    silenceOf(state, kind, what.eventTime, '', about),
  ];
}
