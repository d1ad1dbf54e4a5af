import type { Uncaused } from '#sdk';
import type { ConnectivityState, ConnectivityWindow, LinkSample, SequenceSpan } from '#schemas';
import { growth, hasCounters, MEMORY } from './counters.ts';
import { allowedMs, learned, saidAt } from './interval.ts';
import { measured, NO_MEASURES, totalOf } from './measures.ts';
import { HOUR_MS, isSameRun, MINUTE_MS, type Minutes, withSpan } from './minutes.ts';
import { qualityOf } from './quality.ts';
import type { Kept } from './state.ts';

/** A window of event time. */
export interface Window {
  /** s */
  readonly span: number;
  /** ms */
  readonly start: number;
}

export const HOUR_S = 3_600;
export const SPANS = [60, 900, HOUR_S] as const;

/** Who the rows are about. */
export interface Whose {
  readonly tenant: string;
  readonly device: string;
}

/** A row without what the engine adds. */
export type Row = Uncaused<ConnectivityWindow>;

/** What a window says, before its rows are parted by technology. */
export interface Summary {
  readonly intervalMs: number | null;
  readonly connectedMs: number | null;
  readonly expectedMs: number | null;
  /** Sent and received by its counters, or else the sizes of its payloads. */
  readonly bytes: number;
  readonly rows: readonly Omit<Row, 'tenant' | 'device' | 'revision'>[];
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
  const inside = minutesIn(minutes, start, end);
  const reports = inside.reduce((all, minute) => all + minute.reports, 0);
  const payloadBytes = inside.reduce((all, minute) => all + minute.payloadBytes, 0);
  const links = inside.flatMap((minute) => minute.links);
  const streams = inside.flatMap((minute) => minute.streams).reduce(withSpan, [] as readonly SequenceSpan[]);
  const before = beforeOf(source, start, links, streams);
  const missing = streams.reduce((all, each) => all + missingOf(each, before.streams), 0);
  const said = saidAt(state, end - 1);
  const intervalMs = said ?? (span === HOUR_S ? learned(source.gaps) : null);
  const expected = intervalMs === null ? null : (span * 1_000) / intervalMs;
  const due = Math.max(reports + missing, expected ?? 0);
  const presence = span === HOUR_S ? presenceIn(window, source, intervalMs) : NO_PRESENCE;
  const shared = {
    ...window,
    spanSeconds: span,
    reports,
    missing,
    expected,
    completeness: due === 0 ? null : reports / due,
    payloadBytes,
    ...presence,
    policyVersion: kept.versions.qualityBands,
  };
  const technologies = [...new Set(links.map(({ technology }) => technology))].sort();
  const parts = technologies.map((technology) => {
    const of = links.filter((link) => link.technology === technology);
    const memory = before.links.filter((link) => link.technology === technology);
    return { technology, of, grown: growth(memory, of.filter(hasCounters)) };
  });
  const total = totalOf(parts.map(({ grown }) => grown));
  const linkReports = inside.reduce((all, minute) => all + minute.linkReports, 0);
  const whole = { technology: 'ALL', linkReports, unsampled: linkReports - links.length, ...total, ...NO_MEASURES };
  const rows = parts.map(({ technology, of, grown }) => {
    const measures = { technology, loss: lossOf(grown), ...grown, ...measured(of) };
    const quality = qualityOf(measures, kept.policies.qualityBands);
    return { ...parted(shared), linkReports: of.length, unsampled: 0, ...measures, ...quality };
  });
  const none = { quality: 'UNKNOWN', qualityBy: null } as const;
  return {
    intervalMs,
    ...presence,
    bytes: (total.bytesUp ?? 0) + (total.bytesDown ?? 0) || payloadBytes,
    rows: [{ ...parted(shared), loss: lossOf(total), ...whole, ...none }, ...rows],
  };
}

const NO_PRESENCE = { connectedMs: null, expectedMs: null };

function parted<T extends Window>({ span: _, ...rest }: T): Omit<T, 'span'> {
  return rest;
}

function minutesIn(minutes: Minutes, start: number, end: number) {
  const found = [];
  for (let time = start; time < end; time += MINUTE_MS) {
    const minute = minutes.at(time);
    if (minute !== undefined) found.push(minute);
  }
  return found;
}

/** The last reports with counters of each technology, and the last number of each run, from before a window. */
function beforeOf(
  { state, minutes }: Source,
  start: number,
  links: readonly LinkSample[],
  streams: readonly SequenceSpan[],
): { readonly links: readonly LinkSample[]; readonly streams: readonly SequenceSpan[] } {
  const wanted = new Map<string, LinkSample[]>();
  for (const link of links) if (hasCounters(link)) wanted.set(link.technology, []);
  const found: SequenceSpan[] = [];
  const take = (minute: Pick<ReturnType<typeof minutesIn>[number], 'links' | 'streams'>) => {
    for (const link of minute.links.toReversed()) {
      const of = wanted.get(link.technology);
      if (of !== undefined && of.length < MEMORY && hasCounters(link)) of.push(link);
    }
    for (const each of minute.streams) {
      const isWanted = streams.some((stream) => isSameRun(stream, each));
      if (isWanted && !found.some((stream) => isSameRun(stream, each))) found.push(each);
    }
  };
  const isDone = () => found.length === streams.length && [...wanted.values()].every((of) => of.length === MEMORY);
  for (let time = start - MINUTE_MS; time >= (state.oldest ?? start) && !isDone(); time -= MINUTE_MS) {
    const minute = minutes.at(time);
    if (minute !== undefined) take(minute);
  }
  take(minutes.closed);
  return { links: [...wanted.values()].flatMap((of) => of.toReversed()), streams: found };
}

/** Numbers that were skipped, in a run and since what came before it. */
function missingOf(span: SequenceSpan, before: readonly SequenceSpan[]): number {
  const previous = before.find((each) => isSameRun(each, span))?.last ?? span.first - 1;
  return Math.max(0, span.last - previous - span.count);
}

function lossOf({ packetsSent, packetsLost }: Pick<Row, 'packetsSent' | 'packetsLost'>): number | null {
  return packetsSent === null || packetsLost === null || packetsSent <= 0 ? null : packetsLost / packetsSent;
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
  for (const { seenFirst, seenLast } of minutesIn(minutes, window.start, end)) {
    if (seenFirst === null || seenLast === null) continue;
    const to = Math.min(end, seenLast + allowed);
    connectedMs += Math.max(0, to - Math.max(until, seenFirst));
    until = Math.max(until, to);
  }
  const expectedMs = end - start - blindIn(state, start, end);
  return { connectedMs: Math.min(connectedMs, expectedMs), expectedMs };
}

function seenBefore(state: ConnectivityState, minutes: Minutes, start: number, allowed: number): number | null {
  const from = Math.max(start - allowed - MINUTE_MS, state.oldest ?? start);
  for (let time = start - MINUTE_MS; time >= from; time -= MINUTE_MS) {
    const sign = minutes.at(time)?.seenLast ?? null;
    if (sign !== null) return sign;
  }
  return minutes.closed.seenLast;
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
