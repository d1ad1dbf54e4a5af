import type { DeviceHealthState } from '#schemas';
import { type Days, HOUR_MINUTES, firstMinuteIn, lastMinuteOf, MINUTE_MS } from './days.ts';
import type { Known } from './hours.ts';
import { DAY_MINUTES } from './minutes.ts';
import { firstOther, REACH_MINUTES_MAX } from './timeline.ts';

/** What was known when hours were last told, what is known now, and what makes the difference. */
export interface Between {
  readonly knew: Known;
  readonly known: Known;
  readonly news: Days;
}

/** The first hour that may not be as it was told; Infinity where there is none. */
export function firstChanged({ keptFrom }: DeviceHealthState, { knew, known, news }: Between): number {
  if (news.size === 0) return Infinity;
  // What depends on days that are forgotten stays as it was told.
  const limit = keptFrom > 0 ? keptFrom * DAY_MINUTES + REACH_MINUTES_MAX : firstDayOf(known.days) * DAY_MINUTES;
  const other = firstOther(knew.timeline, known.timeline);
  return Math.floor(Math.max(limit, Math.min(other, firstReached(knew, news))) / HOUR_MINUTES);
}

/** The first hour of which anything is known. */
export function firstHourOf(days: Days): number {
  return Math.floor(firstMinuteOf(days) / HOUR_MINUTES);
}

/** The newest minute in which the device was heard or something received from it. */
export function lastKnownOf({ days, heardBefore }: Pick<Known, 'days' | 'heardBefore'>): number | null {
  const last = (['heard', 'received'] as const).map((of) => lastMinuteOf(days, of, 0, Infinity) ?? -1);
  const minute = Math.max(heardBefore ?? -1, ...last);
  return minute < 0 ? null : minute;
}

/** A new report tells of the time since the one before it. */
function firstReached(knew: Known, news: Days): number {
  const first = firstMinuteOf(news);
  const reached = (['heard', 'received'] as const).map(
    (of) => lastMinuteOf(knew.days, of, first - REACH_MINUTES_MAX, first) ?? first,
  );
  return Math.min(first, ...reached);
}

function firstMinuteOf(days: Days): number {
  const marks = (['heard', 'received'] as const).map((of) => firstMinuteIn(days, of) ?? Infinity);
  const times = Array.from(days.values(), ({ descriptions, technologies }) => [descriptions[0], technologies[0]])
    .flat()
    .flatMap((said) => (said === undefined ? [] : [Math.floor(said.time / MINUTE_MS)]));
  return Math.min(...marks, ...times);
}

function firstDayOf(days: Days): number {
  return Math.min(...days.keys());
}
