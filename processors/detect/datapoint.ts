import { type Behaviour, type DetectFact, type DetectReport, hostOf, kindOf } from '#schemas';
import type { Period } from './period.ts';
import { isOfTopics } from './topics.ts';
import { BUCKET_MS } from './time.ts';

/** A number that was measured, and events that show it. */
export interface Measured {
  readonly value: number;
  readonly events: readonly string[];
}

/** A member of a list that was seen, and events that show it. */
export interface Seen {
  readonly member: string;
  readonly events: readonly string[];
}

/** What a metric was in a window. */
export type Datapoint =
  | { readonly kind: 'numbers'; readonly measured: readonly Measured[] }
  | { readonly kind: 'members'; readonly seen: readonly Seen[] };

/** What a metric was in a window; null where nothing was measured. */
export function datapointOf(
  behaviour: Behaviour,
  window: readonly Period[],
  { tenant, device }: { readonly tenant: string; readonly device: string },
): Datapoint | null {
  const { metric } = behaviour;
  const root = `fleetstream/v1/${tenant}/${device}/`;
  if (CLOUD[metric] !== undefined) return CLOUD[metric](window, behaviour, root);
  const reports = window.flatMap((period) => period.reports);
  const kind = kindOf(behaviour);
  if (kind === 'sum') return total(reports, SUMS[metric] as Field);
  if (kind === 'number') return each(reports, COUNTS[metric] ?? ((report) => report.numbers[metric] ?? null));
  return members(reports, LISTS[metric] ?? customList(kind, metric));
}

type Field = (report: DetectReport) => number | null;
type List = (report: DetectReport) => readonly (number | string)[] | null;

const SUMS: Readonly<Record<string, Field>> = {
  'aws:all-bytes-in': ({ bytesIn }) => bytesIn,
  'aws:all-bytes-out': ({ bytesOut }) => bytesOut,
  'aws:all-packets-in': ({ packetsIn }) => packetsIn,
  'aws:all-packets-out': ({ packetsOut }) => packetsOut,
};

const COUNTS: Readonly<Record<string, Field>> = {
  'aws:num-listening-tcp-ports': (of) => of.listeningTcpPortCount ?? of.listeningTcpPorts?.length ?? null,
  'aws:num-listening-udp-ports': (of) => of.listeningUdpPortCount ?? of.listeningUdpPorts?.length ?? null,
  'aws:num-established-tcp-connections': (of) => of.connectionCount ?? of.remoteAddresses?.length ?? null,
};

const LISTS: Readonly<Record<string, List>> = {
  'aws:destination-ip-addresses': ({ remoteAddresses }) => remoteAddresses?.map(hostOf) ?? null,
  'aws:listening-tcp-ports': ({ listeningTcpPorts }) => listeningTcpPorts,
  'aws:listening-udp-ports': ({ listeningUdpPorts }) => listeningUdpPorts,
};

function customList(kind: 'addresses' | 'ports' | 'numbers' | 'strings', metric: string): List {
  if (kind === 'addresses') return ({ ipLists }) => ipLists[metric]?.map(hostOf) ?? null;
  return kind === 'numbers'
    ? ({ numberLists }) => numberLists[metric] ?? null
    : ({ stringLists }) => stringLists[metric] ?? null;
}

type Cloud = (window: readonly Period[], behaviour: Behaviour, root: string) => Datapoint | null;

/** Metrics that follow from what came by way of the broker, not from what the device says of itself. */
const CLOUD: Readonly<Record<string, Cloud>> = {
  'aws:num-messages-sent': countedOf('message'),
  'aws:num-messages-received': countedOf('delivery'),
  'aws:num-authorization-failures': countedOf('refusal'),
  'aws:num-disconnects': countedOf('ended'),
  'aws:message-byte-size': (window, behaviour, root) => {
    const facts = factsOf(window, 'message', behaviour, root);
    // A percentile is of the bytes of all messages together, a number is compared to each message.
    if (behaviour.statistic !== null && facts.length > 0) return numbers(bytesIn(facts), facts);
    const measured = facts.flatMap(({ low, lowEvent, high, highEvent }) => [
      { value: low, events: [lowEvent] },
      { value: high, events: [highEvent] },
    ]);
    return facts.length === 0 ? null : { kind: 'numbers', measured };
  },
  'aws:source-ip-address': (window, behaviour, root) => {
    const facts = factsOf(window, 'address', behaviour, root);
    const seen = facts.map(({ member, events }) => ({ member, events }));
    return facts.length === 0 ? null : { kind: 'members', seen };
  },
  'aws:num-connection-attempts': (window, behaviour, root) => {
    if (!isHeard(window)) return null;
    const attempts = factsOf(window, 'attempt', behaviour, root);
    const started = factsOf(window, 'started', behaviour, root);
    const accepted = attempts.filter(({ member }) => member === 'ACCEPTED');
    // An accepted attempt and the session that it begins are one, whether the broker tells one of them or both.
    const value = countIn(attempts) - countIn(accepted) + Math.max(countIn(accepted), countIn(started));
    return numbers(value, [...attempts, ...started]);
  },
  'aws:disconnect-duration': (window) => {
    const last = window.at(-1);
    if (last === undefined) return null;
    const { disconnectedAt, sessionId } = last.after;
    if (disconnectedAt === null) return sessionId === null ? null : numbers(0, []);
    return numbers((last.start + BUCKET_MS - disconnectedAt) / 60_000, []);
  },
};

function countedOf(kind: string): Cloud {
  return (window, behaviour, root) => {
    if (!isHeard(window)) return null;
    const facts = factsOf(window, kind, behaviour, root);
    return numbers(countIn(facts), facts);
  };
}

/** Silence is no behaviour: where nothing at all was heard, nothing was measured. */
function isHeard(window: readonly Period[]): boolean {
  return window.some(({ bucket }) => bucket.facts.length > 0);
}

function factsOf(
  window: readonly Period[],
  kind: string,
  { topicOperator, topicFilters }: Behaviour,
  root: string,
): readonly DetectFact[] {
  const facts = window.flatMap(({ bucket }) => bucket.facts.filter((fact) => fact.kind === kind));
  if (topicOperator === null) return facts;
  return facts.filter(({ member }) => isOfTopics(`${root}${member}`, topicFilters) === (topicOperator === 'IN'));
}

function countIn(facts: readonly DetectFact[]): number {
  return facts.reduce((sum, { count }) => sum + count, 0);
}

function bytesIn(facts: readonly DetectFact[]): number {
  return facts.reduce((sum, { bytes }) => sum + bytes, 0);
}

function numbers(value: number, facts: readonly DetectFact[]): Datapoint {
  return { kind: 'numbers', measured: [{ value, events: facts.flatMap(({ events }) => events) }] };
}

function total(reports: readonly DetectReport[], field: Field): Datapoint | null {
  const said = reports.filter((report) => field(report) !== null);
  if (said.length === 0) return null;
  const value = said.reduce((sum, report) => sum + (field(report) ?? 0), 0);
  return { kind: 'numbers', measured: [{ value, events: said.map(({ eventId }) => eventId) }] };
}

function each(reports: readonly DetectReport[], field: Field): Datapoint | null {
  const measured = reports.flatMap((report) => {
    const value = field(report);
    return value === null ? [] : [{ value, events: [report.eventId] }];
  });
  return measured.length === 0 ? null : { kind: 'numbers', measured };
}

/** A list that is empty was measured all the same, and has nothing that is not normal. */
function members(reports: readonly DetectReport[], list: List): Datapoint | null {
  const lists = reports.flatMap((report) => {
    const said = list(report);
    return said === null ? [] : [said.map((each) => ({ member: String(each), events: [report.eventId] }))];
  });
  return lists.length === 0 ? null : { kind: 'members', seen: lists.flat() };
}
