import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EVENTS_TOPIC } from '#sdk';
import { processors } from '#processors';
import { schemaIdOf } from '#runtime/avro.ts';
import { topicsOf } from '#runtime/engine/graph.ts';
import { standByTicker } from '#runtime/engine/ticker.ts';
import { type KafkaLog, openKafkaLog } from '#runtime/log/kafka/log.ts';
import type { LogRecord } from '#runtime/log/log.ts';
import { openConfluentRegistry } from '#runtime/registry/confluent.ts';
import type { Registry } from '#runtime/registry/registry.ts';
import type { AvroJson } from '../../oracle/avro.ts';
import { readAll } from '../../contract/read-all.ts';
import { expected } from '../../oracle/oracle.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { decodedValues, topicDiffers } from '../../simulation/checkers/derivedTopicsEqualOracle.ts';
import { type Habits, START_MS, workload } from '../../simulation/workload.ts';
import { runCommand, type RunSettings, startProcess, type WorkerProcess } from './processes.ts';
import type { WorkerOrders } from './worker.ts';

const WORKER = new URL('worker.ts', import.meta.url).pathname;
/** Events of one piece of the load; each piece is a history of its own. */
export const PIECE_EVENTS = 5_000;
const APP = 'fleet';

/** Where a fleet runs, and how much of it there is. */
export interface FleetOptions {
  readonly brokers: readonly string[];
  readonly registry: string;
  readonly seed: number;
  readonly events: number;
  readonly partitions?: number;
  /** Events a second; without it as fast as they are taken. */
  readonly rate?: number;
  /** How much faster the time passes in which the fleet lives. */
  readonly pace?: number;
  /** What the fleet does otherwise than by itself. */
  readonly habits?: Partial<Habits>;
}

/** A fleet that sends, and the workers that fold what it sends. */
export interface Fleet {
  readonly log: KafkaLog;
  readonly registry: Registry;
  /** The time in which the fleet lives, in ms since 1970. */
  readonly now: () => number;
  /** Resolves when everything is sent. */
  readonly sent: Promise<void>;
  /** Sends no more than what is under way. */
  enough(): void;
  /** Records acknowledged by the log. */
  sentSoFar(): number;
  start(instance: string, orders?: Partial<WorkerOrders>): WorkerProcess;
  /** The command itself, with its workers in threads. */
  run(instance: string, settings: RunSettings): WorkerProcess;
  /** Events that no worker has committed yet. */
  outstanding(): Promise<number>;
  /** Records of all derived topics. */
  derived(): Promise<number>;
  /** Waits until every event is folded and committed. */
  drained(msMax: number): Promise<void>;
  /** Stops the clock, and waits until each of these apps has committed the last record. */
  finished(apps: readonly string[], msMax: number): Promise<void>;
  /** The first difference between the derived topics and a single pass over the log; null when there is none. */
  differs(): Promise<string | null>;
  close(): Promise<void>;
}

/** Begins to send at once. */
export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const { brokers, registry: url, partitions = 6, pace = 1 } = options;
  const log = await openKafkaLog({ brokers, clientId: 'fleet' });
  const registry = await openConfluentRegistry({ url });
  // Ticks follow the time in which the fleet lives.
  const startedAt = Date.now();
  const now = () => START_MS + pace * (Date.now() - startedAt);
  const clock = { now, sleep: (ms: number) => pause(ms) };
  await log.ensureTopics([{ name: EVENTS_TOPIC, partitions, cleanup: 'delete' }]);
  // A tick that a fault held up for too long is taken back, and the clock is taken over again.
  const ticker = standByTicker({ log, registry, partitions, clock, periodMs: 200 });
  const ticking = ticker.run();
  ticking.catch(() => undefined);
  const folder = mkdtempSync(join(tmpdir(), 'fleetstream-faults-'));
  const workers: WorkerProcess[] = [];
  const progress = { sent: 0, isEnough: false };
  const outstanding = () => lagOf(log, partitions);
  return {
    log,
    registry,
    now,
    sent: send(log, registry, { ...options, partitions }, progress),
    enough: () => {
      progress.isEnough = true;
    },
    sentSoFar: () => progress.sent,
    start(instance, orders = {}) {
      const own = { brokers, registry: url, folder: join(folder, instance), app: APP, instance, partitions };
      const worker = startProcess(WORKER, { ...own, ...orders });
      workers.push(worker);
      return worker;
    },
    run(instance, settings) {
      const worker = runCommand(options, {
        folder: join(folder, instance),
        instance,
        app: APP,
        partitions,
        ...settings,
      });
      workers.push(worker);
      return worker;
    },
    outstanding,
    async derived() {
      let records = 0;
      for (const { name } of OUTPUTS) {
        for (let partition = 0; partition < partitions; partition++) {
          records += await log.endOffset(name, partition).catch(() => 0);
        }
      }
      return records;
    },
    async drained(msMax) {
      // Ticks go on, so the last of them are always outstanding: what counts is where the log ended just now.
      await committed(log, APP, await endsOf(log, partitions), msMax, workers);
    },
    async finished(apps, msMax) {
      ticker.stop();
      await ticking;
      const ends: number[] = [];
      for (let partition = 0; partition < partitions; partition++) {
        ends.push(((await readAll(log, EVENTS_TOPIC, partition)).at(-1)?.offset ?? -1) + 1);
      }
      for (const app of apps) await committed(log, app, ends, msMax, workers);
    },
    differs: () => differs(log, registry, partitions),
    async close() {
      ticker.stop();
      await Promise.all(workers.map((worker) => worker.kill()));
      await ticking.catch(() => undefined);
      await log.close();
    },
  };
}

/** Waits until an app has committed so far in each partition. */
async function committed(
  log: KafkaLog,
  app: string,
  ends: readonly number[],
  msMax: number,
  workers: readonly WorkerProcess[],
): Promise<void> {
  for (const deadline = Date.now() + msMax; ; await pause(100)) {
    const offsets = await log.committedOffsets(app, EVENTS_TOPIC, ends.length);
    if (ends.every((end, partition) => (offsets[partition] ?? 0) >= end)) return;
    if (Date.now() < deadline) continue;
    const said = workers.map(({ lines }) => lines.slice(-5).join('\n')).join('\n---\n');
    throw new Error(`never_drained: ${app} at ${offsets.join()} of ${ends.join()}\n${said}`);
  }
}

async function send(
  log: KafkaLog,
  registry: Registry,
  { seed, events, partitions, rate, habits: own }: FleetOptions & { readonly partitions: number },
  progress: { sent: number; readonly isEnough: boolean },
): Promise<void> {
  const chance = chanceFrom(seed);
  const startedAt = performance.now();
  let sent = 0;
  while (sent < events) {
    const habits = {
      events: Math.min(PIECE_EVENTS, events - sent),
      devices: 500,
      partitions,
      durationMs: 10_000,
      duplicates: 0.1,
      reordered: 0.2,
      lateBursts: 0.02,
      skewedClocks: 0.02,
      resets: 0.01,
      unsequenced: 0.1,
      skipped: 0.05,
      manySources: 0,
      poison: 0.01,
      hot: 0.01,
      ...own,
    };
    for (const { records } of await workload(chance.fork(), habits, registry)) {
      // A device sends again what was not acknowledged.
      for (;;) {
        try {
          await log.append(records);
          break;
        } catch {
          await pause(50);
        }
      }
      sent += records.length;
      progress.sent = sent;
      if (progress.isEnough) return;
      const aheadMs = rate === undefined ? 0 : (sent / rate) * 1000 - (performance.now() - startedAt);
      if (aheadMs > 5) await pause(aheadMs);
    }
  }
}

async function endsOf(log: KafkaLog, partitions: number): Promise<number[]> {
  return Promise.all(Array.from({ length: partitions }, (_, partition) => log.endOffset(EVENTS_TOPIC, partition)));
}

async function lagOf(log: KafkaLog, partitions: number): Promise<number> {
  const ends = await endsOf(log, partitions);
  const committed = await log.committedOffsets(APP, EVENTS_TOPIC, partitions);
  return ends.reduce((sum, end, partition) => sum + end - (committed[partition] ?? 0), 0);
}

/** What the workers write; topics of processors that do not run hold nothing. */
const OUTPUTS = topicsOf(processors);

async function differs(log: KafkaLog, registry: Registry, partitions: number): Promise<string | null> {
  // What the workers had not committed when they stopped is not derived either.
  const committed = await log.committedOffsets(APP, EVENTS_TOPIC, partitions);
  const schemas = new Map<number, AvroJson>();
  for (let partition = 0; partition < partitions; partition++) {
    const events = (await readAll(log, EVENTS_TOPIC, partition)).filter(
      ({ offset }) => offset < (committed[partition] ?? 0),
    );
    await learn(schemas, registry, events);
    const wanted = expected(partition, events, schemas);
    for (const topic of OUTPUTS) {
      const records = await readAll(log, topic.name, partition);
      const found = topicDiffers(decodedValues(topic, records), records, wanted.get(topic.name) ?? []);
      if (found !== null) return `${topic.name}/${partition}: ${found}`;
    }
  }
  return null;
}

/** Junk names ids that the registry does not have. */
async function learn(schemas: Map<number, AvroJson>, registry: Registry, records: readonly LogRecord[]): Promise<void> {
  const ids = new Set(records.map(({ value }) => (value === null ? null : schemaIdOf(value))));
  for (const id of ids) {
    const record = id === null || schemas.has(id) ? null : await registry.schemaOf(id);
    if (id !== null && record !== null) schemas.set(id, record as unknown as AvroJson);
  }
}
