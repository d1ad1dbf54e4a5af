import { setTimeout as pause } from 'node:timers/promises';
import { type AnyProcessor, EVENTS_TOPIC, ProcessorOwned } from '#sdk';
import type { Engine } from './engine/engine.ts';
import { ownersOnRecord } from './engine/owners.ts';
import { inputTopicOf } from './engine/stages.ts';
import { Types } from './engine/types.ts';
import type { KafkaLog } from './log/kafka/log.ts';
import type { Forgetful } from './log/log.ts';
import type { Registry } from './registry/registry.ts';

/** Between two rounds, each of which looks at the oldest batch of each partition. */
const ROUND_MS = 60_000;

/** What may be forgotten of each topic: the first offset of each partition that somebody may read again. */
export type Needed = ReadonlyMap<string, ReadonlyMap<number, number>>;

/**
 * What stages may read again of the topics between them. An offset counts from the round after the one that saw it,
 * since the commit that speaks of it may not be durable before; by then it is, or nothing is forgotten either.
 */
export function neededBetween(engine: Pick<Engine, 'tasks'>): () => Needed {
  let before: Needed = new Map();
  return () => {
    const durable = before;
    const folded = new Map<string, Map<number, number>>();
    for (const { topic, partition, committedOffset } of foldsBetween(engine)) {
      const offsets = folded.get(topic) ?? new Map<number, number>();
      folded.set(topic, offsets.set(partition, Math.min(committedOffset, offsets.get(partition) ?? Infinity)));
    }
    before = folded;
    return durable;
  };
}

/** How far the apps are that fold one log beside one another. */
export interface BesideOptions {
  readonly log: KafkaLog;
  readonly registry: Registry;
  /** Every processor of the log that is known, wherever it runs. */
  readonly all: readonly AnyProcessor[];
  /** Of each topic. */
  readonly partitions: number;
  /** Topics between stages that this worker reads now, and the partitions of each that it holds. */
  readonly held: () => ReadonlyMap<string, ReadonlySet<number>>;
}

/**
 * The same where a group shares the partitions, and other apps read them too. What the groups have committed counts,
 * never what a worker knows of itself: one that was frozen may have lost its share, and with it its last commit.
 */
export function neededBeside({ log, registry, all, partitions, held }: BesideOptions): () => Promise<Needed> {
  const types = new Types(registry);
  types.expect(ProcessorOwned);
  const known = new Set(all.map(({ name }) => name));
  return async () => {
    const needed = new Map<string, ReadonlyMap<number, number>>();
    const topics = held();
    if (topics.size === 0) return needed;
    const owners = await ownersOnRecord(log, types);
    const strangers = Array.from(owners, ([processor, app]) => (known.has(processor) ? [] : [app])).flat();
    for (const [topic, numbers] of topics) {
      const readers = all.filter((each) => inputTopicOf(each) === topic).map(({ name }) => owners.get(name));
      const least = new Map(Array.from(numbers, (number) => [number, Infinity]));
      for (const app of new Set([...readers, ...strangers])) {
        const committed = app === undefined ? [] : await log.committedOffsets(app, topic, partitions);
        for (const [number, offset] of least) {
          // Who reads it and has committed nothing yet needs all of it; of a stranger nobody knows what it reads.
          const unread = readers.includes(app) ? 0 : Infinity;
          least.set(number, Math.min(offset, committed[number] ?? unread));
        }
      }
      needed.set(topic, least);
    }
    return needed;
  };
}

/** Topics between stages that an engine reads, and the partitions of each. */
export function heldBetween(engine: Pick<Engine, 'tasks'> | null): ReadonlyMap<string, ReadonlySet<number>> {
  const held = new Map<string, Set<number>>();
  for (const { topic, partition } of engine === null ? [] : foldsBetween(engine))
    held.set(topic, (held.get(topic) ?? new Set()).add(partition));
  return held;
}

/** Those that read what another stage tells. */
function foldsBetween({ tasks }: Pick<Engine, 'tasks'>) {
  return Array.from(tasks.values(), ({ folds }) => folds.filter(({ topic }) => topic !== EVENTS_TOPIC)).flat();
}

/** What a log may forget, and when. */
export interface RetentionOptions {
  readonly log: Forgetful;
  /** Records stay at least so long. */
  readonly keepMs: number;
  /** Of each topic, the first offset of each partition that somebody may read again; what is not there stays whole. */
  readonly needed: () => Needed | Promise<Needed>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly report: (code: string, detail: Readonly<Record<string, unknown>>) => void;
  /** Between two rounds. */
  readonly everyMs?: number;
}

/** Forgets at once, then in rounds. Gives what ends it: no round begins any more, and it resolves when none runs. */
export function startRetention({ everyMs = ROUND_MS, ...options }: RetentionOptions): () => Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  const report: RetentionOptions['report'] = (code, detail) => {
    // A round that its log is closed under has nothing to say.
    if (!signal.aborted) options.report(code, detail);
  };
  const run = async () => {
    while (!signal.aborted) {
      await forgetRound({ ...options, report });
      await pause(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  };
  const running = run();
  return async () => {
    over.abort();
    await running;
  };
}

/** One round. Where a partition cannot be shortened that is told, and the others go on. */
export async function forgetRound({ log, keepMs, needed, now, report }: RetentionOptions): Promise<void> {
  const before = now() - keepMs;
  const failed = (place: object, error: unknown) =>
    report('retention_failed', { ...place, error: (error as Error).message });
  let found: Needed = new Map();
  try {
    found = await needed();
  } catch (error) {
    failed({}, error);
  }
  for (const [topic, partitions] of found) {
    for (const [partition, below] of partitions) {
      try {
        if (below > 0) await log.forget(topic, partition, { below, before });
      } catch (error) {
        failed({ topic, partition }, error);
      }
    }
  }
}
