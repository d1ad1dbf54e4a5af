import { type Envelope, EVENTS_TOPIC, type EventType, envelope, keyOf } from '#sdk';
import { events, linkReported, sessionStarted, Telemetry, telemetryReported, topics, twinReported } from '#schemas';
import { avroType, frame, FRAME_BYTES } from '#runtime/avro.ts';
import type { NewRecord } from '#runtime/log/log.ts';
import { partitionOf } from '#runtime/log/partition.ts';
import type { Registry } from '#runtime/registry/registry.ts';

/** What a benchmark's fleet sends: of 100 events 70 telemetry, 15 link, 14 twin reports, 1 session. */
export const MIX = 'telemetry 70 %, links 15 %, twin reports 14 %, sessions 1 %';

/** Devices of the benchmark's fleet. */
export const DEVICES = 10_000;

/** Event time of the first event; later ones follow each other by a millisecond. Hours ago, so that none is late or from the future. */
export const START_MS = Date.now() - 4 * 3_600_000;

/** The body of the i-th event, as JSON members; a function of i alone. */
export function bodyOf(i: number): {
  readonly type: EventType<Envelope>;
  readonly body: Readonly<Record<string, unknown>>;
} {
  // The second term lets every device send every kind.
  const kind = (i * 37 + Math.floor(i / 9_973) * 13) % 100;
  if (kind < 70) {
    const metrics = { batteryV: 3 + (i % 64) / 64, humidityPct: (i * 7) % 100, temperatureC: 15 + (i % 160) / 16 };
    return { type: telemetryReported, body: { metrics, labels: {} } };
  }
  if (kind < 85) {
    const body = {
      technology: 'LORAWAN',
      gateway: `gw-${i % 50}`,
      rssi: -60 - (i % 60),
      snr: (i % 40) / 4 - 5,
      spreadingFactor: 7 + (i % 6),
    };
    return { type: linkReported, body };
  }
  if (kind < 99) {
    const patch = { battery: { level: i % 100, charging: i % 2 === 0 }, radio: { txPower: i % 16 }, uptimeS: i };
    return { type: twinReported, body: { patch } };
  }
  return { type: sessionStarted, body: { sessionId: `s-${i}` } };
}

/** Device of the i-th event. A prime stride spreads a device's kinds. */
export function deviceOf(i: number, devices: number): string {
  return `dev-${(i * 7919) % devices}`;
}

/** Records of `fleet.events` from the i-th event to before the n-th, so many ms apart, as the ingress would write them. */
export async function* records(
  registry: Registry,
  from: number,
  to: number,
  devices: number,
  partitions: number,
  stepMs = 1,
): AsyncIterable<NewRecord[]> {
  const types = new Map<EventType<Envelope>, { readonly id: number; readonly type: ReturnType<typeof avroType> }>();
  for (const type of events)
    types.set(type, { id: await registry.register(type.record.avro), type: avroType(type.record.avro) });
  const sequences = new Map<string, number>();
  for (let start = from; start < to; start += BATCH) {
    const batch: NewRecord[] = [];
    const slab = Buffer.allocUnsafe(BATCH * 512);
    let used = 0;
    for (let i = start; i < Math.min(start + BATCH, to); i++) {
      const device = deviceOf(i, devices);
      const sequence = sequences.get(device) ?? 0;
      sequences.set(device, sequence + 1);
      const { type, body } = bodyOf(i);
      const known = types.get(type) as NonNullable<ReturnType<typeof types.get>>;
      const value = { ...DEFAULTS, ...body, ...sealed(device, i * stepMs, sequence) };
      if ('patch' in body) Object.assign(value, { patch: JSON.stringify(body['patch']) });
      const end = known.type.encode(value, slab, used + FRAME_BYTES);
      slab[used] = 0;
      slab.writeUInt32BE(known.id, used + 1);
      const key = Buffer.from(keyOf(value));
      const partition = partitionOf(key, partitions);
      batch.push({ topic: EVENTS_TOPIC, partition, key, value: slab.subarray(used, end), timestamp: value.receivedAt });
      used = end;
    }
    yield batch;
  }
}

const BATCH = 5_000;

/** Fields that a body may leave out. */
const DEFAULTS = {
  ...Object.fromEntries(
    linkReported.record.avro.fields.filter(({ default: value }) => value === null).map(({ name }) => [name, null]),
  ),
  rejected: {},
  expectedVersion: null,
  reason: null,
};

function sealed(device: string, i: number, sequence: number): Envelope {
  const time = START_MS + i;
  const observed = {
    tenant: 'bench',
    device,
    deviceTime: time,
    receivedAt: time + 40,
    source: 'http',
    sourceAddress: '127.0.0.1',
  };
  return envelope({
    ...observed,
    region: null,
    epoch: 1,
    sequence,
    historical: false,
    correlationId: null,
    payload: '',
    payloadBytes: 120,
  });
}

/** Rows of `telemetry`, as the ledger would write them of every event being a measurement. */
export async function* telemetryRecords(
  registry: Registry,
  rows: number,
  partitions: number,
): AsyncIterable<NewRecord[]> {
  const id = await registry.register(Telemetry.avro);
  const type = avroType(Telemetry.avro);
  for (let start = 0; start < rows; start += BATCH) {
    const batch: NewRecord[] = [];
    for (let i = start; i < Math.min(start + BATCH, rows); i++) {
      const event = sealed(deviceOf(i, DEVICES), i, Math.floor(i / DEVICES) + 1);
      const key = Buffer.from(keyOf(event));
      const partition = partitionOf(key, partitions);
      const metrics = { batteryV: 3 + (i % 64) / 64, humidityPct: (i * 7) % 100, temperatureC: 15 + (i % 160) / 16 };
      const cause = { causeTopic: EVENTS_TOPIC, causePartition: partition, causeOffset: i, causePath: 'ledger/1/0' };
      const value = frame(type, id, { ...event, metrics, labels: {}, ...cause, logTime: event.receivedAt });
      batch.push({ topic: topics.telemetry.name, partition, key, value, timestamp: event.receivedAt });
    }
    yield batch;
  }
}
