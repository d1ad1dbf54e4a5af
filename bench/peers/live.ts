import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EVENTS_TOPIC, keyOf } from '#sdk';
import { asBuffer, avroType, FRAME_BYTES, frame } from '#runtime/avro.ts';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import type { Log } from '#runtime/log/log.ts';
import { partitionOf } from '#runtime/log/partition.ts';
import { quantile } from '../figures.ts';
import { PARTITIONS } from './job.ts';
import { type Place, startOurs, stopOurs } from './ours.ts';
import { Sample, twins, type TwinUpdated } from './records.ts';
import { startStreams } from './theirs.ts';
import { deleteTopics, makeTopics } from './topics.ts';

const RATE = 10_000;
const SLICE_MS = 10;
/** The first half warms up. */
const WARM_MS = 15_000;
const LOAD_MS = 30_000;

/** From the append of an event to its twin's change in the hands of a reader of committed records, J4 at a set load. */
export async function delays(place: Place, who: 'Kafka Streams' | 'fleetstream') {
  const app = `peers-live-${who === 'fleetstream' ? 'ours' : 'theirs'}`;
  mkdirSync(join(place.data, app), { recursive: true });
  const topic = who === 'fleetstream' ? twins.name : `${app}-twin`;
  const windows = who === 'fleetstream' ? 'peers.windows' : `${app}-windows`;
  await deleteTopics(place.brokers, (name) => /^peers|^fleet\.(peers|events)/.test(name));
  await makeTopics(place.brokers, [topic, windows, EVENTS_TOPIC]);
  const child =
    who === 'fleetstream'
      ? startOurs(place, 'live', 2, app)
      : startStreams(place, { job: 'live', threads: 2, eos: true, app });
  const ended = once(child, 'exit');
  const log = await openKafkaLog({ brokers: place.brokers, clientId: 'bench-live' });
  const waits: number[] = [];
  const until = performance.now() + LOAD_MS;
  const reading = read(log, topic, until + 5_000, waits);
  await pause(8_000);
  await load(place, log);
  await reading;
  await log.close();
  if (who === 'fleetstream') await stopOurs(child);
  else {
    child.stdin?.end();
    await ended;
  }
  const sorted = waits.sort((a, b) => a - b);
  if (sorted.length === 0) throw new Error(`nothing_seen: ${who} told no change of a twin under load`);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}

async function load({ sampleId }: Place, log: Log): Promise<void> {
  const type = avroType(Sample.avro);
  const begin = performance.now();
  let sent = 0;
  while (performance.now() - begin < LOAD_MS - 8_000) {
    const due = Math.floor(((performance.now() - begin) / 1000) * RATE);
    const batch = [];
    for (; sent < due; sent++) {
      const event = sampleOf(sent);
      const key = Buffer.from(keyOf(event));
      const value = frame(type, sampleId, event);
      batch.push({
        topic: EVENTS_TOPIC,
        partition: partitionOf(key, PARTITIONS),
        key,
        value,
        timestamp: event.eventTime,
      });
    }
    if (batch.length > 0) await log.append(batch);
    await pause(SLICE_MS);
  }
}

function sampleOf(i: number): Sample {
  const [number, seq, time] = [i % 10_000, Math.floor(i / 10_000) + 1, Date.now()];
  return {
    tenant: 'live',
    device: `iot-gw-${String(number).padStart(10, '0')}`,
    eventId: i.toString(16).padStart(32, '0'),
    eventTime: time,
    deviceTime: time,
    receivedAt: time,
    clockSuspect: false,
    source: 'peers',
    sourceAddress: null,
    region: null,
    epoch: null,
    sequence: seq,
    historical: false,
    correlationId: null,
    keyId: null,
    payloadBytes: 143,
    network: 'wifi',
    rssi: -60,
    latencyMs: 20,
    lost: 0,
    metrics: { temperatureC: i % 100, humidityPct: 45, batteryVolts: 3.8 },
    firmware: 'fw-2.10.1+build.1001',
  };
}

async function read(log: Log, topic: string, until: number, waits: number[]): Promise<void> {
  const type = avroType(twins.value.avro);
  const positions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset: 0 }));
  while (performance.now() < until) {
    const fetched = await log.fetch({ positions, bytesMax: 2 << 20, waitMsMax: 50 });
    const now = Date.now();
    for (const { partition, records, next } of fetched) {
      (positions[partition] as { offset: number }).offset = next;
      for (const { value } of records) {
        const bytes = asBuffer(value as Uint8Array);
        const told = bytes[0] === 0 ? type.decode(bytes, FRAME_BYTES).value : (JSON.parse(bytes.toString()) as unknown);
        if (performance.now() > until - LOAD_MS + WARM_MS) waits.push(now - (told as TwinUpdated).ts);
      }
    }
  }
}
