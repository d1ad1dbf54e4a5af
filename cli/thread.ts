// One thread of `fleetstream run`: a member of the app's group with connections, a transactional id and a state folder of its own.
import { once } from 'node:events';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { openLmdbStateStore } from '#runtime/state/lmdb.ts';
import { openKafka } from './kafka.ts';
import { processorsOf } from './processors.ts';
import { openRegistry } from './registry.ts';
import type { ThreadOrders, ThreadSaid } from './threads.ts';
import { openWorker } from './worker.ts';

const READY_MS = 250;

if (parentPort === null) throw new Error('thread_alone: this file is started by `fleetstream run`; run that');
const port = parentPort;
const say = (said: ThreadSaid) => port.postMessage(said);
const { config, processors: names, app, instance } = workerData as ThreadOrders;
const stopped = once(port, 'message');
const report = (code: string, detail: Readonly<Record<string, unknown>>) => say({ code, detail });

await using stack = new AsyncDisposableStack();
const processors = await processorsOf(names);
const log = await openKafka(config, report, instance);
stack.defer(() => log.close());
const registry = await openRegistry(config);
const store = await openLmdbStateStore(join(config.data, 'apps', app, instance));
stack.defer(() => store.close());
const { partitions } = config;
const worker = await openWorker({ app, instance, processors, log, registry, store, partitions, report });
const running = worker.run();
const telling = setInterval(() => say({ isReady: worker.engine !== null }), READY_MS);
stack.defer(() => clearInterval(telling));
await Promise.race([stopped, running]);
await worker.stop();
port.close();
