import { availableParallelism } from 'node:os';
import { schemasOf } from '#runtime/engine/graph.ts';
import type { Standing } from '#runtime/engine/standing.ts';
import { upstreamsOf } from '#runtime/readiness.ts';
import { openHealth } from './health.ts';
import { allBeside, processorsOf } from './processors.ts';
import { openRegistry, registerAll } from './registry.ts';
import { runService, type Service, type Started } from './service.ts';
import { startThreads } from './threads.ts';
import { equipWorker, isFolding, stateFileOf, type WorkerOrders } from './worker.ts';

/** How often it is looked for what a stage waits for. */
const WATCH_MS = 10_000;

/** What `run` is told; the app is the consumer group too. */
export interface RunOptions extends WorkerOrders {
  /** Workers side by side, each in a thread; by default as many as the machine has cores. */
  readonly threads?: number | undefined;
}

/** Runs processors on Kafka until it is interrupted. Gives the exit code. */
export async function run({ threads = availableParallelism(), ...orders }: RunOptions): Promise<number> {
  // A name that is wrong is refused before anything starts.
  const processors = await processorsOf(orders.processors);
  await allBeside(orders.config, processors);
  return runService(orders.config, async (service) => {
    const count = Math.min(threads, orders.config.partitions);
    const list = processors.map(({ name }) => name).join(', ');
    const health = await openHealth(orders.config, service.stack);
    service.progress('connecting to Kafka');
    const { isReady, standings, failure } = await (count === 1
      ? inThisThread(orders, service)
      : inThreads(orders, count, service));
    const upstreams = upstreamsOf(standings, () => performance.now(), service.report);
    health.began({ processors: isReady, upstreams });
    // Also where nobody asks for its health the log says what is missing.
    const watch = setInterval(() => void upstreams().catch(() => undefined), WATCH_MS);
    service.stack.defer(() => clearInterval(watch));
    const where = count === 1 ? '' : ` in ${count} threads`;
    return { ready: `app ${orders.app} runs ${list}${where}; health ${health.url}`, failure };
  });
}

interface Running extends Pick<Started, 'failure'> {
  readonly standings: () => Promise<readonly Standing[]>;
  readonly isReady: () => boolean | Promise<boolean>;
}

async function inThisThread(orders: WorkerOrders, service: Service): Promise<Running> {
  const { telemetry } = service;
  const worker = await equipWorker(orders, service, telemetry?.engine);
  telemetry?.watch({ folding: worker, stateFiles: [stateFileOf(orders)] });
  const running = worker.run();
  running.catch(() => undefined);
  service.stack.defer(() => worker.stop());
  const standings = () => worker.standings();
  return {
    isReady: () => isFolding(worker),
    standings,
    failure: running.then(() => new Promise<never>(() => undefined)),
  };
}

async function inThreads(orders: WorkerOrders, count: number, service: Service): Promise<Running> {
  const { progress, signal } = service;
  // A registry that is a file has one writer.
  const records = schemasOf(await processorsOf(orders.processors)).map(({ avro }) => avro);
  await registerAll(await openRegistry(orders.config), records, { say: progress, signal });
  return startThreads(orders, count, service);
}
