import { processors } from '#processors';
import { workerOf } from '#cli/worker.ts';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { openConfluentRegistry } from '#runtime/registry/confluent.ts';
import { openLmdbStateStore } from '#runtime/state/lmdb.ts';
import { type ChildOrders, childOf } from './child.ts';

/** What a worker process is told. */
export interface WorkerOrders extends ChildOrders {
  /** Of its local state. */
  readonly folder: string;
  readonly app: string;
}

// A worker as one process.

const orders = JSON.parse(process.argv[2] ?? '{}') as WorkerOrders;
const { step, report, inputEnds } = childOf(orders);
const { app, instance, partitions } = orders;
const log = await openKafkaLog({ brokers: orders.brokers, clientId: `fleetstream-${instance}`, report });
const registry = await openConfluentRegistry({ url: orders.registry });
const store = await openLmdbStateStore(orders.folder);
const saveMs = 500;
const worker = workerOf({ app, instance, processors, log, registry, store, partitions, saveMs, step, report });
const running = worker.run();
await Promise.race([running, inputEnds]);
await worker.stop();
await store.close();
await log.close();
process.exit(0);
