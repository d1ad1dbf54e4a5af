import { processors } from '#processors';
import { workerOf } from '#cli/worker.ts';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { openConfluentRegistry } from '#runtime/registry/confluent.ts';
import { openLmdbStateStore } from '#runtime/state/lmdb.ts';

/** What a worker process is told, as JSON in its first argument. */
export interface WorkerOrders {
  readonly brokers: readonly string[];
  readonly registry: string;
  /** Of its local state. */
  readonly folder: string;
  readonly app: string;
  readonly instance: string;
  readonly partitions: number;
  /** Kills itself by SIGKILL at the n-th time that it comes to this step. */
  readonly deadly?: string;
  readonly nth?: number;
}

// A worker as one process. It prints a line for each thing that it reports, and stops when its input ends.

const orders = JSON.parse(process.argv[2] ?? '{}') as WorkerOrders;
const { app, instance, partitions, deadly } = orders;
let left = orders.nth ?? 1;
const step = (name: string): void => {
  if (name !== deadly || --left > 0) return;
  process.kill(process.pid, 'SIGKILL');
};
const report = (code: string, detail: unknown): void => {
  process.stdout.write(`${code} ${JSON.stringify(detail)}\n`);
};

const log = await openKafkaLog({ brokers: orders.brokers, clientId: `fleetstream-${instance}`, report });
const registry = await openConfluentRegistry({ url: orders.registry });
const store = await openLmdbStateStore(orders.folder);
const saveMs = 500;
const worker = workerOf({ app, instance, processors, log, registry, store, partitions, saveMs, step, report });
const running = worker.run();
await Promise.race([running, new Promise<void>((ended) => process.stdin.resume().once('end', ended))]);
await worker.stop();
await store.close();
await log.close();
process.exit(0);
