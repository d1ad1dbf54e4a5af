import type { DeviceHealthState } from '#schemas';
import { type Days, type Described, HOUR_MINUTES, HOUR_MS, MINUTE_MS } from './days.ts';

/** What devices are compared by; null is what nobody said. */
export interface Dimensions {
  readonly model: string | null;
  readonly hardware: string | null;
  readonly firmware: string | null;
  readonly lot: string | null;
  readonly site: string | null;
  readonly technology: string | null;
}

export type Before = DeviceHealthState['before'];

/** A device is expected to report at least so often where it does not say. */
const INTERVAL_MS = 5 * MINUTE_MS;
const INTERVAL_MS_MAX = 24 * 60 * MINUTE_MS;

/** Between two reports so many intervals apart it operated, so that one lost report hides nothing. */
const INTERVALS_MAX = 2;

/** No two reports further apart say what was between them, minutes. */
export const REACH_MINUTES_MAX = (INTERVALS_MAX * INTERVAL_MS_MAX) / MINUTE_MS;

/** What a device was from a minute on. */
interface Since {
  readonly minute: number;
  readonly is: Before;
  /** How far apart two reports may be that tell what was between them, minutes. */
  readonly reach: number;
}

/** The first minute at which one timeline says something else than the other; -Infinity for all time before both. */
export function firstOther(one: Timeline, other: Timeline): number {
  if (one === other) return Infinity;
  const minutes = [...one.boundaries, ...other.boundaries].sort((a, b) => a - b);
  return minutes.find((minute) => one.textAt(minute) !== other.textAt(minute)) ?? Infinity;
}

/** What a device was at each time, by what it said of itself. */
export interface Timeline {
  /** Minutes from which on something else may hold. */
  readonly boundaries: readonly number[];
  /** All that it was at a minute, so that two timelines can be compared. */
  textAt(minute: number): string;
  /** What it was from a minute on, and each time that something else was said until before another minute. */
  sincesIn(minute: number, to: number): readonly Since[];
  dimensionsIn(since: Since, hour: number): Dimensions;
  dimensionsAt(time: number): Dimensions;
  /** How far apart two reports may be, minutes, from a minute on. */
  reachAt(minute: number): number;
  /** The longest of these, of any time. */
  readonly longestReach: number;
  /** What it was at the end of all that is known before a day. */
  before(day: number): Before;
}

type Said = Omit<Described, 'time'>;

/** Follows what was said; before the first time that something was said, it was what it then said. */
export function timelineOf(days: Days, before: Before): Timeline {
  const all = Array.from(days.values(), ({ descriptions }) => descriptions).flat();
  const links = Array.from(days.values(), ({ technologies }) => technologies).flat();
  let is: Before = all.reduceRight<Before>((later, said) => ({ ...later, ...definite(said) }), EMPTY);
  is = { ...is, technology: links[0]?.technology ?? null, ...definite(before) };
  const { technology } = is;
  const sinces: Since[] = [{ minute: -Infinity, is, reach: reachOf(is) }];
  for (const { time, ...said } of all) {
    is = { ...is, ...definite(said) };
    const minute = Math.floor(time / MINUTE_MS);
    if (sinces.at(-1)?.minute === minute) sinces.pop();
    sinces.push({ minute, is, reach: reachOf(is) });
  }
  const at = (minute: number) => sinces.findLast((since) => since.minute <= minute) as Since;
  const dimensionsIn = ({ is: { reportIntervalMs: _, ...dimensions } }: Since, hour: number) => {
    return { ...dimensions, technology: technologyBefore((hour + 1) * HOUR_MS) };
  };
  const technologyBefore = (time: number) => links.findLast((link) => link.time < time)?.technology ?? technology;
  return {
    boundaries: [
      ...sinces.map(({ minute }) => minute),
      ...links.map(({ time }) => Math.floor(time / HOUR_MS) * HOUR_MINUTES),
    ],
    textAt(minute) {
      const technology = technologyBefore((Math.floor(minute / HOUR_MINUTES) + 1) * HOUR_MS);
      return JSON.stringify({ ...at(minute).is, technology });
    },
    sincesIn: (minute, to) => [
      { ...at(minute), minute },
      ...sinces.filter((since) => since.minute > minute && since.minute < to),
    ],
    dimensionsIn,
    dimensionsAt: (time) => dimensionsIn(at(Math.floor(time / MINUTE_MS)), Math.floor(time / HOUR_MS)),
    reachAt: (minute) => at(minute).reach,
    longestReach: Math.max(...sinces.map(({ reach }) => reach)),
    before(day) {
      const minute = day * 24 * 60;
      return { ...at(minute - 1).is, technology: technologyBefore(minute * MINUTE_MS) };
    },
  };
}

function reachOf({ reportIntervalMs }: Before): number {
  const interval = Math.min(Math.max(reportIntervalMs ?? INTERVAL_MS, MINUTE_MS), INTERVAL_MS_MAX);
  return Math.ceil((INTERVALS_MAX * interval) / MINUTE_MS);
}

const EMPTY: Before = {
  model: null,
  hardware: null,
  firmware: null,
  lot: null,
  site: null,
  reportIntervalMs: null,
  technology: null,
};

/** Only what was said. */
function definite(said: Said | Before | Described): Partial<Before> {
  const entries = Object.entries(said).filter(([name, value]) => name !== 'time' && value !== null);
  return Object.fromEntries(entries) as Partial<Before>;
}
