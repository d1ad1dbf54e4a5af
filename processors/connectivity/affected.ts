import type { Envelope } from '#sdk';
import type { ConnectivityState, LinkReported, PresencePolicy, RecentLink, RecentMinute } from '#schemas';
import { type Counters, hasCounters, hasRepetition, MEMORY } from './counters.ts';
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
  { newest, oldest }: ConnectivityState,
  { eventTime, source, epoch, sequence }: Envelope,
  link: LinkReported | null,
  minutes: Minutes,
): readonly Window[] {
  const windows: Window[] = [];
  const next = minuteOf(eventTime) + MINUTE_MS;
  if ((newest ?? 0) < next) return windows;
  const counts = (each: RecentLink) => each.technology === link?.technology && hasCounters(each);
  let linksLeft = link !== null && hasCounters(link) ? MEMORY : 0;
  let isNumberLeft = sequence !== null;
  const known: Counters[] = linksLeft > 0 ? countersUntil(next, oldest, counts, minutes) : [];
  /** Begins of the minutes of the next reports with counters. */
  const later: number[] = [];
  for (const minute of minutes.from(next, newest ?? 0)) {
    if (linksLeft <= 0 && !isNumberLeft) break;
    const found = linksLeft > 0 ? minute.links.filter(counts) : [];
    if (found.length > 0) later.push(minute.start);
    known.push(...found);
    linksLeft -= found.length;
    if (!isNumberLeft || !minute.streams.some((each) => each.source === source && each.epoch === epoch)) continue;
    windows.push(...windowsAt(minute.start));
    isNumberLeft = false;
  }
  // Where none repeats another one, only the next report grew from the late one.
  for (const start of hasRepetition(known) ? later : later.slice(0, 1)) windows.push(...windowsAt(start));
  return windows;
}

/** The last reports with counters before a moment: of each so many that it is known whether it repeats another one. */
function countersUntil(
  end: number,
  oldest: number | null,
  counts: (link: RecentLink) => boolean,
  minutes: Minutes,
): Counters[] {
  const known: Counters[] = [];
  const take = (minute: RecentMinute) => {
    known.unshift(...minute.links.filter(counts));
    return known.length > MEMORY;
  };
  minutes.back(end, oldest, take);
  if (known.length <= MEMORY) take(minutes.closed);
  return known;
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
