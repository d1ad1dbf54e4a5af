import { type AnyPolicy, type AnyProcessor, type AvroRecord, ClockTicked, EVENTS_TOPIC, PolicyChanged } from '#sdk';
import type { Topic } from '#sdk';
import { frame, schemaIdOf } from '../avro.ts';
import { Engine } from '../engine/engine.ts';
import { Types } from '../engine/types.ts';
import type { LogRecord, NewRecord } from '../log/log.ts';
import { SimulatedClock } from '../log/simulated/clock.ts';
import { SimulatedLog } from '../log/simulated/log.ts';
import { MemoryRegistry } from '../registry/memory.ts';
import type { Registry } from '../registry/registry.ts';
import { MemoryStateStore } from '../state/memory.ts';

/** A policy as it is to be in force from the begin on. */
export interface Standing {
  readonly policy: AnyPolicy;
  readonly tenant: string | null;
  readonly version: number;
  readonly value: unknown;
}

/** Where stored events come from. */
export interface Source {
  /** Records of `fleet.events`, one stream a partition, in their order. */
  readonly partitions: readonly AsyncIterable<readonly LogRecord[]>[];
  /** Of the schemas that the records name. It is told nothing. */
  readonly registry: Registry;
  /** Only events of this tenant; null for all. */
  readonly tenant: string | null;
}

/** Stored events, less what the log says of policies and most of its ticks. */
export interface Stored {
  /** By partition. */
  readonly records: readonly (readonly NewRecord[])[];
  readonly registry: Registry;
  /** Log time of the first and of the last tick, ms; null where there is none. */
  readonly span: readonly [from: number, to: number] | null;
  /** How many records are of devices. */
  readonly events: number;
}

/** Everything of a topic, oldest first within each partition. */
export type ReadTopic = <T, N extends string>(topic: Topic<T, N>) => readonly T[];

/** Of the ticks of the log one in so many ms is met: most of them fire nothing. */
const TICK_MS = 30_000;

/** Ids of what is registered here alone lie above those that a registry gives. */
const ID_BASE = 0x4000_0000;

/** Reads stored events to fold them, once or more often. */
export async function gather({ partitions, registry, tenant }: Source): Promise<Stored> {
  const types = new Types(registry);
  types.expect(ClockTicked);
  let events = 0;
  let span: readonly [number, number] | null = null;
  const records: NewRecord[][] = [];
  for (const [partition, stream] of partitions.entries()) {
    const kept: NewRecord[] = [];
    let bucket = -1;
    for await (const some of stream) {
      await types.learnAll(some);
      for (const { key, value, headers, timestamp } of some) {
        if (value === null || (key !== null && !isOf(key, tenant))) continue;
        const name = nameIn(types, value);
        if (key === null && name !== null && POLICIES.test(name)) continue;
        if (name === ClockTicked.name) {
          const { time, resumed } = types.decode(ClockTicked, value);
          const isSame = Math.floor(time / TICK_MS) === bucket;
          if (isSame && !resumed) continue;
          bucket = Math.floor(time / TICK_MS);
          span = [Math.min(span?.[0] ?? time, time), Math.max(span?.[1] ?? time, time)];
        } else if (key !== null) events++;
        kept.push({ topic: EVENTS_TOPIC, partition, key, value, headers, timestamp });
      }
    }
    records.push(kept);
  }
  return { records, registry, span, events };
}

/**
 * Folds stored events anew in memory, under other policies, by the engine as it is: what stands is in force from the
 * begin on. Gives what the processors wrote; those that stand before others have to be among them.
 */
export async function backtest(
  stored: Stored,
  processors: readonly AnyProcessor[],
  standing: readonly Standing[],
): Promise<ReadTopic> {
  const clock = new SimulatedClock(0);
  const log = new SimulatedLog(clock);
  const registry = besideOf(stored.registry);
  const types = new Types(registry);
  await types.register(PolicyChanged);
  const partitions = stored.records.length;
  await log.ensureTopics([{ name: EVENTS_TOPIC, partitions, cleanup: 'delete' }]);
  const decided = await decisionsOf(standing, types);
  for (const [partition, records] of stored.records.entries()) {
    await log.append(decided.map((value) => ({ topic: EVENTS_TOPIC, partition, key: null, value, timestamp: 0 })));
    await log.append(records);
  }
  await fold(processors, { log, registry, clock, partitions });
  for (const { outputs } of processors) for (const { value } of outputs) await types.register(value);
  return (topic) => {
    const all = Array.from({ length: partitions }, (_, partition) => log.all(topic.name, partition)).flat();
    // What has no key tells how far time has come.
    return all.flatMap(({ key, value }) => (key === null || value === null ? [] : [types.decode(topic.value, value)]));
  };
}

const POLICIES = /(?:^|\.)Policy(?:Changed|SnapshotBegan|SnapshotEnded)$/;

interface House {
  readonly log: SimulatedLog;
  readonly registry: Registry;
  readonly clock: SimulatedClock;
  readonly partitions: number;
}

/** Folds all that there is, what the stages hand on included. */
async function fold(processors: readonly AnyProcessor[], house: House): Promise<void> {
  let broken: Error | null = null;
  const engine = await Engine.open({
    ...house,
    app: 'backtest',
    processors,
    store: new MemoryStateStore(),
    report: (code, { error }) => {
      if (typeof error === 'string') broken ??= new Error(`${code}: ${error}`);
    },
  });
  for (let idle = 0; idle < 2; ) {
    const records = await engine.poll(0);
    await engine.commit();
    await engine.settled();
    idle = records === 0 ? idle + 1 : 0;
    // A person may interrupt.
    await new Promise(setImmediate);
  }
  if (broken !== null) throw broken as Error;
}

async function decisionsOf(standing: readonly Standing[], types: Types): Promise<readonly Buffer[]> {
  const decided: Buffer[] = [];
  for (const { policy, tenant, version, value } of standing) {
    await types.register(policy.value);
    const framed =
      value === null ? Buffer.alloc(0) : frame(types.typeOf(policy.value), types.idOf(policy.value), value);
    const change = { policy: policy.name, version, tenant, time: 0, value: framed };
    decided.push(frame(types.typeOf(PolicyChanged), types.idOf(PolicyChanged), change));
  }
  return decided;
}

function isOf(key: Uint8Array, tenant: string | null): boolean {
  return tenant === null || Buffer.from(key).toString().startsWith(`${tenant}/`);
}

function nameIn(types: Types, value: Uint8Array): string | null {
  const id = schemaIdOf(value);
  return id === null ? null : types.nameOf(id);
}

/** The schemas of a registry, and beside it those of this run. */
function besideOf(registry: Registry): Registry {
  const own = new MemoryRegistry();
  return {
    register: async (record: AvroRecord) => ID_BASE + (await own.register(record)),
    schemaOf: (id) => (id > ID_BASE ? own.schemaOf(id - ID_BASE) : registry.schemaOf(id)),
  };
}
