import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { addCounts, type ProcessorCounts, type Standing, together } from '#runtime/engine/standing.ts';
import type { EngineMeasures } from '#runtime/telemetry/engine.ts';
import { instanceOf } from './cluster.ts';
import { aborted } from './interruption.ts';
import type { Service } from './service.ts';
import { stateFileOf, type WorkerOrders } from './worker.ts';

/** What a thread answers; `standings` are undefined where it cannot tell them now. */
export interface Answers {
  readonly isReady: boolean;
  readonly counts: Counts;
  readonly standings: readonly Standing[] | undefined;
}

/** What a thread is sent: to stop, or a question and a port for the answer. */
export type ToThread = 'stop' | { readonly ask: keyof Answers; readonly port: MessagePort };

/** What a thread sends by itself: that its worker is open, a report, what its engine measured, its last counts. */
export type FromThread =
  | 'open'
  | { readonly report: Parameters<Service['report']> }
  | { readonly measured: Measured }
  | { readonly counts: Counts };

type Counts = ReadonlyMap<string, ProcessorCounts>;
type Measured = { [Name in keyof EngineMeasures]: [Name, ...Parameters<EngineMeasures[Name]>] }[keyof EngineMeasures];

/** Workers of one app, each in a thread. */
export interface Threads {
  /** Whether each folds its share. */
  isReady(): Promise<boolean>;
  /** How far every processor is behind, over all of them. */
  standings(): Promise<readonly Standing[]>;
  /** Rejects with the error of the first that fails. */
  readonly failure: Promise<unknown>;
}

/**
 * Starts threads that are members of the app's group, each under the instance's name with its number behind. The stack
 * stops them.
 */
export async function startThreads(orders: WorkerOrders, count: number, service: Service): Promise<Threads> {
  const { config } = orders;
  const { stack, signal, telemetry } = service;
  const shares = Array.from({ length: count }, (_, i) => {
    const kafka = { ...config.kafka, instance: `${instanceOf(config)}-${i}` };
    return { ...orders, config: { ...config, kafka } };
  });
  const threads = shares.map((share) => new Thread(share, service));
  const ended = Promise.all(threads.map((each) => each.ended));
  ended.catch(() => undefined);
  stack.defer(async () => {
    for (const thread of threads) thread.stop();
    await Promise.allSettled(threads.map((each) => each.ended));
    await ended;
  });
  const folding = foldingOf(threads);
  telemetry?.watch({ folding, stateFiles: shares.map(stateFileOf) });
  await Promise.race([Promise.all(threads.map(({ open }) => open)), ended, aborted(signal)]);
  signal.throwIfAborted();
  return {
    isReady: async () => (await Promise.all(threads.map((thread) => thread.ask('isReady')))).every(Boolean),
    standings: () => folding.standings(),
    failure: ended.then(() => new Promise<never>(() => undefined)),
  };
}

/** A slice's events fit: in Node's 48 more of them outlive a collection, and with them the buffers they are views of. */
const YOUNG_MIB = 72;

class Thread {
  readonly ended: Promise<unknown>;
  /** Resolves when its worker is open. */
  readonly open: Promise<void>;
  readonly #worker: Worker;
  /** What it told when it stopped. */
  #counts: Counts = new Map();

  constructor(workerData: WorkerOrders, { report, telemetry }: Service) {
    const open = Promise.withResolvers<void>();
    this.open = open.promise;
    this.#worker = new Worker(new URL('thread.ts', import.meta.url), {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    this.#worker.on('message', (told: FromThread) => {
      if (told === 'open') open.resolve();
      else if ('report' in told) report(...told.report);
      else if ('counts' in told) this.#counts = told.counts;
      else if (telemetry !== null) measure(telemetry.measures, told.measured);
    });
    this.ended = once(this.#worker, 'exit');
  }

  stop(): void {
    this.#worker.postMessage('stop' satisfies ToThread);
  }

  async counts(): Promise<Counts> {
    return (await this.ask('counts')) ?? this.#counts;
  }

  /** Undefined where it has ended. */
  async ask<Question extends keyof Answers>(ask: Question): Promise<Answers[Question] | undefined> {
    const { port1, port2 } = new MessageChannel();
    this.#worker.postMessage({ ask, port: port2 } satisfies ToThread, [port2]);
    const answered = once(port1, 'message') as Promise<[Answers[Question]]>;
    const over = this.ended.then(() => [undefined] as const);
    try {
      return (await Promise.race([answered, over]))[0];
    } finally {
      port1.close();
    }
  }
}

/** The threads as one that folds. */
function foldingOf(threads: readonly Thread[]) {
  return {
    async counts(): Promise<Counts> {
      const sums = new Map<string, ProcessorCounts>();
      for (const counts of await Promise.all(threads.map((thread) => thread.counts()))) {
        for (const [processor, each] of counts) addCounts(sums, processor, each);
      }
      return sums;
    },
    async standings(): Promise<readonly Standing[]> {
      const parts = await Promise.all(threads.map((thread) => thread.ask('standings')));
      // The sum of some would be taken for the whole.
      return parts.includes(undefined) ? [] : together(parts.flatMap((part) => part ?? []));
    },
  };
}

function measure(measures: EngineMeasures, [name, ...told]: Measured): void {
  (measures[name] as (...told: unknown[]) => void)(...told);
}
