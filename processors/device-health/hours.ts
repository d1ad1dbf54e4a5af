import { type Days, HOUR_MINUTES, lastMinuteOf, MINUTE_MS, minutesOf } from './days.ts';
import { DAY_MINUTES } from './minutes.ts';
import type { Dimensions, Timeline } from './timeline.ts';

/** After a week of silence a device is not expected any more. */
export const SILENCE_MINUTES_MAX = 7 * DAY_MINUTES;

/** Within so many days a device counts for its first crash alone. */
const PERIOD_DAYS = 28;
export const PERIOD_MINUTES = PERIOD_DAYS * DAY_MINUTES;

/** All that the hours of a device follow from. */
export interface Known {
  readonly days: Days;
  /** Follows from the days, and from what was known before them. */
  readonly timeline: Timeline;
  /** Minute of the newest report of days that are forgotten. */
  readonly heardBefore: number | null;
  /** The minute of the first crash of each period. */
  readonly firstCrashes: ReadonlyMap<number, number>;
}

/** Sums over some time of a device. */
export interface Numbers {
  expectedMs: number;
  operatingMs: number;
  unknownMs: number;
  connectedMs: number;
  hours: number;
  crashFreeHours: number;
  crashes: number;
  reboots: number;
  rebootsExpected: number;
  atRiskMs: number;
  firstCrashes: number;
  /** Of these, what is of a device that had crashed in the period before too. */
  atRiskAgainMs: number;
  firstCrashesAgain: number;
}

/** An hour of a device, or the part of it in which the device was the same in every dimension. */
export interface HourPart {
  /** Since 1970. */
  readonly hour: number;
  readonly dimensions: Dimensions;
  readonly numbers: Readonly<Numbers>;
  readonly causes: Readonly<Record<string, number>>;
}

/** A part of an hour, by what tells it from others. */
export type HourParts = ReadonlyMap<string, HourPart>;

/** What each minute of a range was, one number a minute: 1 where it was so. */
interface Range {
  readonly begin: number;
  readonly expected: Uint8Array;
  readonly operating: Uint8Array;
  readonly connected: Uint8Array;
  readonly timeline: Timeline;
}

/** The parts of the hours from one to before another, in their order; hours in which nothing was expected have none. */
export function partsOf(known: Known, from: number, to: number): HourParts {
  const parts = new Map<string, HourPart>();
  if (to <= from) return parts;
  const range = rangeOf(known, from * HOUR_MINUTES, to * HOUR_MINUTES);
  const crashes = crashesByMinute(known);
  const reboots = rebootsByMinute(known);
  for (let hour = from; hour < to; hour++) {
    const end = (hour + 1) * HOUR_MINUTES;
    if (!range.expected.subarray(end - HOUR_MINUTES - range.begin, end - range.begin).includes(1)) continue;
    const sinces = range.timeline.sincesIn(hour * HOUR_MINUTES, end);
    for (const [index, since] of sinces.entries()) {
      const dimensions = range.timeline.dimensionsIn(since, hour);
      const key = `${hour} ${JSON.stringify(dimensions)}`;
      const span = { from: since.minute, to: sinces[index + 1]?.minute ?? end };
      const before = parts.get(key) ?? { hour, dimensions, numbers: ZERO, causes: {} };
      parts.set(key, withMinutes(before, span, range, { known, crashes, reboots }));
    }
  }
  return new Map([...parts].filter(([, { numbers }]) => !isZero(numbers)));
}

export const ZERO: Readonly<Numbers> = {
  expectedMs: 0,
  operatingMs: 0,
  unknownMs: 0,
  connectedMs: 0,
  hours: 0,
  crashFreeHours: 0,
  crashes: 0,
  reboots: 0,
  rebootsExpected: 0,
  atRiskMs: 0,
  firstCrashes: 0,
  atRiskAgainMs: 0,
  firstCrashesAgain: 0,
};

export function isZero(numbers: Readonly<Numbers>): boolean {
  return Object.values(numbers).every((value) => value === 0);
}

/** The first crash of each period, of those known before and those of the days. */
export function firstCrashesOf(before: Known['firstCrashes'], days: Days): Known['firstCrashes'] {
  const first = new Map(before);
  for (const [day, { crashes }] of days) {
    for (const { minute } of crashes) {
      const at = day * DAY_MINUTES + minute;
      const period = Math.floor(at / PERIOD_MINUTES);
      first.set(period, Math.min(at, first.get(period) ?? at));
    }
  }
  return first;
}

/** Minutes from one to before another. */
interface Span {
  readonly from: number;
  readonly to: number;
}

interface Happened {
  readonly known: Known;
  readonly crashes: ReadonlyMap<number, number>;
  readonly reboots: ReadonlyMap<number, readonly { readonly cause: string; readonly count: number }[]>;
}

function withMinutes(part: HourPart, span: Span, range: Range, { known, crashes, reboots }: Happened): HourPart {
  const numbers = { ...part.numbers };
  const causes = { ...part.causes };
  // Periods begin with an hour.
  const period = Math.floor(span.from / PERIOD_MINUTES);
  const firstCrash = known.firstCrashes.get(period) ?? Infinity;
  const { begin, expected, operating, connected } = range;
  for (let at = span.from - begin; at < span.to - begin; at++) {
    numbers.expectedMs += MINUTE_MS * (expected[at] as number);
    numbers.operatingMs += MINUTE_MS * (operating[at] as number);
    numbers.connectedMs += MINUTE_MS * (connected[at] as number);
    if (begin + at <= firstCrash) numbers.atRiskMs += MINUTE_MS * (operating[at] as number);
  }
  for (let minute = span.from; crashes.size + reboots.size > 0 && minute < span.to; minute++) {
    numbers.crashes += crashes.get(minute) ?? 0;
    for (const { cause, count } of reboots.get(minute) ?? []) {
      if (cause === 'EXPECTED') numbers.rebootsExpected += count;
      else {
        numbers.reboots += count;
        causes[cause] = (causes[cause] ?? 0) + count;
      }
    }
  }
  if (firstCrash >= span.from && firstCrash < span.to) numbers.firstCrashes++;
  const isAgain = known.firstCrashes.has(period - 1);
  numbers.atRiskAgainMs = isAgain ? numbers.atRiskMs : 0;
  numbers.firstCrashesAgain = isAgain ? numbers.firstCrashes : 0;
  // What operates is expected.
  numbers.unknownMs = numbers.expectedMs - numbers.operatingMs;
  numbers.hours = numbers.operatingMs > 0 ? 1 : 0;
  numbers.crashFreeHours = numbers.hours === 1 && numbers.crashes === 0 ? 1 : 0;
  return { ...part, numbers, causes };
}

function rangeOf({ days, timeline, heardBefore }: Known, begin: number, end: number): Range {
  const none = () => new Uint8Array(end - begin);
  const [expected, operating, connected] = [none(), none(), none()];
  const fill = (into: Uint8Array, from: number, to: number) =>
    into.fill(1, Math.max(0, from - begin), Math.max(0, to - begin));
  // No report within tells of more than this, and none before it of anything within.
  const reach = timeline.longestReach;
  const reports = (of: 'heard' | 'received') => minutesOf(days, of, begin - reach, end + reach + 1);
  for (const [of, into] of [['heard', operating] as const, ['received', connected] as const]) {
    const minutes = reports(of);
    for (const [index, minute] of minutes.entries()) {
      const next = minutes[index + 1] ?? Infinity;
      fill(into, minute, next - minute <= timeline.reachAt(minute) ? next : minute + 1);
    }
  }
  const sides = ['heard', 'received'] as const;
  const earlier = sides.flatMap((of) => lastMinuteOf(days, of, begin - SILENCE_MINUTES_MAX, begin) ?? []);
  const within = sides.flatMap((of) => minutesOf(days, of, begin, end));
  let filled = -Infinity;
  for (const minute of [heardBefore ?? -Infinity, ...earlier, ...within].sort((a, b) => a - b)) {
    fill(expected, Math.max(filled, minute), minute + SILENCE_MINUTES_MAX);
    filled = minute + SILENCE_MINUTES_MAX;
  }
  return { begin, expected, operating, connected, timeline };
}

function crashesByMinute({ days }: Known): Happened['crashes'] {
  const counts = new Map<number, number>();
  for (const [day, record] of days) {
    for (const { minute, count } of record.crashes) counts.set(day * DAY_MINUTES + minute, count);
  }
  return counts;
}

function rebootsByMinute({ days }: Known): Happened['reboots'] {
  const reboots = new Map<number, { cause: string; count: number }[]>();
  for (const [day, record] of days) {
    for (const { minute, cause, count } of record.reboots) {
      const at = day * DAY_MINUTES + minute;
      reboots.set(at, [...(reboots.get(at) ?? []), { cause, count }]);
    }
  }
  return reboots;
}
