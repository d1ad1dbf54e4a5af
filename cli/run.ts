import { availableParallelism } from 'node:os';
import type { Config } from '#runtime/config.ts';
import { openHealth } from './health.ts';
import { instanceOf } from './kafka.ts';
import { processorsOf } from './processors.ts';
import { runService, type Service, type Started } from './service.ts';
import { startThreads } from './threads.ts';

/** What `run` is told. */
export interface RunOptions {
  readonly config: Config;
  /** Names, or paths of files; all of the platform where none is given. */
  readonly processors: readonly string[];
  /** The app, which is the consumer group too. */
  readonly app: string;
  /** Threads that share the partitions; by default one a core. */
  readonly threads?: number | undefined;
}

/** Runs processors on Kafka until it is interrupted. Gives the exit code. */
export function run(options: RunOptions): Promise<number> {
  return runService(options.config, (service) => start(options, service));
}

async function start(options: RunOptions, { stack, report, progress }: Service): Promise<Started> {
  const { config, processors: names, app } = options;
  // A name that nobody knows is said before anything is started.
  const processors = await processorsOf(names);
  const count = Math.min(options.threads ?? availableParallelism(), config.partitions);
  progress(`starting ${count} thread${count === 1 ? '' : 's'}`);
  const threads = startThreads(count, { config, processors: names, app, instance: instanceOf(config) }, report);
  stack.defer(() => threads.stop());
  const health = await openHealth(config, threads.isReady, stack);
  const list = processors.map(({ name }) => name).join(', ');
  return { ready: `app ${app} runs ${list}; health ${health}/health/ready`, failure: threads.failure };
}
