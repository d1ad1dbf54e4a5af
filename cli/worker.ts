import { join } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { EVENTS_TOPIC } from '#sdk';
import { tables } from '#schemas';
import type { Config } from '#runtime/config.ts';
import type { EngineObserver } from '#runtime/engine/observer.ts';
import { ownersOf } from '#runtime/engine/owners.ts';
import { Worker, type WorkerOptions } from '#runtime/engine/worker.ts';
import { type Archive, archivedLog } from '#runtime/log/archive/log.ts';
import type { KafkaLog } from '#runtime/log/kafka/log.ts';
import { allFold } from '#runtime/readiness.ts';
import {
  type BesideOptions,
  heldBetween,
  neededBeside,
  type RetentionOptions,
  startRetention,
} from '#runtime/retention.ts';
import { openLmdbStateStore, stateFileIn } from '#runtime/state/lmdb.ts';
import { instanceOf } from './cluster.ts';
import { openKafka } from './kafka.ts';
import { allBeside, processorsOf } from './processors.ts';
import { openRegistry } from './registry.ts';
import type { Service } from './service.ts';

/** What a worker is made of. */
export interface WorkerParts extends Omit<WorkerOptions, 'log' | 'writer' | 'clock' | 'group' | 'owners'> {
  readonly log: KafkaLog;
  /** Where events are that Kafka no longer has. */
  readonly archive?: Archive | undefined;
  /** Name of the worker among those of its app: the same after a restart. */
  readonly instance: string;
}

/** A worker of an app, whose consumer group has the app's name. It does not run yet, and asks nothing. */
export function workerOf({ instance, archive, ...parts }: WorkerParts): Worker {
  const { log, registry, app, processors, partitions, report } = parts;
  const names = processors.map(({ name }) => name);
  // Who does not say what it runs may run it.
  const isRun = async (other: string, processor: string) =>
    (await log.workOf(other)).some((work) => work?.includes(processor) ?? true);
  const owners = ownersOf({ log, registry, app, processors: names, isRun, now: Date.now });
  return new Worker({
    ...parts,
    log: archive === undefined ? log : archivedLog({ log, archive, ...(report && { report }) }),
    owners,
    // With a hyphen between, worker b-c of app a and worker c of app a-b would fence each other.
    writer: `${app}/${instance}`,
    clock: { now: () => performance.now(), sleep: (ms) => pause(ms), yield: () => turn() },
    group: log.group(app, EVENTS_TOPIC, partitions, names),
  });
}

/** Whether it holds its share, restored, and no processor stands still in it. */
export function isFolding({ engine }: Pick<Worker, 'engine'>): boolean {
  return engine !== null && allFold(engine.counts());
}

/** What a worker is told, as plain data that a thread can be sent. */
export interface WorkerOrders {
  /** Its `kafka.instance` is the worker's own. */
  readonly config: Config;
  readonly app: string;
  /** Names, or paths of files; all of the platform where none is given. */
  readonly processors: readonly string[];
  /** Whether events that Kafka no longer has are read from the archive in ClickHouse. */
  readonly archive: boolean;
}

/** Opens a worker with a connection and a state folder of its own, which the stack closes. */
export async function equipWorker(
  orders: WorkerOrders,
  service: Pick<Service, 'progress' | 'report' | 'signal' | 'stack'>,
  observer: EngineObserver | undefined,
): Promise<Worker> {
  const { config, app } = orders;
  const { report, stack } = service;
  const { partitions } = config;
  const instance = instanceOf(config);
  const processors = await processorsOf(orders.processors);
  const log = await openKafka(config, service);
  stack.defer(() => log.close());
  const registry = await openRegistry(config);
  const store = await openLmdbStateStore(folderOf(orders));
  stack.defer(() => store.close());
  const archive = orders.archive ? await openArchive(config, stack) : undefined;
  const all = await allBeside(config, processors);
  const worker = workerOf({
    app,
    instance,
    processors,
    all,
    log,
    registry,
    store,
    partitions,
    report,
    observer,
    archive,
  });
  const { between } = config.retention;
  if (between !== null) {
    const stop = forgetBetween(worker, { log, registry, all, partitions, report, keepMs: between * HOUR_MS });
    // A round waits for a cluster that is away, and who stops does not.
    stack.defer(() => void stop());
  }
  return worker;
}

/** What a worker forgets with. */
export type ForgetParts = Omit<BesideOptions, 'held'> & Pick<RetentionOptions, 'keepMs' | 'everyMs' | 'report'>;

/** Forgets what stands between stages, of the partitions that the worker holds. Gives what ends it. */
export function forgetBetween(worker: Worker, { log, keepMs, report, everyMs, ...parts }: ForgetParts) {
  const needed = neededBeside({ log, ...parts, held: () => heldBetween(worker.engine) });
  return startRetention({ log, keepMs, needed, now: Date.now, report, ...(everyMs !== undefined && { everyMs }) });
}

const HOUR_MS = 3_600_000;

/** Loaded where it is asked for, since most workers need no client of ClickHouse. */
async function openArchive(config: Config, stack: AsyncDisposableStack): Promise<Archive> {
  const { openServer } = await import('./server.ts');
  return openServer(config, stack).archive(tables.logArchive);
}

/** File of a worker's local state. */
export function stateFileOf(orders: WorkerOrders): string {
  return stateFileIn(folderOf(orders));
}

function folderOf({ config, app }: WorkerOrders): string {
  return join(config.data, 'apps', app, instanceOf(config));
}
