import type { Envelope } from '#sdk';
import type { LinkReported, RecentLink, RecentMinute, RecentRun } from '#schemas';
import { hasCounters, MEMORY } from './counters.ts';
import { bucketOf } from './sketch.ts';

export const MINUTE_MS = 60_000;
/** The shortest window, in seconds. */
export const MINUTE_S = 60;
export const QUARTER_MS = 15 * MINUTE_MS;
export const HOUR_MS = 60 * MINUTE_MS;

/** Link reports of a minute and streams of numbers that are kept; the first in their order, whatever came first. */
const LINKS_MAX = 64;
const STREAMS_MAX = 8;

/** Values beyond are no decibels that a radio measures, and no data rate that a device has. */
const DECIBELS_MAX = 1_000;
const DATA_RATE_MAX = 1e12;

/** A counter beyond is none of a device: so its differences stay exact. */
const COUNTER_MAX = 2_251_799_813_685_248;

/** Decibels are kept in thousandths, whole numbers, so that the order of their sum makes no difference. */
export const THOUSANDTHS = 1_000;

/** A minute of which nothing is known. */
export function emptyMinute(start: number): RecentMinute {
  return {
    start,
    reports: 0,
    payloadBytes: 0,
    seenFirst: null,
    seenLast: null,
    streams: [],
    links: [],
    linkReports: 0,
    others: 0,
  };
}

/** Begin of the minute of a moment. */
export function minuteOf(time: number): number {
  return Math.floor(time / MINUTE_MS) * MINUTE_MS;
}

/** Counts an event in its minute. */
export function counted(minute: RecentMinute, event: Envelope, link: LinkReported | null): RecentMinute {
  return {
    ...minute,
    reports: minute.reports + 1,
    payloadBytes: minute.payloadBytes + event.payloadBytes,
    streams: numbered(minute, event),
    links: link === null ? minute.links : withLink(minute.links, sampleOf(link)),
    linkReports: minute.linkReports + (link === null ? 0 : 1),
    others: minute.others + (link === null ? 1 : 0),
  };
}

function withLink(links: readonly RecentLink[], link: RecentLink): readonly RecentLink[] {
  return links.length === 0 ? [link] : [...links, link].sort(byOrder).slice(0, LINKS_MAX);
}

/** Counts the number of an event that is no report. */
export function numberedOnly(minute: RecentMinute, event: Envelope): RecentMinute {
  return { ...minute, streams: numbered(minute, event), others: minute.others + 1 };
}

/** Keeps a moment at which the device was there. */
export function seen(minute: RecentMinute, time: number): RecentMinute {
  const { seenFirst, seenLast } = minute;
  return {
    ...minute,
    seenFirst: Math.min(seenFirst ?? Infinity, time),
    seenLast: Math.max(seenLast ?? -Infinity, time),
  };
}

/** Adds numbers to those of the same run of a counter, in a list of spans of which none has been given away. */
export function addSpan(spans: RecentRun[], span: RecentRun): void {
  const index = spans.findIndex((each) => isSameRun(each, span));
  const before = spans[index];
  if (before === undefined) {
    spans.push(span);
    return;
  }
  const { source, epoch } = span;
  const first = Math.min(before.first, span.first);
  const last = Math.max(before.last, span.last);
  spans[index] = { source, epoch, first, last, count: before.count + span.count };
}

export function isSameRun(a: RecentRun, b: RecentRun): boolean {
  return a.source === b.source && a.epoch === b.epoch;
}

/** The last reports with counters of each technology, oldest first: what the growth of later ones is told from. */
export function lastOf(links: readonly RecentLink[]): readonly RecentLink[] {
  const counting = links.filter(hasCounters);
  const technologies = [...new Set(counting.map(({ technology }) => technology))].sort();
  return technologies.flatMap((technology) => counting.filter((each) => each.technology === technology).slice(-MEMORY));
}

const FIELDS = [
  'eventTime',
  'sequence',
  'technology',
  'gateway',
  'payloadBytes',
  'rssi',
  'snr',
  'rsrp',
  'rsrq',
  'sinr',
  'spreadingFactor',
  'dataRate',
  'latency',
  'packetsSent',
  'packetsLost',
  'bytesUp',
  'bytesDown',
] as const satisfies readonly (keyof RecentLink)[];

/** By event time, then number, then all that they say: what is alike in all of it can change places. */
function byOrder(a: RecentLink, b: RecentLink): number {
  for (const field of FIELDS) {
    const [x, y] = [a[field], b[field]];
    if (x === y) continue;
    if (x === null || y === null) return x === null ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

function numbered({ streams }: RecentMinute, { source, epoch, sequence }: Envelope): readonly RecentRun[] {
  if (sequence === null) return streams;
  const span = { source, epoch, first: sequence, last: sequence, count: 1 };
  if (streams.length === 0) return [span];
  const spans = [...streams];
  addSpan(spans, span);
  return spans.sort(byRun).slice(0, STREAMS_MAX);
}

function byRun(a: RecentRun, b: RecentRun): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return (a.epoch ?? -1) - (b.epoch ?? -1);
}

function sampleOf(link: LinkReported): RecentLink {
  const { eventTime, sequence, technology, gateway, payloadBytes, spreadingFactor, dataRate, latencyMs } = link;
  return {
    eventTime,
    sequence: sequence ?? -1,
    technology,
    gateway,
    payloadBytes,
    rssi: thousandths(link.rssi),
    snr: thousandths(link.snr),
    rsrp: thousandths(link.rsrp),
    rsrq: thousandths(link.rsrq),
    sinr: thousandths(link.sinr),
    spreadingFactor,
    dataRate: dataRate === null || !(dataRate > 0 && dataRate <= DATA_RATE_MAX) ? null : Math.round(dataRate),
    latency: latencyMs === null ? null : bucketOf(latencyMs),
    packetsSent: counter(link.packetsSent),
    packetsLost: counter(link.packetsLost),
    bytesUp: counter(link.bytesUp),
    bytesDown: counter(link.bytesDown),
  };
}

function counter(count: number | null): number | null {
  return count === null || Math.abs(count) > COUNTER_MAX ? null : count;
}

/** Null where it is no decibels that a radio measures. */
function thousandths(decibels: number | null): number | null {
  if (decibels === null || !(Math.abs(decibels) <= DECIBELS_MAX)) return null;
  // A zero below zero would be another one than that which is read back.
  return Math.round(decibels * THOUSANDTHS) || 0;
}
