// One log, written to Kafka with the markers and aborted records of transactions in it, and copied from there offset by
// offset, gives the same states and outputs in every house, however the reading is cut and whenever the engine dies.
// Alike are: digests of all states, and of each derived topic every record's key, value, headers and timestamp in the
// order of its partition. Apart on purpose: offsets of derived records, the changelogs, which tell of commits, and how
// the records of two processors mix in a topic that both write, for each processor is ordered by itself alone.
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { processors } from '#processors';
import { type AnyProcessor, deadLetters, EVENTS_TOPIC, lateEvents } from '#sdk';
import { Engine } from '#runtime/engine/engine.ts';
import { topicsOf } from '#runtime/engine/graph.ts';
import { openTicker } from '#runtime/engine/ticker.ts';
import { openEnvironment } from '#runtime/lmdb/environment.ts';
import { BatchBuilder, batchKey } from '#runtime/log/embedded/batch.ts';
import { readCatalog } from '#runtime/log/embedded/catalog.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import type { Log, LogRecord } from '#runtime/log/log.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import type { Registry } from '#runtime/registry/registry.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { readAll } from '../contract/read-all.ts';
import { type Chance, chanceFrom } from '../simulation/chance.ts';
import { type Arrival, START_MS, workload } from '../simulation/workload.ts';
import { clientOf } from './client.ts';
import { LONG, seedOf } from './faults/own.ts';
import { prefixed } from './prefixed.ts';

const { kafka } = inject('stack');
const SHARED: ReadonlySet<string> = new Set([deadLetters.name, lateEvents.name]);
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

describe.skipIf(kafka === null)('one log in three houses', () => {
  test(`has the same bytes in each, in ${BATCHINGS} batchings`, { timeout: 600_000 }, async () => {
    const chance = chanceFrom(seedOf('same-bytes'));
    const { log, registry, source, copies } = await original(chance);
    expect(copies.flat().length, 'records of the log').toBeGreaterThan(EVENTS);
    expect(copies.every(hasGaps), 'gaps in the offsets of each partition').toBe(true);
    const outcomes = new Map<string, Outcome>();
    for (let i = 0; i < BATCHINGS; i++) {
      const houses: readonly (readonly [string, () => Promise<Log>])[] = [
        ['simulated', () => simulated(copies)],
        ['embedded', () => embedded(copies)],
        ['kafka', async () => prefixed(log, `${source}.${i}.`, topicOf(source, i))],
      ];
      for (const [name, open] of houses) {
        const house = await open();
        outcomes.set(`${name} ${i}`, await folded(house, registry, chance.fork(), processors));
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
      outcomes.push(await folded(await simulated(copies), registry, chance.fork(), [impure], () => fetches++));
    }
    expect(outcomes[1]).not.toEqual(outcomes[0]);
  });
});

interface Outcome {
  readonly digests: Readonly<Record<string, string>>;
  /** By topic and partition. */
  readonly outputs: Readonly<Record<string, { readonly records: number; readonly hash: string }>>;
}

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

async function simulated(copies: readonly (readonly LogRecord[])[]): Promise<Log> {
  const log = new SimulatedLog(new SimulatedClock(START_MS));
  await log.ensureTopics([{ name: EVENTS_TOPIC, partitions: PARTITIONS, cleanup: 'delete' }]);
  const { faults } = log;
  for (const [partition, records] of copies.entries()) {
    let next = 0;
    for (const { offset, ...record } of records) {
      log.faults = { ...faults, gap: () => offset - next };
      await log.append([{ topic: EVENTS_TOPIC, partition, ...record }]);
      next = offset + 1;
    }
  }
  log.faults = faults;
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

/** Folds the whole log: fetches of any size, partitions in any order, commits, saves and deaths at any time. */
async function folded(
  house: Log,
  registry: Registry,
  chance: Chance,
  run: readonly AnyProcessor[],
  onFetch = () => {},
): Promise<Outcome> {
  const log: Log = cut(house, chance, onFetch);
  const store = new MemoryStateStore();
  const clock = { now: () => 0, sleep: async () => {}, yield: async () => {} };
  const open = () => Engine.open({ app: 'same', processors: run, log, registry, store, partitions: PARTITIONS, clock });
  let engine = await open();
  while ((await engine.lag()) > 0) {
    await engine.poll(0);
    if (chance.hit(0.2)) await engine.commit();
    if (chance.hit(0.02)) await engine.save();
    if (!chance.hit(0.01)) continue;
    await engine.abandon();
    engine = await open();
  }
  await engine.stop();
  const outputs: Record<string, { records: number; hash: string }> = {};
  for (const { name } of topicsOf(run)) {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const records = await readAll(house, name, partition);
      outputs[`${name}/${partition}`] = { records: records.length, hash: hashOf(records, SHARED.has(name)) };
    }
  }
  return { digests: Object.fromEntries(engine.digests()), outputs };
}

/** A log that gives any part of what there is. */
function cut(log: Log, chance: Chance, onFetch: () => void): Log {
  return {
    ...prefixed(log, ''),
    async fetch(request) {
      onFetch();
      const found = await log.fetch({ ...request, bytesMax: chance.int(1, 50_000) });
      return found.map((part) => {
        const count = chance.int(1, part.records.length);
        const beyond = part.records[count];
        return beyond === undefined ? part : { ...part, records: part.records.slice(0, count), next: beyond.offset };
      });
    },
  };
}

function hashOf(records: readonly LogRecord[], isShared: boolean): string {
  const texts = records.map(({ key, value, headers, timestamp }) =>
    JSON.stringify([
      hex(key),
      hex(value),
      timestamp,
      Object.entries(headers).map(([name, bytes]) => [name, hex(bytes)]),
    ]),
  );
  if (isShared) texts.sort();
  return createHash('sha256').update(texts.join('\n')).digest('hex');
}

function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('hex');
}
