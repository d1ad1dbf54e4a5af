import type { Entries } from '#sdk';
import type { HealthDay } from '#schemas';
import { DAY_MINUTES, firstIn, lastIn, minutesIn, union } from './minutes.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const HOUR_MINUTES = 60;
export const DAY_HOURS = 24;

/** Descriptions kept of one hour that speak of the same: the last ones. */
export const DESCRIPTIONS_EACH_HOUR = 4;

/** Days by their number since 1970, ascending. */
export type Days = ReadonlyMap<number, HealthDay>;

export type Described = HealthDay['descriptions'][number];

export const EMPTY_DAY: HealthDay = {
  heard: [],
  received: [],
  crashes: [],
  reboots: [],
  descriptions: [],
  technologies: [],
  tells: [],
};

/** Digits of the number of any day. */
const DIGITS = 6;

export function dayKey(day: number): string {
  return String(day).padStart(DIGITS, '0');
}

export function daysOf(entries: Entries<HealthDay>): Days {
  return new Map(Array.from(entries.range('0', ':'), ([key, day]) => [Number(key), day]));
}

/** What two records of one day tell together, in whatever order they came. */
export function dayOf(one: HealthDay, other: HealthDay): HealthDay {
  return {
    heard: union(one.heard, other.heard),
    received: union(one.received, other.received),
    crashes: counted([...one.crashes, ...other.crashes], ({ minute }) => digits(minute)),
    reboots: counted([...one.reboots, ...other.reboots], ({ minute, cause }) => `${digits(minute)} ${cause}`),
    descriptions: lastOf([...one.descriptions, ...other.descriptions], DESCRIPTIONS_EACH_HOUR),
    technologies: lastOf([...one.technologies, ...other.technologies], 1),
    tells: one.tells.length === 0 ? other.tells : one.tells,
  };
}

/** The days with what has come since. */
export function mergedDays(told: Days, news: Days, toldUntil: number | null): Days {
  const all = new Map(told);
  for (const [day, said] of news) {
    const before = told.get(day) ?? { ...EMPTY_DAY, tells: firstTells(day, toldUntil ?? 0) };
    all.set(day, dayOf(before, said));
  }
  return inOrder(all);
}

/** Days in their order; the very same where they stand in it. */
export function inOrder(days: Days): Days {
  let last = -Infinity;
  for (const day of days.keys()) {
    if (day < last) return new Map([...days].sort(([a], [b]) => a - b));
    last = day;
  }
  return days;
}

/** How often each hour of a day without reports was told. */
export function firstTells(day: number, toldUntil: number): HealthDay['tells'] {
  return Array.from({ length: DAY_HOURS }, (_, i) => (day * DAY_HOURS + i < toldUntil ? 1 : 0));
}

/** Minutes since 1970 at which it was heard, or something received from it, from one to before another. */
export function minutesOf(days: Days, of: 'heard' | 'received', from: number, to: number): readonly number[] {
  const found: number[] = [];
  for (const [day, record] of days) {
    const begin = day * DAY_MINUTES;
    if (begin >= to || begin + DAY_MINUTES <= from) continue;
    for (const minute of minutesIn(record[of], from - begin, to - begin)) found.push(begin + minute);
  }
  return found;
}

/** The last of these minutes; null where there is none. */
export function lastMinuteOf(days: Days, of: 'heard' | 'received', from: number, to: number): number | null {
  let found: number | null = null;
  for (const [day, record] of days) {
    const begin = day * DAY_MINUTES;
    if (begin >= to) break;
    const last = lastIn(record[of], to - begin);
    if (last !== null) found = begin + last;
  }
  return found !== null && found >= from ? found : null;
}

/** The first minute of all of these; null where there is none. */
export function firstMinuteIn(days: Days, of: 'heard' | 'received'): number | null {
  for (const [day, record] of days) {
    const first = firstIn(record[of]);
    if (first !== null) return day * DAY_MINUTES + first;
  }
  return null;
}

function counted<T extends { readonly count: number }>(all: readonly T[], keyOf: (each: T) => string): readonly T[] {
  const sums = new Map<string, T>();
  for (const each of all) {
    const key = keyOf(each);
    const before = sums.get(key);
    sums.set(key, before === undefined ? each : { ...each, count: before.count + each.count });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

/**
 * The last few of each hour that speak of the same, in order of time; at equal times what they say decides, so that no
 * order of coming does.
 */
function lastOf<T extends { readonly time: number }>(all: readonly T[], count: number): readonly T[] {
  if (all.length < 2) return all;
  const orderOf = (each: T) => `${String(each.time).padStart(16, '0')} ${textOf(each)}`;
  const byOrder = new Map(all.map((each) => [orderOf(each), each]));
  const sorted = [...byOrder].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
  const left = new Map<string, number>();
  const kept = sorted.toReversed().filter((each) => {
    const about = Object.entries(each).flatMap(([name, value]) => (value === null ? [] : [name]));
    const group = `${Math.floor(each.time / HOUR_MS)} ${about.join()}`;
    const room = left.get(group) ?? count;
    left.set(group, room - 1);
    return room > 0;
  });
  return kept.toReversed();
}

/** The same for equal members, in whatever order they stand. */
function textOf(value: object): string {
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function digits(minute: number): string {
  return String(minute).padStart(4, '0');
}
