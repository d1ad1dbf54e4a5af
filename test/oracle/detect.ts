/**
 * Security profiles of AWS IoT Device Defender Detect as one plain pass over all that a device did, known at once: no
 * log time but its end, no revisions, no state. It is told each event once, in order of time.
 */
import { BlockList } from 'node:net';

/** What is normal of a metric; numbers are compared to a threshold or a percentile, lists to a set. */
export interface Behaviour {
  readonly name: string;
  readonly metric: string;
  readonly operator: string;
  readonly threshold: number | null;
  readonly statistic: string | null;
  readonly set: readonly (string | number)[];
  readonly durationSeconds: number | null;
  readonly datapointsToAlarm: number;
  readonly datapointsToClear: number;
}

/** What is heard of a device. */
export interface Heard {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly kind: 'message' | 'report' | 'delivery' | 'refusal' | 'attempt' | 'refused' | 'started' | 'ended';
  readonly bytes: number;
  readonly report?: Report;
}

export interface Report {
  readonly reportId: number | null;
  /** By metric, those that are told alone. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly lists: Readonly<Record<string, readonly (string | number)[]>>;
}

/** An alarm, and how it ended. */
export interface Finding {
  /** End of the window that begins it, ms. */
  readonly at: number;
  readonly value: number | null;
  readonly members: readonly string[];
  readonly end: { readonly at: number; readonly reason: 'CRITERIA' | 'NO_DATA' } | null;
}

const FIVE_MINUTES = 300_000;
const QUIET_MS = 900_000;

type Datapoint = { readonly numbers: readonly number[] } | { readonly members: readonly string[] };

/** The alarms of one device until a time up to which all windows are judged. */
export function findingsOf(behaviour: Behaviour, heard: readonly Heard[], closedTo: number): readonly Finding[] {
  const length = (behaviour.durationSeconds ?? 300) * 1000;
  const counted = countedReports(heard);
  const first = Math.floor((heard[0]?.time ?? closedTo) / length) * length;
  const course = new Course(behaviour);
  for (let end = first + length; end <= closedTo; end += length) {
    const datapoint = datapointIn(behaviour.metric, [end - length, end], heard, counted);
    if (datapoint === null) course.quiet(end, length);
    else course.measured(end, judged(behaviour, datapoint, behaviour.threshold));
  }
  return course.findings;
}

/** The alarms of all devices of a profile, each compared with all that measured something in the same window. */
export function outliersOf(
  behaviour: Behaviour,
  devices: ReadonlyMap<string, readonly Heard[]>,
  closedTo: number,
): ReadonlyMap<string, readonly Finding[]> {
  const length = (behaviour.durationSeconds ?? 300) * 1000;
  const all = [...devices].map(([device, heard]) => {
    return { device, heard, counted: countedReports(heard), course: new Course(behaviour), measuredTo: 0 };
  });
  const times = all.flatMap(({ heard }) => heard.map(({ time }) => time));
  const first = Math.floor(Math.min(closedTo, ...times) / length) * length;
  for (let end = first + length; end <= closedTo; end += length) {
    const measured = all.flatMap((each) => {
      const datapoint = datapointIn(behaviour.metric, [end - length, end], each.heard, each.counted, true);
      return datapoint === null || !('numbers' in datapoint) ? [] : [{ each, datapoint }];
    });
    const values = measured.map(({ datapoint }) => worstOf(behaviour, datapoint.numbers)).sort((a, b) => a - b);
    const limit = values[rankOf(behaviour.statistic ?? 'p50', values.length) - 1] ?? 0;
    for (const { each, datapoint } of measured) {
      each.course.measured(end, judged(behaviour, datapoint, limit));
      each.measuredTo = end;
    }
    for (const { course, measuredTo } of all) {
      const silentAt = measuredTo + Math.ceil(QUIET_MS / length) * length;
      if (measuredTo > 0 && silentAt <= end) course.clear(silentAt, 'NO_DATA');
    }
  }
  for (const { course, measuredTo } of all) {
    const silentAt = measuredTo + Math.ceil(QUIET_MS / length) * length;
    if (measuredTo > 0 && silentAt <= closedTo) course.clear(silentAt, 'NO_DATA');
  }
  return new Map(all.map(({ device, course }) => [device, course.findings]));
}

interface Judgement {
  readonly violates: boolean;
  readonly value: number | null;
  readonly members: readonly string[];
}

/** Windows in a row. */
class Course {
  readonly findings: Finding[] = [];
  readonly #behaviour: Behaviour;
  #violating = 0;
  #conforming = 0;
  #quietMs = 0;

  constructor(behaviour: Behaviour) {
    this.#behaviour = behaviour;
  }

  get #isOn(): boolean {
    return this.findings.at(-1)?.end === null;
  }

  measured(at: number, { violates, value, members }: Judgement): void {
    const { datapointsToAlarm, datapointsToClear } = this.#behaviour;
    this.#quietMs = 0;
    this.#violating = violates ? this.#violating + 1 : 0;
    this.#conforming = violates ? 0 : this.#conforming + 1;
    if (!this.#isOn && this.#violating >= datapointsToAlarm) {
      this.findings.push({ at, value, members, end: null });
      this.#conforming = 0;
    } else if (this.#isOn && this.#conforming >= datapointsToClear) this.clear(at, 'CRITERIA');
  }

  quiet(at: number, length: number): void {
    if (!this.#isOn && this.#violating === 0) return;
    this.#quietMs += length;
    if (this.#quietMs >= QUIET_MS) this.clear(at, 'NO_DATA');
  }

  clear(at: number, reason: 'CRITERIA' | 'NO_DATA'): void {
    const last = this.findings.at(-1);
    if (last?.end === null) this.findings[this.findings.length - 1] = { ...last, end: { at, reason } };
    this.#violating = 0;
    this.#conforming = 0;
    this.#quietMs = 0;
  }
}

/** Reports that count: at least five minutes after the one before that does, and not of its number. */
function countedReports(heard: readonly Heard[]): readonly (readonly [time: number, report: Report])[] {
  const counted: (readonly [number, Report])[] = [];
  for (const { time, report } of heard) {
    if (report === undefined) continue;
    const [before = -Infinity, last] = counted.at(-1) ?? [];
    const isAgain = report.reportId !== null && report.reportId === last?.reportId;
    if (time >= before + FIVE_MINUTES && !isAgain) counted.push([time, report]);
  }
  return counted;
}

function datapointIn(
  metric: string,
  [from, to]: readonly [number, number],
  heard: readonly Heard[],
  counted: ReturnType<typeof countedReports>,
  isSumOfBytes = false,
): Datapoint | null {
  if (metric === 'aws:disconnect-duration') return disconnectedFor(heard, to);
  const within = heard.filter(({ time }) => time >= from && time < to);
  const count = (...kinds: Heard['kind'][]) => within.filter(({ kind }) => kinds.includes(kind)).length;
  const counts: Readonly<Record<string, () => number>> = {
    'aws:num-messages-sent': () => count('message', 'report'),
    'aws:num-messages-received': () => count('delivery'),
    'aws:num-authorization-failures': () => count('refusal'),
    'aws:num-disconnects': () => count('ended'),
    'aws:num-connection-attempts': () => count('refused') + Math.max(count('attempt'), count('started')),
  };
  const counting = counts[metric];
  if (counting !== undefined) return within.length === 0 ? null : { numbers: [counting()] };
  if (metric === 'aws:message-byte-size') {
    const bytes = within.filter(({ kind }) => kind === 'message' || kind === 'report').map((each) => each.bytes);
    if (bytes.length === 0) return null;
    return { numbers: isSumOfBytes ? [bytes.reduce((sum, each) => sum + each, 0)] : bytes };
  }
  const reports = counted.flatMap(([time, report]) => (time >= from && time < to ? [report] : []));
  const lists = reports.flatMap((report) => {
    const list = report.lists[metric];
    return list === undefined ? [] : [list];
  });
  if (lists.length > 0) return { members: lists.flat().map(String) };
  const numbers = reports.flatMap((report) => {
    const number = report.numbers[metric];
    return number === undefined ? [] : [number];
  });
  if (numbers.length === 0) return null;
  return { numbers: metric.startsWith('aws:all-') ? [numbers.reduce((sum, each) => sum + each, 0)] : numbers };
}

/** Minutes since the newest session ended, if none has begun since. */
function disconnectedFor(heard: readonly Heard[], to: number): Datapoint | null {
  const last = heard.filter(({ time, kind }) => time < to && (kind === 'started' || kind === 'ended')).at(-1);
  if (last === undefined) return null;
  return { numbers: [last.kind === 'started' ? 0 : (to - last.time) / 60_000] };
}

function judged(behaviour: Behaviour, datapoint: Datapoint, limit: number | null): Judgement {
  if ('numbers' in datapoint) {
    const value = worstOf(behaviour, datapoint.numbers);
    return { violates: !isNormal(behaviour.operator, value, limit ?? NaN), value, members: [] };
  }
  const strange = datapoint.members.filter((member) => !isUsual(behaviour, member));
  return { violates: strange.length > 0, value: null, members: [...new Set(strange)].sort() };
}

function worstOf({ operator }: Behaviour, numbers: readonly number[]): number {
  return operator.startsWith('less') ? Math.max(...numbers) : Math.min(...numbers);
}

function isNormal(operator: string, value: number, limit: number): boolean {
  if (operator === 'less-than') return value < limit;
  if (operator === 'less-than-equals') return value <= limit;
  return operator === 'greater-than' ? value > limit : value >= limit;
}

function isUsual({ operator, set }: Behaviour, member: string): boolean {
  const isWanted = !operator.startsWith('not-');
  if (!operator.endsWith('cidr-set')) return set.map(String).includes(member) === isWanted;
  const blocks = new BlockList();
  for (const cidr of set.map(String)) {
    const [address = '', bits = ''] = cidr.split('/');
    blocks.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return blocks.check(member, member.includes(':') ? 'ipv6' : 'ipv4') === isWanted;
}

/** Nearest rank, from 1. */
function rankOf(statistic: string, count: number): number {
  return Math.max(1, Math.ceil(Number((Number(statistic.slice(1)) * count).toFixed(6)) / 100));
}
