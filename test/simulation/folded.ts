import { createHash } from 'node:crypto';
import { type AnyProcessor, deadLetters, lateEvents } from '#sdk';
import { Engine } from '#runtime/engine/engine.ts';
import { topicsOf } from '#runtime/engine/graph.ts';
import type { Log, LogRecord } from '#runtime/log/log.ts';
import { withFetch } from '#runtime/log/with-fetch.ts';
import type { Registry } from '#runtime/registry/registry.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { readAll } from '../contract/read-all.ts';
import type { Chance } from './chance.ts';

const SHARED: ReadonlySet<string> = new Set([deadLetters.name, lateEvents.name]);

/** What a fold of a whole log comes to. */
export interface Outcome {
  readonly digests: Readonly<Record<string, string>>;
  /** By topic and partition. */
  readonly outputs: Readonly<Record<string, { readonly records: number; readonly hash: string }>>;
}

/** What is folded, and how often it is disturbed. */
interface Folding {
  readonly house: Log;
  readonly registry: Registry;
  readonly partitions: number;
  readonly chance: Chance;
  readonly run: readonly AnyProcessor[];
  readonly onFetch?: () => void;
}

/** Folds the whole log: fetches of any size, partitions in any order, commits, saves and deaths at any time. */
export async function folded(options: Folding): Promise<Outcome> {
  const { house, registry, partitions, chance, run, onFetch = () => {} } = options;
  const log: Log = cut(house, chance, onFetch);
  const store = new MemoryStateStore();
  const clock = { now: () => 0, sleep: async () => {}, yield: async () => {} };
  const open = () => Engine.open({ app: 'same', processors: run, log, registry, store, partitions, clock });
  let engine = await open();
  const step = async () => {
    await engine.poll(0);
    if (chance.hit(0.2)) await engine.commit();
    if (chance.hit(0.02)) await engine.save();
    if (!chance.hit(0.01)) return;
    await engine.abandon();
    engine = await open();
  };
  // What Kafka has committed can be read at once, or a moment later.
  const between = topicsOf(run).filter((topic) => 'keyOf' in topic);
  const readable = async () => {
    for (const { name } of between)
      for (let partition = 0; partition < partitions; partition++) await house.settledEnd(name, partition);
  };
  await settled(() => engine, step, readable);
  await engine.stop();
  return outcomeOf(engine, house, run, partitions);
}

/** Steps until nothing is left to read; what a first stage commits last is read by the second. */
export async function settled(
  engine: () => Engine,
  step: () => Promise<unknown>,
  readable: () => Promise<void> = async () => {},
): Promise<void> {
  do {
    while ((await engine().lag()) > 0) await step();
    await engine().commit();
    await engine().settled();
    await readable();
  } while ((await engine().lag()) > 0);
}

/** States and outputs as they stand, but for what tells a second stage how far time has come. */
export async function outcomeOf(
  engine: Engine,
  house: Log,
  run: readonly AnyProcessor[],
  partitions: number,
): Promise<Outcome> {
  const outputs: Record<string, { records: number; hash: string }> = {};
  for (const topic of topicsOf(run)) {
    const { name } = topic;
    const isBetween = 'keyOf' in topic;
    for (let partition = 0; partition < partitions; partition++) {
      const records = (await readAll(house, name, partition)).filter(({ key }) => !isBetween || key !== null);
      const hash = hashOf(records, isBetween || SHARED.has(name));
      outputs[`${name}/${partition}`] = { records: records.length, hash };
    }
  }
  return { digests: Object.fromEntries(engine.digests()), outputs };
}

/** A log that gives any part of what there is. */
function cut(log: Log, chance: Chance, onFetch: () => void): Log {
  return withFetch(log, async (request) => {
    onFetch();
    const found = await log.fetch({ ...request, bytesMax: chance.int(1, 50_000) });
    return found.map((part) => {
      const count = chance.int(1, part.records.length);
      const beyond = part.records[count];
      return beyond === undefined ? part : { ...part, records: part.records.slice(0, count), next: beyond.offset };
    });
  });
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
