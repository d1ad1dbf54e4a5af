import type { Sent } from '#runtime/simulate.ts';
import { type LinkReported, linkReported } from '#schemas';
import type { AnyPolicy, Envelope, EventType, Policy } from '#sdk';
import { link } from '../processors/connectivity/device.ts';
import type { Chance } from '../simulation/chance.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The first day of a period of 28 days, from which every log counts its times. */
export const START = 28 * 740 * DAY;

/** An event of a log. It is received at its time, ms since `START`. */
export interface Said {
  readonly at: number;
  readonly type: EventType<Envelope>;
  readonly event: Sent<Envelope>;
}

/** What operators decided before the log begins. */
export interface Decided {
  readonly policy: AnyPolicy;
  readonly value: unknown;
}

/** What happened to a fleet, as the log of events has it: to be replayed as often as one likes. */
export interface Log {
  readonly decided: readonly Decided[];
  readonly said: readonly Said[];
  /** When the clock ticks, ms since `START`, oldest first. */
  readonly ticks: readonly number[];
}

/** Something that happened, and what the processors make of it. */
export interface Story {
  /** In a sentence. */
  readonly what: string;
  readonly log: (chance: Chance) => Log;
  /** Why the processors do not deliver of it what they must; left out where they do. */
  readonly missing?: string;
}

/** What looks like an incident and is none. */
export interface LookAlike extends Story {
  /** What is to be told of it all the same, and later resolved: never the alerts of the incident. Left out, nothing. */
  readonly opens?: readonly string[];
}

/** An incident, and what looks like it and is none. */
export interface Incident extends Story {
  readonly name: string;
  /** Keys of the alerts that must be delivered as open, and later as resolved; nothing else may be. */
  readonly opens: readonly string[];
  /** From when to when they must open, ms since `START`: what opens at another time has found something else. */
  readonly during: readonly [from: number, to: number];
  readonly lookAlikes: readonly LookAlike[];
}

export function said<T extends Envelope>(at: number, type: EventType<T>, event: Sent<T>): Said {
  const time = START + at;
  return { at, type, event: { deviceTime: time, receivedAt: time, ...event } };
}

export function decided<T>(policy: Policy<T>, value: NoInfer<T>): Decided {
  return { policy, value };
}

/** Moments from one to another, both included. */
export function every(step: number, from: number, to: number): readonly number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

/** So many names: `a0`, `a1` and so on. */
export function some(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${name}${i}`);
}

/** A device tells of its link each minute, at a second of its own. */
export function beats(
  chance: Chance,
  device: string,
  place: Partial<LinkReported>,
  [from, to]: readonly [number, number],
): readonly Said[] {
  const second = chance.int(1, 59) * SECOND;
  return every(MINUTE, from, to - MINUTE).map((at) => {
    return said(at + second, linkReported, { ...link({ rssi: -chance.int(70, 90), ...place }), device });
  });
}
