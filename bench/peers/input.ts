// Fills `fleet.events` with the input of the comparison, and prints what each job must come to.
import { ClockTicked, type Envelope, EVENTS_TOPIC, keyOf, ProcessorOwned } from '#sdk';
import { avroType, frame } from '#runtime/avro.ts';
import { schemasOf } from '#runtime/engine/graph.ts';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import type { NewRecord } from '#runtime/log/log.ts';
import { partitionOf } from '#runtime/log/partition.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { decode } from './decode.ts';
import { FLEET_MS, FLUSH, type Input, PARTITIONS, TICK_MS } from './job.ts';
import { Sample } from './records.ts';
import { Reference } from './reference.ts';
import { twin } from './twin.ts';
import { windows } from './windows.ts';

const NETWORKS = ['wifi', 'lte-m', 'nb-iot', 'lorawan'];
const METRICS = ['temperatureC', 'humidityPct', 'batteryVolts', 'vibrationRms'];
const BATCH = 5_000;

const { brokers, registryFile, events, devices, seed, base } = JSON.parse(process.argv[2] ?? '{}') as Input;
const log = await openKafkaLog({ brokers, clientId: 'bench-input', compression: 'none' });
const registry = await openEmbeddedRegistry(registryFile);
for (const { avro } of [...schemasOf([decode, twin, windows]), ProcessorOwned]) await registry.register(avro);
const sampleId = await registry.register(Sample.avro);
const sampleType = avroType(Sample.avro);
const tickId = await registry.register(ClockTicked.avro);
const tickType = avroType(ClockTicked.avro);
await log.ensureTopics([{ name: EVENTS_TOPIC, partitions: PARTITIONS, cleanup: 'delete' }]);

const chance = splitMix(seed);
const reference = new Reference();
let batch: NewRecord[] = [];
let due = base;
let ticked = 0;
/** Events that arrive late, or a second time, by the millisecond in which they arrive. */
const held = new Map<number, Sample[]>();

const fleet = Array.from({ length: devices }, () => ({
  network: chance(4),
  rssi: -(200 + chance(160)),
  latency: 160 + chance(1600),
  firmware: chance(6),
  metrics: [2150, 4500, 380, 120],
  seq: 0,
}));
for (let planned = 0, i = 0; planned < events; i++) {
  const time = base + Math.floor((i * FLEET_MS) / events);
  await arriveUntil(time);
  const event = next(time);
  planned++;
  if (chance(100) < 2) hold(time + 1 + chance(29_999), event);
  else send(event);
  if (chance(100) < 1 && planned < events) {
    planned++;
    hold(time + chance(30_000), event);
  }
}
await arriveUntil(base + FLEET_MS + 60_000);
// Ten minutes later the last windows are over for everyone, whether by ticks or by the events of a partition.
const end = base + FLEET_MS + 600_000;
for (let partition = 0; partition < PARTITIONS; partition++) {
  const marker = { ...next(end), tenant: FLUSH, device: `${FLUSH}-${partition}`, sequence: 1 };
  push(partition, keyOf(marker), frame(sampleType, sampleId, marker), end);
}
tick(end);
await flush();
await log.close();
console.log(JSON.stringify({ sampleId, ...reference.expected() }));

function next(time: number): Sample {
  const number = chance(devices);
  const device = fleet[number] as (typeof fleet)[number];
  if (chance(500) === 0) device.network = chance(4);
  if (chance(3000) === 0) device.firmware++;
  device.rssi = Math.max(-480, Math.min(-120, device.rssi + chance(25) - 12));
  const jump = chance(200) === 0 ? 4000 : device.latency > 4000 ? -600 : 0;
  device.latency = Math.max(40, Math.min(16_000, device.latency + chance(161) - 80 + jump));
  device.metrics = device.metrics.map((value) => Math.max(1, value + chance(21) - 10));
  device.seq++;
  const { seq, metrics, firmware } = device;
  const known = METRICS.map((name, k) => [name, (metrics[k] as number) / 100] as const);
  const envelope: Envelope = {
    tenant: `tenant-${String(number % 20).padStart(4, '0')}`,
    device: `iot-gw-${String(number).padStart(10, '0')}`,
    eventId: number.toString(16).padStart(16, '0') + seq.toString(16).padStart(16, '0'),
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
  };
  return {
    ...envelope,
    network: NETWORKS[device.network] as string,
    rssi: device.rssi / 4,
    latencyMs: device.latency / 8,
    lost: chance(20) === 0 ? 1 + chance(5) : 0,
    metrics: Object.fromEntries(known.filter((_, k) => k !== seq % 4)),
    firmware: `fw-2.${10 + Math.floor(firmware / 10)}.${firmware % 10}+build.${1000 + firmware}`,
  };
}

function hold(at: number, event: Sample): void {
  const there = held.get(at);
  if (there === undefined) held.set(at, [event]);
  else there.push(event);
}

/** Lets time pass: what is held arrives, and the clock ticks. */
async function arriveUntil(time: number): Promise<void> {
  for (; due <= time; due++) {
    const arriving = held.get(due);
    if (arriving !== undefined) for (const event of arriving) send(event);
    held.delete(due);
    if ((due - base) % TICK_MS === 0) tick(due);
  }
  if (batch.length >= BATCH) await flush();
}

function send(event: Sample): void {
  const key = keyOf(event);
  reference.take(event);
  push(partitionOf(Buffer.from(key), PARTITIONS), key, frame(sampleType, sampleId, event), event.eventTime);
}

function tick(time: number): void {
  const value = frame(tickType, tickId, { number: ticked++, time, resumed: false });
  for (let partition = 0; partition < PARTITIONS; partition++) push(partition, null, value, time);
}

function push(partition: number, key: string | null, value: Buffer, timestamp: number): void {
  batch.push({ topic: EVENTS_TOPIC, partition, key: key === null ? null : Buffer.from(key), value, timestamp });
}

async function flush(): Promise<void> {
  if (batch.length > 0) await log.append(batch);
  batch = [];
}

/** SplitMix32: integers from 0 to before n, the same for a seed. */
function splitMix(from: number): (n: number) => number {
  let state = from >>> 0;
  return (n) => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % n;
  };
}
