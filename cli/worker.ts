import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { EVENTS_TOPIC } from '#sdk';
import { ownersOf } from '#runtime/engine/owners.ts';
import { Worker, type WorkerOptions } from '#runtime/engine/worker.ts';
import type { KafkaLog } from '#runtime/log/kafka/log.ts';

/** What a worker on Kafka is made of. */
export interface WorkerParts extends Omit<WorkerOptions, 'log' | 'writer' | 'clock' | 'group' | 'owners'> {
  readonly log: KafkaLog;
  /** Name of the worker among those of its app: the same after a restart. */
  readonly instance: string;
}

/** A worker of an app, whose consumer group has the app's name. It does not run yet, and asks nothing. */
export function workerOf({ instance, ...parts }: WorkerParts): Worker {
  const { log, registry, app, processors, partitions } = parts;
  const owners = ownersOf({
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
    group: log.group(app, EVENTS_TOPIC, partitions),
  });
}
