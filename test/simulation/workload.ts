import {
  batteryReported,
  behaviourReported,
  deviceCrashed,
  deviceDescribed,
  deviceLogged,
  deviceRebooted,
  events,
  linkReported,
  sessionEnded,
  sessionStarted,
  telemetryReported,
  twinDesired,
  twinReported,
  verdictGiven,
} from '#schemas';
import {
  type AvroRecord,
  ClockTicked,
  type Envelope,
  envelope,
  EVENTS_TOPIC,
  type EventType,
  IngressReported,
  keyOf,
} from '#sdk';
import { compiled, frame } from '#runtime/avro.ts';
import type { NewRecord } from '#runtime/log/log.ts';
import { partitionOf } from '#runtime/log/partition.ts';
import type { Registry } from '#runtime/registry/registry.ts';
import type { Chance } from './chance.ts';
import { POISONS, poisoned } from './poison.ts';
import { patch } from './patches.ts';

/** What the fleet of one seed does: rates between 0 and 1 unless named otherwise. */
export interface Habits {
  readonly events: number;
  readonly devices: number;
  readonly partitions: number;
  /** Virtual milliseconds from the first event to the last. */
  readonly durationMs: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly lateBursts: number;
  readonly skewedClocks: number;
  readonly resets: number;
  readonly unsequenced: number;
  readonly skipped: number;
  readonly manySources: number;
  readonly poison: number;
  /** Share of all events that one device sends, so that the bounds of a key are met. */
  readonly hot: number;
}

/** Records that arrive together, at that virtual time after the start. */
export interface Arrival {
  readonly afterMs: number;
  readonly records: readonly NewRecord[];
}

/** When every simulated history begins. */
export const START_MS = Date.UTC(2026, 0, 1);

const HOUR_MS = 3_600_000;
const SKEWED = [0, 1, Date.UTC(2106, 1, 7), Date.UTC(2019, 11, 31), START_MS + 10 * 365 * 24 * HOUR_MS];
const SECOND_SOURCES = ['http', 'gateway-1', 'gateway-2'];

interface Device {
  readonly tenant: string;
  readonly device: string;
  readonly key: Buffer;
  readonly partition: number;
  /** Sequence and epoch of each source. */
  readonly counters: Map<string, { epoch: number | null; sequence: number }>;
  /** Until when it stores its events, and what it has stored. */
  offlineMs: number;
}

/** Everything that reaches the topic in one history, in the order of arrival. */
export async function workload(chance: Chance, habits: Habits, registry: Registry): Promise<readonly Arrival[]> {
  const ids = await registered(registry);
  const devices = Array.from({ length: habits.devices }, (_, i) => device(chance, i, habits.partitions));
  const sent: { at: number; records: NewRecord[] }[] = [];
  for (let i = 0; i < habits.events; i++) {
    const at = Math.floor((i / habits.events) * habits.durationMs);
    const from = chance.hit(habits.hot) ? (devices[0] as Device) : chance.pick(devices);
    const record = happening(chance, habits, from, at, ids);
    const delay = chance.hit(habits.reordered) ? chance.int(0, 3_000) : 0;
    sent.push({ at: at + delay, records: [record] });
    while (chance.hit(habits.duplicates)) sent.push({ at: at + chance.int(0, 5_000), records: [record] });
    if (chance.hit(habits.poison)) sent.push({ at, records: [poisoned(chance, chance.pick(POISONS), record, ids)] });
  }
  sent.sort((a, b) => a.at - b.at);
  return batched(chance, sent);
}

/** Ids of the records that may stand on the topic, under full names; older and newer versions have a suffix. */
export type Ids = ReadonlyMap<string, { readonly id: number; readonly record: AvroRecord }>;

export async function registered(registry: Registry): Promise<Ids> {
  const ids = new Map<string, { id: number; record: AvroRecord }>();
  const current = [...events.map(({ record }) => record.avro), ClockTicked.avro, IngressReported.avro];
  for (const record of current) ids.set(record.name, { id: await registry.register(record), record });
  for (const [suffix, record] of [
    ['older', OLDER],
    ['newer', NEWER],
  ] as const) {
    ids.set(`${record.name}:${suffix}`, { id: await registry.register(record), record });
  }
  return ids;
}

const TELEMETRY = telemetryReported.record.avro;
const OLDER: AvroRecord = {
  ...TELEMETRY,
  fields: TELEMETRY.fields.filter(({ name }) => name !== 'region' && name !== 'keyId'),
};
const NEWER: AvroRecord = {
  ...TELEMETRY,
  fields: [
    ...TELEMETRY.fields,
    { name: 'firmware', type: ['null', 'string'], doc: 'Firmware.', dataClass: 'operational', default: null },
  ],
};

function device(chance: Chance, i: number, partitions: number): Device {
  const name = { tenant: chance.pick(['acme', 'globex']), device: `d${i}` };
  const key = Buffer.from(keyOf(name));
  return { ...name, key, partition: partitionOf(key, partitions), counters: new Map(), offlineMs: 0 };
}

function happening(chance: Chance, habits: Habits, from: Device, at: number, ids: Ids): NewRecord {
  const [type, payload, version] = said(chance);
  const name = type.record.avro.name;
  const { id, record } = ids.get(version === '' ? name : `${name}:${version}`) as { id: number; record: AvroRecord };
  const head = heading(chance, habits, from, START_MS + at, JSON.stringify(payload));
  const value = frame(compiled(record), id, { ...head, ...payload });
  return { topic: EVENTS_TOPIC, partition: from.partition, key: from.key, value, timestamp: head.receivedAt };
}

function heading(chance: Chance, habits: Habits, from: Device, receivedAt: number, payload: string): Envelope {
  const { tenant, device } = from;
  const source = chance.hit(habits.manySources)
    ? `relay-${chance.int(0, 24)}`
    : chance.hit(0.15)
      ? chance.pick(SECOND_SOURCES)
      : 'mqtt';
  const unsequenced = chance.hit(habits.unsequenced);
  const { epoch, sequence } = unsequenced ? { epoch: null, sequence: null } : counted(chance, habits, from, source);
  return envelope({
    tenant,
    device,
    deviceTime: deviceTime(chance, habits, from, receivedAt),
    receivedAt,
    source,
    sourceAddress: chance.hit(0.2) ? '192.0.2.1' : null,
    region: chance.hit(0.2) ? 'eu' : null,
    epoch,
    sequence,
    historical: chance.hit(0.05),
    correlationId: chance.hit(0.1) ? 'request-1' : null,
    payload,
    payloadBytes: payload.length,
  });
}

function counted(chance: Chance, habits: Habits, from: Device, source: string) {
  const known = from.counters.get(source);
  if (known === undefined || chance.hit(habits.resets)) {
    const epoch = known === undefined ? chance.pick([null, 0, 1]) : next(chance, known.epoch);
    const counter = { epoch, sequence: chance.int(0, 2) };
    from.counters.set(source, counter);
    return { ...counter };
  }
  known.sequence += chance.hit(habits.skipped) ? chance.int(2, 5) : 1;
  // A device that restores a backup goes on from an earlier number, or from an earlier run.
  if (chance.hit(0.02)) return { epoch: known.epoch, sequence: Math.max(0, known.sequence - chance.int(1, 200)) };
  if (chance.hit(0.01))
    return { epoch: known.epoch === null ? null : Math.max(0, known.epoch - 5), sequence: known.sequence };
  return { ...known };
}

function next(chance: Chance, epoch: number | null): number | null {
  if (epoch === null) return chance.hit(0.5) ? null : 1;
  return epoch + chance.int(1, 2);
}

function deviceTime(chance: Chance, habits: Habits, from: Device, receivedAt: number): number | null {
  if (chance.hit(0.1)) return null;
  if (chance.hit(habits.skewedClocks)) {
    const atHorizon = receivedAt - chance.pick([1, 7, 30]) * 24 * HOUR_MS + chance.int(-2_000, 6_000);
    return chance.pick([...SKEWED, receivedAt + 4 * 60_000, atHorizon, atHorizon, atHorizon]);
  }
  if (from.offlineMs === 0 && chance.hit(habits.lateBursts)) from.offlineMs = chance.int(1, 40 * 24) * HOUR_MS;
  else if (chance.hit(0.2)) from.offlineMs = 0;
  // Coarse times, so that many events share one and the order of ties is tried.
  return Math.floor((receivedAt - from.offlineMs) / 500) * 500;
}

// oxlint-disable-next-line typescript/no-explicit-any -- Event types are invariant in their value.
function said(chance: Chance): readonly [EventType<any>, object, '' | 'older' | 'newer'] {
  const kind = chance.int(0, 99);
  if (kind < 40) {
    const metrics = Object.fromEntries(
      ['temperatureC', 'volts', 'é'].filter(() => chance.hit(0.6)).map((name) => [name, chance.int(-500, 500) / 8]),
    );
    const labels: Record<string, string> = chance.hit(0.3) ? { site: chance.pick(['north', 'süd']) } : {};
    const version = chance.pick(['', '', '', '', '', '', 'older', 'newer'] as const);
    return [telemetryReported, { metrics, labels, ...(version === 'newer' && { firmware: '1.2.3' }) }, version];
  }
  if (kind < 50) return [linkReported, link(chance), ''];
  if (kind < 55) return [sessionStarted, { sessionId: `s${chance.int(0, 9)}`, reason: null }, ''];
  if (kind < 60)
    return [sessionEnded, { sessionId: `s${chance.int(0, 9)}`, reason: chance.pick([null, 'CONNECTION_LOST']) }, ''];
  if (kind < 64) return ofItself(chance);
  const expectedVersion = chance.hit(0.15) ? chance.int(0, 8) : null;
  if (kind < 83) {
    const rejected: Record<string, string> = chance.hit(0.1)
      ? { [chance.pick(['/a', '/b/c', '/x'])]: 'unsupported' }
      : {};
    return [twinReported, { patch: patch(chance), expectedVersion, rejected }, ''];
  }
  return [twinDesired, { patch: patch(chance), expectedVersion, actor: chance.pick([null, 'ada']) }, ''];
}

/** What a device says of itself now and then, and what is said of it. */
// oxlint-disable-next-line typescript/no-explicit-any -- Event types are invariant in their value.
function ofItself(chance: Chance): readonly [EventType<any>, object, ''] {
  const firmware = chance.pick(['1.0', '1.1', null]);
  switch (chance.int(0, 6)) {
    case 0:
      return [deviceDescribed, { ...nothingOf(deviceDescribed), model: 'm1', firmware }, ''];
    case 1:
      return [deviceRebooted, { cause: chance.pick(['POWER', 'CRASH']), expected: false, firmware, uptimeMs: 7 }, ''];
    case 2:
      return [deviceCrashed, { code: 'SIGSEGV', reason: null, firmware, uptimeMs: null }, ''];
    case 3:
      return [deviceLogged, { level: 'WARN', logger: null, message: 'low', attributes: { a: 'b' } }, ''];
    case 4:
      return [batteryReported, { ...nothingOf(batteryReported), level: chance.int(0, 100) }, ''];
    case 5: {
      const custom = { numbers: { a: 1 }, numberLists: {}, stringLists: {}, ipLists: {} };
      return [behaviourReported, { ...nothingOf(behaviourReported), ...custom, listeningTcpPorts: [22, 443] }, ''];
    }
    default:
      return [verdictGiven, { finding: 'f', verdict: 'FALSE_POSITIVE', comment: null, actor: 'ada' }, ''];
  }
}

/** The record's own fields that may be null, as null. */
// oxlint-disable-next-line typescript/no-explicit-any -- Event types are invariant in their value.
function nothingOf({ record }: EventType<any>): Readonly<Record<string, null>> {
  const own = record.avro.fields.filter(({ name, default: value }) => value === null && !ENVELOPE_NULLABLE.has(name));
  return Object.fromEntries(own.map(({ name }) => [name, null]));
}

function link(chance: Chance): object {
  return {
    ...nothingOf(linkReported),
    technology: chance.pick(['WIFI', 'LTE_M', 'LORAWAN']),
    rssi: -chance.int(40, 120),
    packetsSent: chance.int(0, 1e6),
  };
}

const ENVELOPE_NULLABLE = new Set([
  'deviceTime',
  'sourceAddress',
  'region',
  'epoch',
  'sequence',
  'correlationId',
  'keyId',
]);

/** Connectors write what came together at once. */
function batched(chance: Chance, sent: readonly { at: number; records: NewRecord[] }[]): Arrival[] {
  const arrivals: Arrival[] = [];
  for (let i = 0; i < sent.length; ) {
    const size = chance.hit(0.5) ? chance.int(1, 4) : chance.int(5, 60);
    const part = sent.slice(i, i + size);
    arrivals.push({ afterMs: part.at(-1)?.at ?? 0, records: part.flatMap(({ records }) => records) });
    i += size;
  }
  return arrivals;
}
