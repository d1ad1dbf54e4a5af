// A worker in a thread of its own, started by threads.ts.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Worker } from '#runtime/engine/worker.ts';
import type { FromThread, ToThread } from './threads.ts';
import { equipWorker, type WorkerOrders } from './worker.ts';

const port = parentPort as MessagePort;
const stack = new AsyncDisposableStack();
const stop = Promise.withResolvers<void>();
let worker: Worker | null = null;
port.on('message', (told: ToThread) => {
  if (told === 'stop') stop.resolve();
  else told.postMessage((worker?.engine ?? null) !== null);
});
try {
  worker = await equipWorker(workerData as WorkerOrders, (...told) => tell(told), stack);
  tell('open');
  await Promise.race([worker.run(), stop.promise]);
  await worker.stop();
  await stack.disposeAsync();
} catch (error) {
  await stack.disposeAsync().catch(() => undefined);
  throw error;
}
process.exit(0);

function tell(what: FromThread): void {
  port.postMessage(what);
}
