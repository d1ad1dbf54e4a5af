import { known, processors } from '#processors';
import { forgetBetween, workerOf } from '#cli/worker.ts';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { openConfluentRegistry } from '#runtime/registry/confluent.ts';
import { openLmdbStateStore } from '#runtime/state/lmdb.ts';
import { type ChildOrders, childOf } from './child.ts';

/** What a worker process is told. */
export interface WorkerOrders extends ChildOrders {
  /** Of its local state. */
  readonly folder: string;
  readonly app: string;
  /** Every processor is run, and what stands between stages is forgotten as soon as it may be. */
  readonly everything?: boolean;
}

// A worker as one process.

const orders = JSON.parse(process.argv[2] ?? '{}') as WorkerOrders;
const { step, report, inputEnds } = childOf(orders);
const { app, instance, partitions, everything = false } = orders;
const run = everything ? known : processors;
const log = await openKafkaLog({ brokers: orders.brokers, clientId: `fleetstream-${instance}`, report });
const registry = await openConfluentRegistry({ url: orders.registry });
const store = await openLmdbStateStore(orders.folder);
const saveMs = 500;
const worker = workerOf({ app, instance, processors: run, log, registry, store, partitions, saveMs, step, report });
const keep = { keepMs: 0, everyMs: 500 };
if (everything) forgetBetween(worker, { log, registry, all: run, partitions, report, ...keep });
const running = worker.run();
await Promise.race([running, inputEnds]);
await worker.stop();
await store.close();
await log.close();
process.exit(0);
