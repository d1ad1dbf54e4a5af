import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Config } from '#runtime/config.ts';

/** What a thread is started with. */
export interface ThreadOrders {
  readonly config: Config;
  /** Names, or paths of files, loaded in the thread. */
  readonly processors: readonly string[];
  readonly app: string;
  /** Name of the thread among the workers of its app: the same after a restart. */
  readonly instance: string;
}

/** What a thread says. */
export type ThreadSaid =
  | { readonly isReady: boolean }
  | { readonly code: string; readonly detail: Readonly<Record<string, unknown>> };

/** Threads that fold, each a member of the app's group by itself. */
export interface Threads {
  /** True while each of them holds its share of the partitions. */
  readonly isReady: () => boolean;
  /** Rejects with the error of the first thread that can go no further; never resolves. */
  readonly failure: Promise<never>;
  /** Has each commit what it folded, and waits until all have ended. */
  stop(): Promise<void>;
}

/** Starts `count` threads. They share nothing in memory: Kafka shares the partitions out among them. */
export function startThreads(
  count: number,
  { instance, ...orders }: ThreadOrders,
  report: (code: string, detail: Readonly<Record<string, unknown>>) => void,
): Threads {
  const ready = new Set<number>();
  const { promise: failure, reject } = Promise.withResolvers<never>();
  failure.catch(() => undefined);
  const threads = Array.from({ length: count }, (_, i) => {
    const workerData: ThreadOrders = { ...orders, instance: threadName(instance, i) };
    const thread = new Worker(new URL('thread.ts', import.meta.url), { workerData });
    thread.on('message', (said: ThreadSaid) => {
      if ('code' in said) report(said.code, { thread: i, ...said.detail });
      else if (said.isReady) ready.add(i);
      else ready.delete(i);
    });
    thread.on('error', reject);
    thread.on('exit', (code) => {
      ready.delete(i);
      reject(new Error(`thread_ended: thread ${i} ended with ${code} before it was asked to; start the process again`));
    });
    return thread;
  });
  return {
    isReady: () => ready.size === count,
    failure,
    async stop() {
      await Promise.all(
        threads.map(async (thread) => {
          // One that has ended by itself has no more an id.
          if (thread.threadId === -1) return;
          const ended = once(thread, 'exit');
          // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
          thread.postMessage('stop');
          await ended;
        }),
      );
    },
  };
}

/** Its name in the cluster, in the transactional id, and of its folder. */
function threadName(instance: string, thread: number): string {
  return `${instance}-${thread}`;
}
