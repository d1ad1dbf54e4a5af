import type { Envelope } from '#sdk';
import type {
  BehaviourReported,
  DetectBucket,
  DetectDescription,
  DetectFact,
  DetectReport,
  DetectSession,
  DeviceDescribed,
  SessionEnded,
  SessionStarted,
} from '#schemas';

/** What may be counted of a device. */
export type Kind = 'message' | 'delivery' | 'refusal' | 'attempt' | 'started' | 'ended' | 'address';

/** Members of one kind, reports, and begins and ends of sessions of one part; the least of them are kept. */
export const MEMBERS_MAX = 64;
export const REPORTS_MAX = 8;
export const SESSIONS_MAX = 64;

/** Items of a list of a report that are kept, and UTF-16 units of a text. */
export const ITEMS_MAX = 256;
const TEXT_LENGTH_MAX = 256;

/** Ids of events that are kept as evidence of one fact. */
const EVENTS_MAX = 4;

export const EMPTY: DetectBucket = { facts: [], reports: [], sessions: [], descriptions: [] };

// Everything here comes to the same in any order: sums, extremes, and the least of a set.

/** Counts something that happened; of messages the bytes too. */
export function counted(bucket: DetectBucket, kind: Kind, member: string, event: Envelope): DetectBucket {
  const { eventId, payloadBytes } = event;
  const [low, high] = [payloadBytes, payloadBytes];
  const one = {
    kind,
    member,
    count: 1,
    low,
    lowEvent: eventId,
    high,
    highEvent: eventId,
    bytes: payloadBytes,
    events: [eventId],
  };
  const known = bucket.facts.find((fact) => fact.kind === kind && fact.member === member);
  const others = bucket.facts.filter((fact) => fact !== known);
  const facts = [...others, known === undefined ? one : sum(known, one)].sort(byMember);
  if (known !== undefined || facts.filter((fact) => fact.kind === kind).length <= MEMBERS_MAX)
    return { ...bucket, facts };
  const last = facts.findLast((fact) => fact.kind === kind);
  return { ...bucket, facts: facts.filter((fact) => fact !== last) };
}

/** Takes what a report says of metrics that are asked for; the first items of its lists, and the begin of its texts. */
export function reported(bucket: DetectBucket, event: BehaviourReported, asked: ReadonlySet<string>): DetectBucket {
  const { eventId, eventTime: time, reportId, bytesIn, bytesOut, packetsIn, packetsOut, connectionCount } = event;
  const { listeningTcpPortCount, listeningUdpPortCount, numbers } = event;
  const traffic = { bytesIn, bytesOut, packetsIn, packetsOut };
  const counts = {
    connectionCount: connectionCount ?? event.remoteAddresses?.length ?? null,
    listeningTcpPortCount: listeningTcpPortCount ?? event.listeningTcpPorts?.length ?? null,
    listeningUdpPortCount: listeningUdpPortCount ?? event.listeningUdpPorts?.length ?? null,
  };
  const lists = {
    listeningTcpPorts: asked.has('aws:listening-tcp-ports') ? cut(event.listeningTcpPorts) : null,
    listeningUdpPorts: asked.has('aws:listening-udp-ports') ? cut(event.listeningUdpPorts) : null,
    remoteAddresses: asked.has('aws:destination-ip-addresses') ? cut(event.remoteAddresses) : null,
  };
  const own = {
    numbers: only(numbers, asked, (value) => value),
    numberLists: only(event.numberLists, asked, (list) => list.slice(0, ITEMS_MAX)),
    stringLists: only(event.stringLists, asked, (list) => cut(list) ?? []),
    ipLists: only(event.ipLists, asked, (list) => cut(list) ?? []),
  };
  const report: DetectReport = { eventId, time, reportId, ...traffic, ...counts, ...lists, ...own };
  return { ...bucket, reports: [...bucket.reports, report].sort(byTime).slice(0, REPORTS_MAX) };
}

function cut<T extends number | string>(list: readonly T[] | null): readonly T[] | null {
  const begin = (item: T) => (typeof item === 'string' ? (item.slice(0, TEXT_LENGTH_MAX) as T) : item);
  return list === null ? null : list.slice(0, ITEMS_MAX).map(begin);
}

function only<T>(
  of: Readonly<Record<string, T>>,
  asked: ReadonlySet<string>,
  taken: (value: T) => T,
): Readonly<Record<string, T>> {
  const names = Object.keys(of).filter((name) => asked.has(name));
  return Object.fromEntries(names.map((name) => [name, taken(of[name] as T)]));
}

/** Takes the begin or the end of a session. */
export function sessionChanged(
  bucket: DetectBucket,
  phase: 'STARTED' | 'ENDED',
  { eventTime: time, sessionId }: SessionStarted | SessionEnded,
): DetectBucket {
  const sessions = [...bucket.sessions, { time, phase, sessionId }].sort(bySession);
  return { ...bucket, sessions: sessions.slice(0, SESSIONS_MAX) };
}

/** Takes what a device says that it is, where it is the newest. */
export function described(bucket: DetectBucket, event: DeviceDescribed): DetectBucket {
  const { eventId, eventTime: time, model, hardware, firmware, lot, site } = event;
  const said: DetectDescription = { eventId, time, model, hardware, firmware, lot, site };
  return { ...bucket, descriptions: [...bucket.descriptions, said].sort(byTime).slice(-1) };
}

function sum(known: DetectFact, one: DetectFact): DetectFact {
  const [lower] = [known, one].sort((a, b) => a.low - b.low || compare(a.lowEvent, b.lowEvent));
  const [higher] = [known, one].sort((a, b) => b.high - a.high || compare(a.highEvent, b.highEvent));
  const { low, lowEvent } = lower as DetectFact;
  const { high, highEvent } = higher as DetectFact;
  const events = [...known.events, ...one.events].sort(compare).slice(0, EVENTS_MAX);
  return {
    ...known,
    count: known.count + one.count,
    bytes: known.bytes + one.bytes,
    low,
    lowEvent,
    high,
    highEvent,
    events,
  };
}

function byMember(a: DetectFact, b: DetectFact): number {
  return compare(a.kind, b.kind) || compare(a.member, b.member);
}

type Timed = { readonly time: number; readonly eventId: string };

function byTime(a: Timed, b: Timed): number {
  return a.time - b.time || compare(a.eventId, b.eventId);
}

function bySession(a: DetectSession, b: DetectSession): number {
  return a.time - b.time || compare(a.phase, b.phase) || compare(a.sessionId, b.sessionId);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
