import type { Envelope } from '#sdk';
import type { ConnectivityState, LinkReported, PresencePolicy } from '#schemas';
import { hasCounters, MEMORY } from './counters.ts';
import { allowedMs } from './interval.ts';
import { HOUR_MS, MINUTE_MS, minuteOf } from './minute.ts';
import type { Minutes } from './minutes.ts';
import { LATENESS_MS } from './state.ts';
import { HOUR_S, hourOf, type Window, windowsAt } from './window.ts';

/**
 * Windows after a late event that it changes: those of the next reports with counters, which grew from others now, and
 * of the next report of the same run of numbers.
 */
export function affectedBy(
  { newest }: ConnectivityState,
  { eventTime, source, epoch, sequence }: Envelope,
  link: LinkReported | null,
  minutes: Minutes,
): readonly Window[] {
  const windows: Window[] = [];
  if ((newest ?? 0) < minuteOf(eventTime) + MINUTE_MS) return windows;
  let reports = link !== null && hasCounters(link) ? MEMORY : 0;
  let isNumberLeft = sequence !== null;
  for (const minute of minutes.from(minuteOf(eventTime) + MINUTE_MS, newest ?? 0)) {
    if (reports <= 0 && !isNumberLeft) break;
    const found = minute.links.filter((each) => each.technology === link?.technology && hasCounters(each)).length;
    const isSame = minute.streams.some((each) => each.source === source && each.epoch === epoch);
    if ((reports > 0 && found > 0) || (isNumberLeft && isSame)) windows.push(...windowsAt(minute.start));
    reports -= found;
    if (isSame) isNumberLeft = false;
  }
  return windows;
}

/** Windows since a moment: how many reports they let expect follows from an interval that was said then. */
export function affectedSince(
  { newest, nextHour, firstSeen }: ConnectivityState,
  since: number,
  minutes: Minutes,
): readonly Window[] {
  const windows: Window[] = [];
  addHours(windows, Math.max(since, firstSeen ?? Infinity), nextHour ?? since);
  for (const minute of minutes.from(since, newest ?? 0)) {
    // A minute that has signs alone has no window of its own.
    if (minute.reports + minute.streams.length > 0) windows.push(...windowsAt(minute.start));
  }
  return windows;
}

/** Hours whose connected or expected time follows from signs of the device. */
export function affectedSigns(
  { firstSeen }: ConnectivityState,
  state: ConnectivityState,
  signs: readonly number[],
  policy: PresencePolicy,
): readonly Window[] {
  let longest = state.learntMs ?? 0;
  for (const { intervalMs } of state.said) longest = Math.max(longest, intervalMs);
  const allowed = Math.min(LATENESS_MS, allowedMs(longest, policy));
  const windows: Window[] = [];
  for (const sign of signs) addHours(windows, sign, Math.min(sign + allowed, state.nextHour ?? sign));
  const first = Math.min(...signs);
  if (firstSeen !== null && first < firstSeen) addHours(windows, first, firstSeen);
  return windows;
}

/** Adds the hours from that of one moment to that of another, both included. */
function addHours(windows: Window[], from: number, to: number): void {
  for (let start = hourOf(from); start <= to; start += HOUR_MS) windows.push({ span: HOUR_S, start });
}
