// Writes reports of a fleet into the log of a data folder, between ticks.
// argv is folder, devices, metrics, first round, rounds.
import { join } from 'node:path';
import { ClockTicked, EVENTS_TOPIC, envelope, keyOf, PARTITIONS_DEFAULT } from '#sdk';
import { TelemetryReported } from '#schemas';
import { compiled, frame } from '#runtime/avro.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import type { NewRecord } from '#runtime/log/log.ts';
import { partitionOf } from '#runtime/log/partition.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';

/** Every device reports once in so many seconds, and the clock ticks at each. */
const ROUND_S = 60;
const START_MS = Date.UTC(2026, 0, 5);

const [data = '', ...numbers] = process.argv.slice(2);
const [devices = 0, metrics = 0, first = 0, rounds = 0] = numbers.map(Number);
const log = await openEmbeddedLog({ path: join(data, 'log') });
const registry = await openEmbeddedRegistry(join(data, 'registry.json'));
await log.ensureTopics([{ name: EVENTS_TOPIC, partitions: PARTITIONS_DEFAULT, cleanup: 'delete' }]);
const report = { id: await registry.register(TelemetryReported.avro), type: compiled(TelemetryReported.avro) };
const ticked = { id: await registry.register(ClockTicked.avro), type: compiled(ClockTicked.avro) };
const names = Array.from({ length: metrics }, (_, metric) => `metric${metric}`);
for (let second = first * ROUND_S; second < (first + rounds) * ROUND_S; second++) {
  const records: NewRecord[] = [];
  for (let device = second % ROUND_S; device < devices; device += ROUND_S) records.push(reportOf(device, second));
  const time = START_MS + second * 1000 + 999;
  const tick = frame(ticked.type, ticked.id, { number: second, time, resumed: false });
  for (let partition = 0; partition < PARTITIONS_DEFAULT; partition++) {
    records.push({ topic: EVENTS_TOPIC, partition, key: null, value: tick, timestamp: time });
  }
  await log.append(records);
}
await log.close();

function reportOf(device: number, second: number): NewRecord {
  const receivedAt = START_MS + second * 1000 + (device % 900);
  const round = Math.floor(second / ROUND_S);
  const who = { tenant: 'bench', device: `dev-${device}`, source: 'http', sourceAddress: '127.0.0.1', region: null };
  const numbered = { epoch: 1, sequence: round, historical: false, correlationId: null, payload: '' };
  const sealed = envelope({ ...who, ...numbered, deviceTime: receivedAt, receivedAt, payloadBytes: 40 * metrics });
  const values = Object.fromEntries(names.map((name, metric) => [name, valueOf(device * metrics + metric, round)]));
  const key = Buffer.from(keyOf(sealed));
  const value = frame(report.type, report.id, { ...sealed, metrics: values, labels: {} });
  return { topic: EVENTS_TOPIC, partition: partitionOf(key, PARTITIONS_DEFAULT), key, value, timestamp: receivedAt };
}

/** A level, an hour's wave and noise that is a hash of series and round: the same whenever it is written. */
function valueOf(series: number, round: number): number {
  let noise = 0;
  for (let part = 1; part <= 3; part++) {
    let hash = Math.imul(series + 1, 0x9e3779b1) ^ Math.imul(round * 4 + part, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    noise += (((hash ^ (hash >>> 13)) >>> 0) % 65_536) / 65_536 - 0.5;
  }
  return 20 + (series % 50) + 2 * Math.sin((2 * Math.PI * round) / 60) + noise;
}
