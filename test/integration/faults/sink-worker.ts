import { derived, tables } from '#schemas';
import { openSink } from '#cli/sink.ts';
import { ServerTarget } from '#runtime/clickhouse/server.ts';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { openConfluentRegistry } from '#runtime/registry/confluent.ts';
import { type ChildOrders, childOf } from './child.ts';

/** What a sink process is told. */
export interface SinkOrders extends ChildOrders {
  readonly clickhouse: string;
}

// A sink as one process.

const orders = JSON.parse(process.argv[2] ?? '{}') as SinkOrders;
const { step, report, inputEnds } = childOf(orders);
const { instance, partitions } = orders;
const log = await openKafkaLog({ brokers: orders.brokers, clientId: `fleetstream-${instance}`, report });
const registry = await openConfluentRegistry({ url: orders.registry });
const target = new ServerTarget({ url: orders.clickhouse, database: 'fleet', cluster: null });
await target.prepare(Object.values(tables), derived);
const standing = await openSink({ log, registry, target, tables: Object.values(tables), partitions, report, step });
await Promise.race([standing.failure, inputEnds]);
await standing.stop();
await target.close();
await log.close();
process.exit(0);
