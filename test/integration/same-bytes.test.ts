// One log, written to Kafka with the markers and aborted records of transactions in it, and copied from there offset by
// offset, gives the same states and outputs in every house, however the reading is cut and whenever the engine dies.
// Alike are: digests of all states, and of each derived topic every record's key, value, headers and timestamp in the
// order of its partition. Apart on purpose: offsets of derived records, the changelogs, which tell of commits, and how
// the records of two processors mix in a topic that both write, for each processor is ordered by itself alone.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { processors } from '#processors';
import { tables } from '#schemas';
import { type AnyProcessor, EVENTS_TOPIC, type Table } from '#sdk';
import { ServerTarget } from '#runtime/clickhouse/server.ts';
import { startSink } from '#runtime/clickhouse/sink.ts';
import { openTicker } from '#runtime/engine/ticker.ts';
import { openEnvironment } from '#runtime/lmdb/environment.ts';
import { type Archive, archivedLog } from '#runtime/log/archive/log.ts';
import { BatchBuilder, batchKey } from '#runtime/log/embedded/batch.ts';
import { readCatalog } from '#runtime/log/embedded/catalog.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import type { Log, LogRecord } from '#runtime/log/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import type { Registry } from '#runtime/registry/registry.ts';
import { readAll } from '../contract/read-all.ts';
import { type Chance, chanceFrom } from '../simulation/chance.ts';
import { copied } from '../simulation/copied.ts';
import { folded, type Outcome } from '../simulation/folded.ts';
import { type Arrival, START_MS, workload } from '../simulation/workload.ts';
import { gossip, last, listener, relay, teller } from '../runtime/engine/stages.ts';
import { startChdbServer } from '../stack/chdb-server.ts';
import { clientOf } from './client.ts';
import { LONG, seedOf } from './faults/own.ts';
import { prefixed } from './prefixed.ts';

const { kafka } = inject('stack');
/** Stages behind one another, whose outcome depends on the order in which they meet what the first told. */
const STAGES = [teller, gossip, relay, listener, last];
const PARTITIONS = 3;
const BATCHINGS = 10;
const EVENTS = LONG ? 20_000 : 2_000;
const HABITS = {
  events: EVENTS,
  devices: 40,
  partitions: PARTITIONS,
  durationMs: 120_000,
  duplicates: 0.1,
  reordered: 0.2,
  lateBursts: 0.02,
  skewedClocks: 0.02,
  resets: 0.02,
  unsequenced: 0.2,
  skipped: 0.1,
  manySources: 0.1,
  poison: 0.02,
  hot: 0.1,
};

describe.skipIf(kafka === null)('one log in three houses, and in the archive', () => {
  test(`has the same bytes in each, in ${BATCHINGS} batchings`, { timeout: 600_000 }, async () => {
    const chance = chanceFrom(seedOf('same-bytes'));
    const { log, registry, source, copies } = await original(chance);
    expect(copies.flat().length, 'records of the log').toBeGreaterThan(EVENTS);
    expect(copies.every(hasGaps), 'gaps in the offsets of each partition').toBe(true);
    const archive = await archived(copies, registry);
    const outcomes = new Map<string, Outcome>();
    for (let i = 0; i < BATCHINGS; i++) {
      const houses: readonly (readonly [string, () => Promise<Log>])[] = [
        ['simulated', () => copied(copies)],
        ['embedded', () => embedded(copies)],
        ['archive', async () => archivedLog({ log: await forgotten(copies), archive })],
        ['kafka', async () => prefixed(log, `${source}.${i}.`, topicOf(source, i))],
      ];
      for (const [name, open] of houses) {
        const house = await open();
        const fold = {
          house,
          registry,
          partitions: PARTITIONS,
          chance: chance.fork(),
          run: [...processors, ...STAGES],
        };
        outcomes.set(`${name} ${i}`, await folded(fold));
        if (house.id !== log.id) await house.close();
      }
    }
    const [first, ...others] = outcomes.values() as Iterable<Outcome>;
    expect(Object.keys(first?.outputs ?? {}).length).toBeGreaterThan(PARTITIONS);
    for (const other of others) expect(other).toEqual(first);
  });

  test('would see a fold that depends on how the reading is cut', { timeout: 120_000 }, async () => {
    const chance = chanceFrom(seedOf('same-bytes'));
    const { registry, copies } = await original(chance);
    const [, twin] = processors;
    let fetches = 0;
    const { twinReported: apply } = twin.apply as unknown as Record<string, (...args: unknown[]) => object>;
    const impure = {
      ...twin,
      apply: {
        ...twin.apply,
        twinReported: (...args: unknown[]) => (fetches % 2 === 0 ? { state: args[0] } : (apply?.(...args) ?? {})),
      },
    } as unknown as AnyProcessor;
    const outcomes: Outcome[] = [];
    for (let i = 0; i < 2; i++) {
      fetches = 0;
      const fold = { house: await copied(copies), registry, partitions: PARTITIONS, chance: chance.fork() };
      outcomes.push(await folded({ ...fold, run: [impure], onFetch: () => fetches++ }));
    }
    expect(outcomes[1]).not.toEqual(outcomes[0]);
  });
});

/** The log as Kafka has it, and a copy of each partition. */
async function original(chance: Chance) {
  if (kafka === null) throw new Error('skipped');
  const { plaintext } = kafka.listeners;
  const log = await openKafkaLog({ brokers: plaintext.brokers, clientId: 'same-bytes' });
  onTestFinished(() => log.close());
  const source = `same-${randomUUID()}`;
  const named = prefixed(log, `${source}.`);
  const registry = new MemoryRegistry();
  const arrivals = await workload(chance.fork(), HABITS, registry);
  await named.ensureTopics([{ name: EVENTS_TOPIC, partitions: PARTITIONS, cleanup: 'delete' }]);
  const producer = clientOf(plaintext).producer({ transactionalId: `${source}-aborts`, maxInFlightRequests: 1 });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  let now = START_MS;
  const clock = { now: () => now, sleep: async () => {}, yield: async () => {} };
  const ticker = await openTicker({ log: named, registry, partitions: PARTITIONS, clock });
  const transactor = await named.transactor('writer');
  for (const [i, { afterMs, records }] of arrivals.entries() as Iterable<[number, Arrival]>) {
    now = START_MS + afterMs;
    if (i % 50 === 0) await ticker.tick();
    if (chance.hit(0.3)) await transactor.commit(records);
    else await named.append(records);
    if (!chance.hit(0.01)) continue;
    const transaction = await producer.transaction();
    const messages = records.map(({ key, value, partition }) => ({
      key: key && Buffer.from(key),
      value: value && Buffer.from(value),
      partition,
    }));
    await transaction.send({ topic: `${source}.${EVENTS_TOPIC}`, messages });
    await transaction.abort();
  }
  now += 3_600_000;
  await ticker.tick();
  const copies: LogRecord[][] = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    copies.push(await readAll(named, EVENTS_TOPIC, partition));
  }
  return { log, registry, source, copies };
}

function hasGaps(records: readonly LogRecord[]): boolean {
  return records.some(({ offset }, i) => i > 0 && offset > (records[i - 1] as LogRecord).offset + 1);
}

/** All read the same events; what they derive is their own. */
function topicOf(source: string, batching: number): (topic: string) => string {
  return (topic) => (topic === EVENTS_TOPIC ? `${source}.${topic}` : `${source}.${batching}.${topic}`);
}

/** All of it as it stands in ClickHouse, which is chdb here, behind HTTP. */
async function archived(copies: readonly (readonly LogRecord[])[], registry: Registry): Promise<Archive> {
  const path = mkdtempSync(join(tmpdir(), 'same-bytes-'));
  const server = await startChdbServer({ path });
  const target = new ServerTarget({ url: server.url, database: 'fleet', cluster: null });
  onTestFinished(async () => {
    await target.close();
    await server.close();
    rmSync(path, { recursive: true, force: true });
  });
  const parts = { registry, target, tables: [tables.logArchive as Table], partitions: PARTITIONS };
  await target.prepare(parts.tables, []);
  await (await startSink({ ...parts, log: await copied(copies) })).stop();
  return target.archive(tables.logArchive);
}

/** A log that has nothing left but its end. */
async function forgotten(copies: readonly (readonly LogRecord[])[]): Promise<Log> {
  const log = await copied(copies);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    log.forget(EVENTS_TOPIC, partition, await log.endOffset(EVENTS_TOPIC, partition));
  }
  return log;
}

async function embedded(copies: readonly (readonly LogRecord[])[]): Promise<Log> {
  const path = mkdtempSync(join(tmpdir(), 'same-bytes-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const empty = await openEmbeddedLog({ path });
  await empty.ensureTopics([{ name: EVENTS_TOPIC, partitions: PARTITIONS, cleanup: 'delete' }]);
  await empty.close();
  // It gives offsets without gaps by itself, so the batches are put into its file.
  const file = join(path, 'log.mdb');
  const environment = await openEnvironment({ file, databases: ['meta', 'records'], initialise: () => {} });
  const { meta, records } = environment.databases;
  const id = readCatalog(meta, path).topics.find(({ name }) => name === EVENTS_TOPIC)?.id as number;
  await environment.write(() => {
    for (const [partition, copy] of copies.entries()) {
      for (let from = 0; from < copy.length; from += 100) {
        const batch = copy.slice(from, from + 100);
        const builder = new BatchBuilder(from === 0 ? 0 : (batch[0]?.offset as number), true);
        for (const { offset, ...record } of batch) builder.add(record, offset);
        // Batches cover every offset, those of gaps too.
        builder.end = copy[from + 100]?.offset ?? builder.end;
        const key = batchKey(id, partition, builder.base);
        void records.put(key, builder.finish(key));
      }
    }
  });
  await environment.close();
  return openEmbeddedLog({ path });
}
