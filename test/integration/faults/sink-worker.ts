import { derived, tables } from '#schemas';
import { openSink } from '#cli/sink.ts';
import { ServerTarget } from '#runtime/clickhouse/server.ts';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { openConfluentRegistry } from '#runtime/registry/confluent.ts';

/** What a sink process is told, as JSON in its first argument. */
export interface SinkOrders {
  readonly brokers: readonly string[];
  readonly registry: string;
  readonly clickhouse: string;
  readonly instance: string;
  readonly partitions: number;
  /** Kills itself by SIGKILL at the n-th time that it comes to this step. */
  readonly deadly?: string;
  readonly nth?: number;
}

// A sink as one process. It prints a line for each thing that it reports, and stops when its input ends.

const orders = JSON.parse(process.argv[2] ?? '{}') as SinkOrders;
const { instance, partitions, deadly } = orders;
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
const target = new ServerTarget({ url: orders.clickhouse, database: 'fleet', cluster: null });
await target.prepare(Object.values(tables), derived);
const standing = await openSink({ log, registry, target, tables: Object.values(tables), partitions, report, step });
await Promise.race([standing.failure, new Promise<void>((ended) => process.stdin.resume().once('end', ended))]);
await standing.stop();
await target.close();
await log.close();
process.exit(0);
