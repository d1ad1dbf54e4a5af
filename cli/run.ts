import { join } from 'node:path';
import type { Config } from '#runtime/config.ts';
import { openLmdbStateStore, stateFileIn } from '#runtime/state/lmdb.ts';
import { openHealth } from './health.ts';
import { instanceOf, openKafka } from './kafka.ts';
import { processorsOf } from './processors.ts';
import { openRegistry } from './registry.ts';
import { runService, type Service, type Started } from './service.ts';
import { openWorker } from './worker.ts';

/** What `run` is told. */
export interface RunOptions {
  readonly config: Config;
  /** Names, or paths of files; all of the platform where none is given. */
  readonly processors: readonly string[];
  /** The app, which is the consumer group too. */
  readonly app: string;
}

/** Runs processors on Kafka until it is interrupted. Gives the exit code. */
export function run(options: RunOptions): Promise<number> {
  return runService(options.config, (service) => start(options, service));
}

async function start({ config, processors: names, app }: RunOptions, service: Service): Promise<Started> {
  const { stack, report, progress, telemetry } = service;
  const { partitions } = config;
  const processors = await processorsOf(names);
  progress('connecting to Kafka');
  const log = await openKafka(config, report);
  stack.defer(() => log.close());
  const registry = await openRegistry(config);
  const folder = join(config.data, 'apps', app, instanceOf(config));
  const store = await openLmdbStateStore(folder);
  stack.defer(() => store.close());
  const instance = instanceOf(config);
  const observer = telemetry?.engine;
  const worker = await openWorker({ app, instance, processors, log, registry, store, partitions, report, observer });
  telemetry?.watch({ folding: worker, stateFile: stateFileIn(folder) });
  const health = await openHealth(config, () => worker.engine !== null, stack);
  const running = worker.run();
  running.catch(() => undefined);
  stack.defer(() => worker.stop());
  const failure = running.then(() => new Promise<never>(() => undefined));
  const list = processors.map(({ name }) => name).join(', ');
  return { ready: `app ${app} runs ${list}; health ${health}/health/ready`, failure };
}
