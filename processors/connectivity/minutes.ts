import type { Change, Envelope } from '#sdk';
import { set } from '#sdk';
import type { ConnectivityMinute, LinkReported, LinkSample, SequenceSpan } from '#schemas';
import { hasCounters, MEMORY } from './counters.ts';
import { type Kept, minutes } from './state.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

/** Link reports of a minute and streams of numbers that are kept; the first in their order, whatever came first. */
const LINKS_MAX = 64;
const STREAMS_MAX = 8;

/** Where the last of the minutes that were dropped stands. */
const CLOSED = 'closed';

const EMPTY: ConnectivityMinute = {
  reports: 0,
  payloadBytes: 0,
  seenFirst: null,
  seenLast: null,
  streams: [],
  links: [],
  linkReports: 0,
};

/** Minutes as a step reads them: as they are kept, and over it what the step itself has written. */
export class Minutes {
  readonly #kept: Kept['minutes'];
  readonly #written = new Map<string, ConnectivityMinute>();
  #closed: ConnectivityMinute | null = null;

  constructor(kept: Kept['minutes']) {
    this.#kept = kept;
  }

  /** The minute that a moment belongs to. */
  at(time: number): ConnectivityMinute | undefined {
    const key = keyOf(time);
    return this.#written.get(key) ?? this.#kept.get(key);
  }

  /** What is left of the minutes that were dropped. */
  get closed(): ConnectivityMinute {
    return this.#closed ?? this.#kept.get(CLOSED) ?? EMPTY;
  }

  close(last: ConnectivityMinute): void {
    this.#closed = last;
  }

  edit(time: number, change: (minute: ConnectivityMinute) => ConnectivityMinute): void {
    this.#written.set(keyOf(time), change(this.at(time) ?? EMPTY));
  }

  get changes(): readonly Change[] {
    const written = Array.from(this.#written, ([key, minute]) => set(minutes, key, minute));
    return this.#closed === null ? written : [...written, set(minutes, CLOSED, this.#closed)];
  }
}

/** The subkey of the minute that a moment belongs to. */
export function keyOf(time: number): string {
  return String(Math.floor(time / MINUTE_MS)).padStart(10, '0');
}

/** Counts an event in its minute. */
export function counted(minute: ConnectivityMinute, event: Envelope, link: LinkReported | null): ConnectivityMinute {
  const { payloadBytes } = event;
  return {
    ...minute,
    reports: minute.reports + 1,
    payloadBytes: minute.payloadBytes + payloadBytes,
    streams: numbered(minute, event),
    links: link === null ? minute.links : [...minute.links, sampleOf(link)].sort(byOrder).slice(0, LINKS_MAX),
    linkReports: minute.linkReports + (link === null ? 0 : 1),
  };
}

/** Counts the number of an event that is no report. */
export function numberedOnly(minute: ConnectivityMinute, event: Envelope): ConnectivityMinute {
  return { ...minute, streams: numbered(minute, event) };
}

/** Keeps a moment at which the device was there. */
export function seen(minute: ConnectivityMinute, time: number): ConnectivityMinute {
  const { seenFirst, seenLast } = minute;
  return {
    ...minute,
    seenFirst: Math.min(seenFirst ?? Infinity, time),
    seenLast: Math.max(seenLast ?? -Infinity, time),
  };
}

/** Adds numbers to those of the same run of a counter. */
export function withSpan(streams: readonly SequenceSpan[], span: SequenceSpan): readonly SequenceSpan[] {
  const before = streams.find((each) => isSameRun(each, span));
  if (before === undefined) return [...streams, span];
  const { source, epoch } = span;
  const first = Math.min(before.first, span.first);
  const last = Math.max(before.last, span.last);
  return [
    ...streams.filter((each) => each !== before),
    { source, epoch, first, last, count: before.count + span.count },
  ];
}

export function isSameRun(a: SequenceSpan, b: SequenceSpan): boolean {
  return a.source === b.source && a.epoch === b.epoch;
}

/** The last reports with counters of each technology, oldest first: what the growth of later ones is told from. */
export function lastOf(links: readonly LinkSample[]): readonly LinkSample[] {
  const counting = links.filter(hasCounters);
  const technologies = [...new Set(counting.map(({ technology }) => technology))].sort();
  return technologies.flatMap((technology) => counting.filter((each) => each.technology === technology).slice(-MEMORY));
}

/** By event time, then number, then id. */
export function byOrder(a: LinkSample, b: LinkSample): number {
  return a.eventTime - b.eventTime || a.sequence - b.sequence || (a.eventId < b.eventId ? -1 : 1);
}

function numbered({ streams }: ConnectivityMinute, { source, epoch, sequence }: Envelope): readonly SequenceSpan[] {
  if (sequence === null) return streams;
  const span = { source, epoch, first: sequence, last: sequence, count: 1 };
  return [...withSpan(streams, span)].sort(byRun).slice(0, STREAMS_MAX);
}

function byRun(a: SequenceSpan, b: SequenceSpan): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return (a.epoch ?? -1) - (b.epoch ?? -1);
}

function sampleOf(link: LinkReported): LinkSample {
  const { eventTime, sequence, eventId, technology, gateway, payloadBytes } = link;
  const { rssi, snr, rsrp, rsrq, sinr, spreadingFactor, dataRate, latencyMs } = link;
  const { packetsSent, packetsLost, bytesUp, bytesDown } = link;
  const signal = { rssi, snr, rsrp, rsrq, sinr, spreadingFactor, dataRate, latencyMs };
  const counters = { packetsSent, packetsLost, bytesUp, bytesDown };
  return { eventTime, sequence: sequence ?? -1, eventId, technology, gateway, payloadBytes, ...signal, ...counters };
}
