import { type Change, drop, emit, type Emission, set } from '#sdk';
import { type DeviceHealthState, topics } from '#schemas';
import { KEY } from './battery.ts';
import { firstChanged, firstHourOf, lastKnownOf } from './changed.ts';
import {
  DAY_HOURS,
  type Days,
  dayKey,
  daysOf,
  EMPTY_DAY,
  firstTells,
  HOUR_MINUTES,
  HOUR_MS,
  inOrder,
  mergedDays,
} from './days.ts';
import { closedUntil, closesAt, revisedAt } from './due.ts';
import { forget } from './forgetting.ts';
import { firstCrashesOf, type HourPart, type HourParts, isZero, type Known } from './hours.ts';
import { type Numbers, partsOf, SILENCE_MINUTES_MAX, ZERO } from './hours.ts';
import { tellRestarts } from './restarts.ts';
import { days, fresh, type Kept, type outputs, type Taken } from './state.ts';
import { timelineOf } from './timeline.ts';

const { deviceHealthHours, healthExposures } = topics;

/** Of a device that told of years ago before time began, no more hours than these are told. */
const HOURS_BACK_MAX = 64 * DAY_HOURS;

/** Tells the hours that are closed, and anew those that late reports changed. */
export function tellHours(state: DeviceHealthState, kept: Kept): Taken {
  const { key, logTime } = kept.meta;
  const [told, news] = [daysOf(kept.days), daysOf(kept.fresh)];
  const knew = knownOf(state, told);
  const merged = mergedDays(told, news, state.toldUntil);
  // What devices are is seldom said, so that most of the time nothing new is.
  const isSaid = [...news.values()].some((day) => day.descriptions.length + day.technologies.length > 0);
  const timeline = isSaid ? timelineOf(merged, state.before) : knew.timeline;
  const known = { ...knew, days: merged, timeline, firstCrashes: firstCrashesOf(knew.firstCrashes, news) };
  const closed = closedUntil(logTime, key);
  const begin = state.toldUntil ?? Math.max(closed - HOURS_BACK_MAX, Math.min(closed, firstHourOf(merged)));
  const end = Math.max(closed, begin);
  const from = Math.min(begin, firstChanged(state, { knew, known, news }));
  const changed = changesBetween(partsOf(knew, from, begin), partsOf(known, from, end));
  const tells = tellsAfter(merged, changed, { begin, end });
  const lastKnown = lastKnownOf(known);
  const isExpected = lastKnown !== null && lastKnown + SILENCE_MINUTES_MAX > end * HOUR_MINUTES;
  const dueAt = isExpected ? closesAt(end, key) : null;
  const batteryDueAt = state.batteryDueAt ?? (isBatteryOther(kept, knew, known) ? revisedAt(logTime) : null);
  const next = { ...state, dueAt, batteryDueAt, toldUntil: end, freshDays: 0 };
  const restarts = tellRestarts(next, merged, end, kept);
  const { state: after, days: left } = forget(restarts.state, { ...known, days: tells }, logTime);
  return {
    state: after,
    changes: [...stored(told, left), ...Array.from(news.keys(), (day) => drop(fresh, dayKey(day)))],
    emits: [
      ...changed.flatMap((each) => emitted(key, each, revisionOf(merged, each.part.hour, begin))),
      ...(restarts.emits ?? []),
    ],
  };
}

/** Whether the newest level of the battery belongs to another device, by what is known now of the device. */
function isBatteryOther({ batteries }: Kept, knew: Known, known: Known): boolean {
  const newest = batteries.get(KEY)?.levels.at(-1);
  if (newest === undefined) return false;
  if (knew.timeline === known.timeline) return false;
  const [old, now] = [knew, known].map(({ timeline }) => timeline.dimensionsAt(newest.time));
  return JSON.stringify(old) !== JSON.stringify(now);
}

/** A part of an hour that is new, or not as it was told. */
interface Changed {
  readonly part: HourPart;
  readonly before: Readonly<Numbers>;
}

function knownOf(state: DeviceHealthState, told: Days): Known {
  const firstCrashes = new Map(state.firstCrashes.map(({ period, minute }) => [period, minute]));
  return { days: told, timeline: timelineOf(told, state.before), heardBefore: state.heardBefore, firstCrashes };
}

function changesBetween(old: HourParts, now: HourParts): readonly Changed[] {
  const changed: Changed[] = [];
  for (const [key, part] of now) {
    const before = old.get(key);
    if (before === undefined || !isSame(before, part)) changed.push({ part, before: before?.numbers ?? ZERO });
  }
  for (const [key, part] of old) {
    // A part that is no more is told with nothing in it, so that its last revision says so.
    if (!now.has(key)) changed.push({ part: { ...part, numbers: ZERO, causes: {} }, before: part.numbers });
  }
  return changed.sort((a, b) => a.part.hour - b.part.hour);
}

function isSame(one: HourPart, other: HourPart): boolean {
  const names = Object.keys(ZERO) as (keyof Numbers)[];
  if (names.some((name) => one.numbers[name] !== other.numbers[name])) return false;
  return one.causes === other.causes || JSON.stringify(one.causes) === JSON.stringify(other.causes);
}

function revisionOf(merged: Days, hour: number, begin: number): number {
  return merged.get(Math.floor(hour / DAY_HOURS))?.tells[hour % DAY_HOURS] ?? (hour < begin ? 1 : 0);
}

/** The days, with how often each of their hours is told by now. */
function tellsAfter(
  merged: Days,
  changed: readonly Changed[],
  { begin, end }: { readonly begin: number; readonly end: number },
): Days {
  const all = new Map(merged);
  const tell = (hour: number) => {
    const day = Math.floor(hour / DAY_HOURS);
    const record = all.get(day) ?? { ...EMPTY_DAY, tells: firstTells(day, begin) };
    const tells = record.tells.map((count, i) => (i === hour % DAY_HOURS ? count + 1 : count));
    all.set(day, { ...record, tells });
  };
  for (const hour of new Set(changed.map(({ part }) => part.hour))) if (hour < begin) tell(hour);
  for (let hour = begin; hour < end; hour++) if (all.has(Math.floor(hour / DAY_HOURS))) tell(hour);
  return inOrder(all);
}

function emitted(key: string, { part, before }: Changed, revision: number): Emission<(typeof outputs)[number]>[] {
  const slash = key.indexOf('/');
  const { hour, dimensions, numbers, causes } = part;
  const about = { tenant: key.slice(0, slash), device: key.slice(slash + 1), eventTime: hour * HOUR_MS, ...dimensions };
  const difference = { ...numbers };
  for (const name of Object.keys(ZERO) as (keyof Numbers)[]) difference[name] -= before[name];
  const { atRiskAgainMs: _, firstCrashesAgain: __, ...hour_ } = numbers;
  const row = emit(deviceHealthHours, { ...about, revision, ...hour_, causes });
  return isZero(difference) ? [row] : [row, emit(healthExposures, { ...about, ...difference })];
}

/** What of the days is not stored as it is now. */
function stored(told: Days, left: Days): readonly Change[] {
  const gone = [...told.keys()].filter((day) => !left.has(day));
  const written = [...left].filter(([day, record]) => told.get(day) !== record);
  return [
    ...gone.map((day) => drop(days, dayKey(day))),
    ...written.map(([day, record]) => set(days, dayKey(day), record)),
  ];
}
