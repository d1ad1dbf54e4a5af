import { emit } from '#sdk';
import { type ConnectivityMark, type ConnectivityState, topics } from '#schemas';
import { HOUR_MS } from './minute.ts';
import { signalOf } from './signal.ts';
import type { Emit, Kept } from './state.ts';
import { hourOf, type Whose } from './window.ts';

/** Bytes of a month so far, and what they come to if it goes on like that. */
export interface Volume {
  readonly month: number;
  readonly bytes: number;
  readonly projected: number;
}

/** Adds the bytes of an hour that can change no more to its month. */
export function withVolume(state: ConnectivityState, hour: number, bytes: number): ConnectivityState {
  const month = monthOf(hour);
  const before = state.monthStart === month ? state.monthBytes : 0;
  return { ...state, monthStart: month, monthBytes: before + bytes };
}

/** Bytes of the month: of hours that are closed, and of the others as they were last written. */
export function volumeOf(
  state: ConnectivityState,
  markOf: (hour: number) => ConnectivityMark | undefined,
  now: number,
): Volume {
  const month = monthOf(now);
  let bytes = state.monthStart === month ? state.monthBytes : 0;
  const from = Math.max(month, state.closedTo ?? hourOf(state.oldest ?? now));
  for (let start = from; start < now; start += HOUR_MS) bytes += markOf(start)?.bytes ?? 0;
  const passed = Math.max(HOUR_MS, now - month);
  return { month, bytes, projected: Math.round((bytes / passed) * (monthAfter(month) - month)) };
}

/** Tells once when the month's volume comes near the plan, once when it goes beyond, and when a new month begins. */
export function judged(
  state: ConnectivityState,
  { month, bytes }: Volume,
  whose: Whose,
  kept: Kept,
): { readonly state: ConnectivityState; readonly emits: readonly Emit[] } {
  const { monthlyBytes, warnShare } = kept.policies.dataPlan;
  const share = monthlyBytes === null ? 0 : bytes / monthlyBytes;
  const level = share >= 1 ? 2 : share >= warnShare ? 1 : 0;
  if (level === state.volumeLevel) return { state: { ...state, volumeMonth: month }, emits: [] };
  const plan = monthlyBytes ?? 0;
  const used = `${bytes} bytes of the ${plan} that its plan has for a month are used (${percent(share)}).`;
  // A revision within the month says that it never was; a new month or a larger plan ends it.
  const ends = state.volumeMonth === month && monthlyBytes !== null ? 'RETRACTED' : 'CLEARED';
  const signal = signalOf(whose, {
    kind: level > 0 ? 'RAISED' : ends,
    rule: 'connectivity.volume',
    severity: level === 2 ? 'HIGH' : 'MEDIUM',
    title: level === 0 ? 'The volume is within the plan' : `The volume is ${level === 2 ? 'beyond' : 'near'} the plan`,
    detail: `${used} It is told from ${percent(warnShare)} on.`,
    eventId: null,
    eventTime: kept.meta.logTime,
    policy: 'data-plan',
    policyVersion: kept.versions.dataPlan,
  });
  return { state: { ...state, volumeLevel: level, volumeMonth: month }, emits: [emit(topics.signals, signal)] };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Begin of the month of UTC. */
function monthOf(time: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

function monthAfter(month: number): number {
  const date = new Date(month);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
