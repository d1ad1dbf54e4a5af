import type { ConnectivityState, RecentLink, RecentMinute, RecentRun } from '#schemas';
import { growth, hasCounters, isEnough } from './counters.ts';
import { allowedMs, learned, saidAt } from './interval.ts';
import { totalOf } from './measures.ts';
import { addSpan, HOUR_MS, isSameRun, MINUTE_MS, MINUTE_S } from './minute.ts';
import type { Minutes } from './minutes.ts';
import type { Part, Shared } from './row.ts';
import type { Kept } from './state.ts';

/** A window of event time. */
export interface Window {
  /** s */
  readonly span: number;
  /** ms */
  readonly start: number;
}

export const HOUR_S = 3_600;
export const SPANS = [MINUTE_S, 900, HOUR_S] as const;

/** Who the rows are about. */
export interface Whose {
  readonly tenant: string;
  readonly device: string;
}

/** What a window says, before its rows are parted by technology. */
export interface Summary {
  readonly intervalMs: number | null;
  readonly connectedMs: number | null;
  readonly expectedMs: number | null;
  /** Sent and received by its counters, or else the sizes of its payloads. */
  readonly bytes: number;
  readonly shared: Shared;
  readonly parts: readonly Part[];
}

/** What a summary is made of. */
export interface Source {
  readonly state: ConnectivityState;
  readonly minutes: Minutes;
  readonly kept: Pick<Kept, 'policies' | 'versions'>;
  /** Gaps between signs that an interval is learnt from where the device said none. */
  readonly gaps: readonly number[];
}

export function endOf({ span, start }: Window): number {
  return start + span * 1_000;
}

/** The windows that a moment belongs to. */
export function windowsAt(time: number): readonly Window[] {
  return SPANS.map((span) => ({ span, start: startOf(span, time) }));
}

export function startOf(span: number, time: number): number {
  return Math.floor(time / (span * 1_000)) * span * 1_000;
}

/** What is known of a window: a function of the minutes in it, and of the last reports before it. */
export function summaryOf(window: Window, source: Source): Summary {
  const { state, minutes, kept } = source;
  const { start, span } = window;
  const end = endOf(window);
  const inside = minutes.within(start, end);
  const { reports, payloadBytes, linkReports, others, links, streams } = addedUp(inside);
  const before = beforeOf(source, start, links, streams);
  let missing = 0;
  for (const each of streams) missing += missingOf(each, before.streams);
  const said = saidAt(state, end - 1);
  const intervalMs = said ?? (span === HOUR_S ? learned(source.gaps) : null);
  const expected = intervalMs === null ? null : (span * 1_000) / intervalMs;
  const due = Math.max(reports + missing, expected ?? 0);
  const { connectedMs, expectedMs } = span === HOUR_S ? presenceIn(window, source, intervalMs) : NO_PRESENCE;
  const completeness = due === 0 ? null : reports / due;
  const numbers = { start, spanSeconds: span, reports, missing, expected, completeness, payloadBytes };
  const shared = { ...numbers, connectedMs, expectedMs, policyVersion: kept.versions.qualityBands };
  const parts = partsOf(links, before.links);
  const total = totalOf(parts.map(({ grown }) => grown));
  const bytes = (total.bytesUp ?? 0) + (total.bytesDown ?? 0) || payloadBytes;
  const unsampled = linkReports - links.length;
  // What came beside, or in another technology, stays; so a row ALL that is once there stays as well.
  const [alone] = span !== HOUR_S && parts.length === 1 && others === 0 ? parts : [];
  if (alone !== undefined) {
    const part = { ...alone, whole: true, linkReports, unsampled };
    return { intervalMs, connectedMs, expectedMs, bytes, shared, parts: [part] };
  }
  const all = { technology: 'ALL', whole: false, linkReports, unsampled, links: null, grown: total };
  return { intervalMs, connectedMs, expectedMs, bytes, shared, parts: [all, ...parts] };
}

/** What minutes hold together. */
function addedUp(minutes: readonly RecentMinute[]) {
  const [only] = minutes;
  if (only !== undefined && minutes.length === 1) return only;
  const all = { reports: 0, payloadBytes: 0, linkReports: 0, others: 0 };
  const links: RecentLink[] = [];
  const streams: RecentRun[] = [];
  for (const minute of minutes) {
    all.reports += minute.reports;
    all.payloadBytes += minute.payloadBytes;
    all.linkReports += minute.linkReports;
    all.others += minute.others;
    for (const link of minute.links) links.push(link);
    for (const span of minute.streams) addSpan(streams, span);
  }
  return { ...all, links, streams };
}

/** The parts of a window by technology, in the order of its names. */
function partsOf(links: readonly RecentLink[], before: readonly RecentLink[]): readonly Part[] {
  return technologiesOf(links).map((technology, _, { length }) => {
    const isOf = (link: RecentLink) => link.technology === technology;
    // Those before are of technologies that the window has.
    const [earlier, of] = length === 1 ? [before, links] : [before.filter(isOf), links.filter(isOf)];
    const counting = of.every(hasCounters) ? of : of.filter(hasCounters);
    const grown = growth(earlier, counting);
    return { technology, whole: false, linkReports: of.length, unsampled: 0, links: of, grown };
  });
}

function technologiesOf(links: readonly RecentLink[]): readonly string[] {
  const names: string[] = [];
  for (const { technology } of links) if (!names.includes(technology)) names.push(technology);
  return names.length > 1 ? names.sort() : names;
}

const NO_PRESENCE = { connectedMs: null, expectedMs: null };

/** The last reports with counters of each technology, and the last number of each run, from before a window. */
function beforeOf(
  { state, minutes }: Source,
  start: number,
  links: readonly RecentLink[],
  streams: readonly RecentRun[],
): { readonly links: readonly RecentLink[]; readonly streams: readonly RecentRun[] } {
  const technologies: string[] = [];
  for (const link of links)
    if (!technologies.includes(link.technology) && hasCounters(link)) technologies.push(link.technology);
  const found = technologies.map((): RecentLink[] => []);
  const runs: RecentRun[] = [];
  let [linksLeft, runsLeft] = [technologies.length, streams.length];
  const take = (minute: RecentMinute) => {
    for (let i = minute.links.length - 1; i >= 0 && linksLeft > 0; i--) {
      const link = minute.links[i] as RecentLink;
      const of = found[technologies.indexOf(link.technology)];
      if (of === undefined || isEnough(of) || !hasCounters(link)) continue;
      of.push(link);
      if (isEnough(of)) linksLeft--;
    }
    if (runsLeft === 0) return linksLeft === 0;
    for (const each of minute.streams) {
      if (runs.some((run) => isSameRun(run, each)) || !streams.some((run) => isSameRun(run, each))) continue;
      runs.push(each);
      runsLeft--;
    }
    return linksLeft + runsLeft === 0;
  };
  if (linksLeft + runsLeft > 0) minutes.back(start, state.oldest, take);
  if (linksLeft + runsLeft > 0) take(minutes.closed);
  const [first = []] = found;
  return { links: found.length <= 1 ? first.toReversed() : found.flatMap((of) => of.toReversed()), streams: runs };
}

/** Numbers that were skipped, in a run and since what came before it. */
function missingOf(span: RecentRun, before: readonly RecentRun[]): number {
  const previous = before.find((each) => isSameRun(each, span))?.last ?? span.first - 1;
  return Math.max(0, span.last - previous - span.count);
}

/**
 * For how long of an hour the device was connected, and should have been, ms: from each sign of it for as long as it
 * may be silent; from its first sign on, less the time in which nothing could be seen.
 */
function presenceIn(window: Window, { state, minutes, kept }: Source, intervalMs: number | null) {
  if (intervalMs === null || state.firstSeen === null) return NO_PRESENCE;
  const end = endOf(window);
  const start = Math.max(window.start, Math.min(end, state.firstSeen));
  const allowed = allowedMs(intervalMs, kept.policies.presencePolicy);
  let until = Math.min(end, Math.max(start, (seenBefore(state, minutes, window.start, allowed) ?? 0) + allowed));
  let connectedMs = until - start;
  for (const { seenFirst, seenLast } of minutes.within(window.start, end)) {
    if (seenFirst === null || seenLast === null) continue;
    const to = Math.min(end, seenLast + allowed);
    connectedMs += Math.max(0, to - Math.max(until, seenFirst));
    until = Math.max(until, to);
  }
  const expectedMs = end - start - blindIn(state, start, end);
  return { connectedMs: Math.min(connectedMs, expectedMs), expectedMs };
}

function seenBefore(state: ConnectivityState, minutes: Minutes, start: number, allowed: number): number | null {
  let found: number | null = null;
  minutes.back(start, state.oldest, ({ start: begin, seenLast }) => {
    found = seenLast;
    return seenLast !== null || begin < start - allowed - MINUTE_MS;
  });
  return found ?? minutes.closed.seenLast;
}

function blindIn({ blindMs }: ConnectivityState, start: number, end: number): number {
  let blind = 0;
  for (let i = 0; i + 1 < blindMs.length; i += 2) {
    const [from, to] = [blindMs[i] as number, blindMs[i + 1] as number];
    blind += Math.max(0, Math.min(end, to) - Math.max(start, from));
  }
  return blind;
}

/** Begin of the hour of a moment. */
export function hourOf(time: number): number {
  return Math.floor(time / HOUR_MS) * HOUR_MS;
}
