import { join } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { EVENTS_TOPIC } from '#sdk';
import type { Config } from '#runtime/config.ts';
import { openOwners } from '#runtime/engine/owners.ts';
import { Worker, type WorkerOptions } from '#runtime/engine/worker.ts';
import type { KafkaLog } from '#runtime/log/kafka/log.ts';
import { openLmdbStateStore } from '#runtime/state/lmdb.ts';
import { instanceOf, openKafka } from './kafka.ts';
import { processorsOf } from './processors.ts';
import { openRegistry } from './registry.ts';

/** What a worker is made of. */
export interface WorkerParts extends Omit<WorkerOptions, 'log' | 'writer' | 'clock' | 'group' | 'owners'> {
  readonly log: KafkaLog;
  /** Name of the worker among those of its app: the same after a restart. */
  readonly instance: string;
}

/** A worker of an app, whose consumer group has the app's name. It does not run yet. */
export async function openWorker({ instance, ...parts }: WorkerParts): Promise<Worker> {
  const { log, registry, app, processors, partitions } = parts;
  const owners = await openOwners({
    log,
    registry,
    app,
    processors: processors.map(({ name }) => name),
    isAlive: async (other) => (await log.membersOf(other)) > 0,
    now: Date.now,
  });
  return new Worker({
    ...parts,
    owners,
    writer: `${app}-${instance}`,
    clock: { now: () => performance.now(), sleep: (ms) => pause(ms), yield: () => turn() },
    group: await log.group(app, EVENTS_TOPIC, partitions),
  });
}

/** What a worker is told, as plain data that a thread can be sent. */
export interface WorkerOrders {
  /** Its `kafka.instance` is the worker's own. */
  readonly config: Config;
  readonly app: string;
  /** Names, or paths of files; all of the platform where none is given. */
  readonly processors: readonly string[];
}

/** Opens a worker with a connection and a state folder of its own, which the stack closes. */
export async function equipWorker(
  { config, app, processors: names }: WorkerOrders,
  report: (code: string, detail: Readonly<Record<string, unknown>>) => void,
  stack: AsyncDisposableStack,
): Promise<Worker> {
  const { partitions } = config;
  const instance = instanceOf(config);
  const processors = await processorsOf(names);
  const log = await openKafka(config, report);
  stack.defer(() => log.close());
  const registry = await openRegistry(config);
  const store = await openLmdbStateStore(join(config.data, 'apps', app, instance));
  stack.defer(() => store.close());
  return openWorker({ app, instance, processors, log, registry, store, partitions, report });
}
