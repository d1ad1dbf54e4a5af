// What one writes by hand: a loop of kafkajs and avsc, at least once, with JSON out and a changelog. J1 and J2.
import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { Kafka, logLevel } from 'kafkajs';
import { FLUSH, type Job, PARTITIONS } from './job.ts';
import type { Sample } from './records.ts';
import { makeTopics } from './topics.ts';

interface Orders {
  readonly brokers: readonly string[];
  readonly sampleId: number;
  readonly schema: string;
  readonly job: Job;
  readonly app: string;
}

interface Message {
  readonly key: Buffer | string;
  readonly partition: number;
  readonly value: string;
}

/** kafkajs makes one batch of a partition and request, and a broker refuses one above 1 MiB. */
const BATCH_BYTES_MAX = 900_000;

const { brokers, sampleId, schema, job, app } = JSON.parse(process.argv[2] ?? '{}') as Orders;
const type = avro.Type.forSchema(JSON.parse(readFileSync(schema, 'utf8')) as avro.Schema);
const kafka = new Kafka({ clientId: app, brokers: [...brokers], logLevel: logLevel.NOTHING });
await makeTopics(brokers, [`${app}-changelog`]);
const producer = kafka.producer({ allowAutoTopicCreation: false });
await producer.connect();
const consumer = kafka.consumer({
  groupId: app,
  maxBytesPerPartition: 1 << 20,
  maxBytes: 12 << 20,
  maxWaitTimeInMs: 50,
});
await consumer.connect();
await consumer.subscribe({ topic: 'fleet.events', fromBeginning: true });

const twins = Array.from({ length: PARTITIONS }, () => new Map<string, ReturnType<typeof fresh>>());
const samples: { readonly at: number; readonly count: number }[] = [];
let [count, sum, ended, startedAt] = [0, 0, 0, 0];
let cpu = process.cpuUsage();
const { promise: finished, resolve } = Promise.withResolvers<void>();
await consumer.run({
  autoCommitInterval: 1000,
  partitionsConsumedConcurrently: job === 'twin' ? 3 : 1,
  async eachBatch(payload) {
    const { batch } = payload;
    if (startedAt === 0) [startedAt, cpu] = [performance.now(), process.cpuUsage()];
    const { partition } = batch;
    const touched = new Map<string, unknown>();
    const updates: Message[] = [];
    let isEnd = false;
    for (const { key, value } of batch.messages) {
      // The clock's ticks have another id.
      if (value === null || value.readInt32BE(1) !== sampleId) continue;
      const event = type.decode(value, 5).value as Sample;
      if (event.tenant === FLUSH) {
        isEnd = true;
        continue;
      }
      count++;
      sum += event.latencyMs;
      if (job !== 'twin') continue;
      const update = merge(partition, event, touched);
      if (update !== null) updates.push({ key: key as Buffer, partition, value: JSON.stringify(update) });
    }
    await send(`${app}-twin`, updates);
    await send(
      `${app}-changelog`,
      [...touched].map(([key, twin]) => ({ key, partition, value: JSON.stringify(twin) })),
    );
    payload.resolveOffset(batch.lastOffset());
    await payload.commitOffsetsIfNecessary();
    await payload.heartbeat();
    samples.push({ at: performance.now(), count });
    if (isEnd && ++ended === PARTITIONS) resolve();
  },
});
await finished;
const endedAt = performance.now();
const { user, system } = process.cpuUsage(cpu);
const half = samples.find((at) => at.count >= count / 2) as (typeof samples)[number];
console.log(
  JSON.stringify({
    timed: count,
    seconds: (endedAt - startedAt) / 1000,
    secondHalf: (count - half.count) / ((endedAt - half.at) / 1000),
    cpuSeconds: (user + system) / 1e6,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    decode: { count, sum },
  }),
);
process.exit(0);

function fresh() {
  const metrics: Record<string, number> = {};
  const metricsAt: Record<string, number> = {};
  return { max: 0, seen: 0n, networkAt: -1, network: '', firmwareAt: -1, firmware: '', metrics, metricsAt };
}

function merge(partition: number, event: Sample, touched: Map<string, unknown>): object | null {
  const { tenant, device, sequence, eventTime: ts } = event;
  const of = twins[partition] as (typeof twins)[number];
  const twin = of.get(device) ?? fresh();
  of.set(device, twin);
  const seq = sequence as number;
  if (!accept(twin, seq)) return null;
  touched.set(device, { ...twin, seen: undefined });
  let changed = false;
  if (ts > twin.networkAt) [twin.networkAt, twin.network, changed] = [ts, event.network, true];
  if (ts > twin.firmwareAt) [twin.firmwareAt, twin.firmware, changed] = [ts, event.firmware, true];
  for (const [name, value] of Object.entries(event.metrics)) {
    if (ts <= (twin.metricsAt[name] ?? -1)) continue;
    twin.metricsAt[name] = ts;
    twin.metrics[name] = value;
    changed = true;
  }
  if (!changed) return null;
  return { device, tenant, seq, ts, network: twin.network, firmware: twin.firmware, metrics: twin.metrics };
}

/** A window of the last 64 numbers. */
function accept(twin: ReturnType<typeof fresh>, seq: number): boolean {
  const behind = twin.max - seq;
  if (behind < 0) {
    twin.seen = BigInt.asUintN(64, (twin.seen << BigInt(Math.min(-behind, 64))) | 1n);
    twin.max = seq;
    return true;
  }
  const bit = 1n << BigInt(Math.min(behind, 64));
  if (behind >= 64 || (twin.seen & bit) !== 0n) return false;
  twin.seen |= bit;
  return true;
}

async function send(topic: string, messages: readonly Message[]): Promise<void> {
  for (let i = 0, from = 0, size = 0; i < messages.length; i++) {
    size += (messages[i] as Message).value.length + 40;
    if (size <= BATCH_BYTES_MAX && i < messages.length - 1) continue;
    await producer.send({ topic, acks: -1, messages: messages.slice(from, i + 1) });
    [from, size] = [i + 1, 0];
  }
}
