import { setTimeout as pause } from 'node:timers/promises';
import type { FolderLog } from './log/embedded/log.ts';

/** Between two rounds, each of which looks at the oldest batch of each partition. */
const ROUND_MS = 60_000;

/** What the log in a folder may forget, and when. */
export interface RetentionOptions {
  readonly log: Pick<FolderLog, 'forget'>;
  /** Records stay at least so long. */
  readonly keepMs: number;
  /** Of each topic, the first offset of each partition that somebody may read again; what is not there stays whole. */
  readonly needed: () => ReadonlyMap<string, ReadonlyMap<number, number>>;
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
