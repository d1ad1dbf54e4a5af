import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { instanceOf } from './cluster.ts';
import { aborted } from './interruption.ts';
import type { Service } from './service.ts';
import type { WorkerOrders } from './worker.ts';

/** What a thread is sent: to stop, or a port on which to answer whether it folds its share. */
export type ToThread = 'stop' | MessagePort;

/** What a thread sends by itself: that its worker is open, or the arguments of a report. */
export type FromThread = 'open' | Parameters<Service['report']>;

/** Workers of one app, each in a thread. */
export interface Threads {
  /** Whether each folds its share. */
  isReady(): Promise<boolean>;
  /** Rejects with the error of the first that fails. */
  readonly failure: Promise<unknown>;
}

/**
 * Starts threads that are members of the app's group, each under the instance's name with its number behind. The stack
 * stops them.
 */
export async function startThreads(orders: WorkerOrders, count: number, service: Service): Promise<Threads> {
  const { config } = orders;
  const { report, stack, signal } = service;
  const threads = Array.from({ length: count }, (_, i) => {
    const kafka = { ...config.kafka, instance: `${instanceOf(config)}-${i}` };
    return startThread({ ...orders, config: { ...config, kafka } }, report);
  });
  const ended = Promise.all(threads.map((each) => each.ended));
  ended.catch(() => undefined);
  stack.defer(async () => {
    for (const { thread } of threads) thread.postMessage('stop' satisfies ToThread);
    await Promise.allSettled(threads.map((each) => each.ended));
    await ended;
  });
  await Promise.race([Promise.all(threads.map(({ open }) => open)), ended, aborted(signal)]);
  signal.throwIfAborted();
  return {
    isReady: async () => (await Promise.all(threads.map(({ thread }) => ask(thread)))).every(Boolean),
    failure: ended.then(() => new Promise<never>(() => undefined)),
  };
}

function startThread(workerData: WorkerOrders, report: Service['report']) {
  const thread = new Worker(new URL('thread.ts', import.meta.url), { workerData });
  const open = Promise.withResolvers<void>();
  thread.on('message', (message: FromThread) => {
    if (message === 'open') open.resolve();
    else report(...message);
  });
  return { thread, open: open.promise, ended: once(thread, 'exit') };
}

async function ask(thread: Worker): Promise<boolean> {
  const { port1, port2 } = new MessageChannel();
  thread.postMessage(port2, [port2]);
  const [isReady] = (await once(port1, 'message')) as [boolean];
  port1.close();
  return isReady;
}
