import { emit } from '#sdk';
import { type BatteryHistory, type DeviceHealthState, topics } from '#schemas';
import { DAY_MS, daysOf, HOUR_MS, mergedDays } from './days.ts';
import { type Interval, type Line, lineOf, type Point, slopeInterval } from './sen.ts';
import { ending, lasting } from './signal.ts';
import type { Kept, Taken } from './state.ts';
import { timelineOf } from './timeline.ts';

type Level = BatteryHistory['levels'][number];

/** The one key of the levels of a device. */
export const KEY = 'levels';

/** Levels that are kept of a battery. */
const LEVELS_MAX = 64;

/** Width of a span at first; it doubles when the levels no longer fit. */
const SPAN_MS = 6 * HOUR_MS;

/** A level so much higher than the one before was charged in between, or the battery was changed, percent. */
const RISE_MIN = 5;

/** Fewer levels, or of a shorter time, tell nothing. */
const SAMPLES_MIN = 8;
const TIME_MS_MIN = 3 * DAY_MS;

/** An end further away than this is none, ms. */
const END_MS_MAX = 50 * 365 * DAY_MS;

export const WITHOUT_LEVELS: BatteryHistory = { spanMs: SPAN_MS, levels: [] };

/** With one more level; the very same where it adds nothing. Any order of coming gives the same. */
export function withLevel(history: BatteryHistory, level: Level): BatteryHistory {
  let { spanMs } = history;
  let levels = newestOf([...history.levels, level], spanMs);
  while (levels.length > LEVELS_MAX) {
    spanMs *= 2;
    levels = newestOf(levels, spanMs);
  }
  const isSame = JSON.stringify(levels) === JSON.stringify(history.levels);
  return isSame ? history : { spanMs, levels };
}

/** How a battery goes on. */
export interface Outlook {
  readonly outlook: 'UNKNOWN' | 'STEADY' | 'ENDS';
  readonly level: number;
  readonly ratePerDay: number | null;
  readonly rateLow: number | null;
  readonly rateHigh: number | null;
  readonly endsAt: number | null;
  readonly endsEarliestAt: number | null;
  readonly endsLatestAt: number | null;
  readonly samples: number;
  readonly discharges: number;
  readonly spanMs: number;
}

/**
 * What the levels tell of the battery's end, at 90 % confidence where it is not charged and goes on as before. The
 * errors of the levels must be independent of each other; their distribution does not matter.
 */
export function outlookOf({ levels }: BatteryHistory, emptyPercent: number): Outlook | null {
  const newest = levels.at(-1);
  if (newest === undefined) return null;
  const runs = comparable(runsOf(levels));
  const samples = runs.reduce((sum, run) => sum + run.length, 0);
  const spanMs = runs.reduce((sum, run) => sum + (run.at(-1) as Level).time - (run[0] as Level).time, 0);
  const told = { level: newest.level, samples, discharges: runs.length, spanMs };
  const line = samples < SAMPLES_MIN || spanMs < TIME_MS_MIN ? null : lineOf(runs.map((run) => pointsOf(run, newest)));
  // From before the newest charge nothing can be drawn on.
  const isLast = runs.at(-1)?.at(-1) === newest;
  if (line === null) return { ...NOTHING, ...told };
  const rates = { ratePerDay: -line.slope, rateLow: -line.high, rateHigh: -line.low };
  const ends = isLast ? endsOf(line, newest, emptyPercent) : NO_END;
  return { ...told, ...rates, ...ends, outlook: line.high < 0 ? 'ENDS' : 'STEADY' };
}

/** Tells of the battery, once new levels have come. */
export function tellBattery(state: DeviceHealthState, kept: Kept): Taken {
  const history = kept.batteries.get(KEY) ?? WITHOUT_LEVELS;
  const next = { ...state, batteryDueAt: null };
  const outlook = outlookOf(history, kept.policies.health.batteryEmptyPercent);
  if (outlook === null) return { state: next };
  const { key } = kept.meta;
  const slash = key.indexOf('/');
  const eventTime = history.levels.at(-1)?.time ?? 0;
  const dimensions = timelineOf(mergedDays(daysOf(kept.days), daysOf(kept.fresh), 0), state.before).dimensionsAt(
    eventTime,
  );
  const about = { tenant: key.slice(0, slash), device: key.slice(slash + 1), eventTime, ...dimensions };
  const policyVersion = kept.versions.health;
  const forecast = { ...about, ...outlook, policyVersion };
  const { batteryWarnDays } = kept.policies.health;
  const isEnding = outlook.endsAt !== null && outlook.endsAt - eventTime <= batteryWarnDays * DAY_MS;
  const told = emit(topics.batteryForecasts, forecast);
  if (isEnding === state.batteryEnding) return { state: next, emits: [told] };
  const said = emit(topics.signals, isEnding ? ending(forecast) : lasting(forecast));
  return { state: { ...next, batteryEnding: isEnding }, emits: [told, said] };
}

const NO_END = { endsAt: null, endsEarliestAt: null, endsLatestAt: null };

const NOTHING = { outlook: 'UNKNOWN', ratePerDay: null, rateLow: null, rateHigh: null, ...NO_END } as const;

/** The newest level of each span, and whether it was charged within it. */
function newestOf(levels: readonly Level[], spanMs: number): readonly Level[] {
  const spans = new Map<number, Level>();
  for (const level of levels) {
    const span = Math.floor(level.time / spanMs);
    const other = spans.get(span) ?? level;
    const newer = isNewer(level, other) ? level : other;
    spans.set(span, { ...newer, charged: level.charged || other.charged });
  }
  return [...spans].sort(([a], [b]) => a - b).map(([, level]) => level);
}

function isNewer(one: Level, other: Level): boolean {
  return one.time > other.time || (one.time === other.time && one.level > other.level);
}

/** The levels between charges, and whether it was told of the charge before them; null where none was. */
interface Run {
  readonly levels: Level[];
  readonly charge: 'TOLD' | 'UNTOLD' | null;
}

function runsOf(levels: readonly Level[]): readonly Run[] {
  const runs: Run[] = [{ levels: [], charge: null }];
  for (const [index, level] of levels.entries()) {
    if (level.charged) runs.push({ levels: [], charge: 'TOLD' });
    else if (rises(levels, index)) {
      // The level in the midst of a charge is told of, and lower than the one at its end.
      const isTold = levels[index - 1]?.charged === true;
      runs.push({ levels: [], charge: isTold ? 'TOLD' : 'UNTOLD' });
    }
    if (!level.charged) runs.at(-1)?.levels.push(level);
  }
  return runs;
}

/**
 * The runs that tell of the battery as it is now: the last, and those before that lose alike. One rise that nobody told
 * of is a battery that was changed, of which the old one says nothing; with more of them it is charged, since nobody
 * changes batteries that often.
 */
function comparable(runs: readonly Run[]): readonly (readonly Level[])[] {
  const untold = runs.filter(({ charge }) => charge === 'UNTOLD');
  const since = untold.length === 1 ? runs.indexOf(untold[0] as Run) : 0;
  const left = runs.slice(since).flatMap(({ levels }) => (levels.length > 1 ? [levels] : []));
  const last = left.at(-1);
  if (last === undefined || left.length === 1) return left;
  const slopes = left.map((run) => slopeInterval(pointsOf(run, last[0] as Level)));
  const { low, high } = slopes.at(-1) as Interval;
  return left.filter((_, i) => (slopes[i] as Interval).low <= high && (slopes[i] as Interval).high >= low);
}

function pointsOf(run: readonly Level[], { time: origin }: Level): readonly Point[] {
  return run.map(({ time, level }) => ({ x: (time - origin) / DAY_MS, y: level }));
}

/** Whether this level and the next stand above the two before: one that is only misread does not stay. */
function rises(levels: readonly Level[], index: number): boolean {
  const [before, now] = [levels.slice(Math.max(0, index - 2), index), levels.slice(index, index + 2)];
  if (before.length === 0 || now.length < 2) return false;
  const levelsOf = (some: readonly Level[]) => some.map(({ level }) => level);
  return Math.min(...levelsOf(now)) - Math.max(...levelsOf(before)) > RISE_MIN;
}

/**
 * When the line meets empty, and the interval of that time: what the slope and the height leave open each, together as
 * of independent errors, since Sen's slope hardly depends on the height.
 */
function endsOf({ slope, low, high, heights, lower, upper }: Line, { time }: Level, emptyPercent: number) {
  const daysTo = (by: number, height: number) => (by < 0 ? (emptyPercent - height) / by : Infinity);
  const end = daysTo(slope, heights.slope);
  const earlier = [end - daysTo(low, heights.low), end - daysTo(slope, lower)];
  const later = [daysTo(high, heights.high) - end, daysTo(slope, upper) - end];
  const at = (days: number) => (days * DAY_MS <= END_MS_MAX ? time + Math.round(Math.max(0, days) * DAY_MS) : null);
  if (!Number.isFinite(end)) return { ...NO_END, endsEarliestAt: at(daysTo(low, heights.low)) };
  return {
    endsAt: at(end),
    endsEarliestAt: at(end - together(earlier)),
    endsLatestAt: at(end + together(later)),
  };
}

function together(widths: readonly number[]): number {
  return Math.sqrt(widths.reduce((sum, width) => sum + width * width, 0));
}
