import { setTimeout as pause } from 'node:timers/promises';
import { EVENTS_TOPIC } from '#sdk';
import type { Engine } from './engine/engine.ts';
import type { FolderLog } from './log/embedded/log.ts';

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
    for (const { folds } of engine.tasks.values()) {
      for (const { topic, partition, committedOffset } of folds) {
        if (topic === EVENTS_TOPIC) continue;
        const offsets = folded.get(topic) ?? new Map<number, number>();
        folded.set(topic, offsets.set(partition, Math.min(committedOffset, offsets.get(partition) ?? Infinity)));
      }
    }
    before = folded;
    return durable;
  };
}

/** What the log in a folder may forget, and when. */
export interface RetentionOptions {
  readonly log: Pick<FolderLog, 'forget'>;
  /** Records stay at least so long. */
  readonly keepMs: number;
  /** Of each topic, the first offset of each partition that somebody may read again; what is not there stays whole. */
  readonly needed: () => Needed;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly report: (code: string, detail: Readonly<Record<string, unknown>>) => void;
}

/** Forgets at once, then in rounds. Gives what ends it. */
export function startRetention(options: RetentionOptions): () => Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  const run = async () => {
    while (!signal.aborted) {
      await forgetRound(options);
      await pause(ROUND_MS, undefined, { signal, ref: false }).catch(() => undefined);
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
  for (const [topic, partitions] of needed()) {
    for (const [partition, below] of partitions) {
      try {
        await log.forget(topic, partition, { below, before });
      } catch (error) {
        report('retention_failed', { topic, partition, error: (error as Error).message });
      }
    }
  }
}
