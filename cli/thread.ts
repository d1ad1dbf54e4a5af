// A worker in a thread of its own, started by threads.ts.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Worker } from '#runtime/engine/worker.ts';
import { aborted } from './interruption.ts';
import type { Service } from './service.ts';
import type { FromThread, ToThread } from './threads.ts';
import { equipWorker, isFolding, type WorkerOrders } from './worker.ts';

const port = parentPort as MessagePort;
const stack = new AsyncDisposableStack();
const stop = new AbortController();
const { signal } = stop;
let worker: Worker | null = null;
port.on('message', (told: ToThread) => {
  if (told === 'stop') stop.abort();
  else told.postMessage(worker !== null && isFolding(worker));
});
try {
  const report: Service['report'] = (...told) => tell(told);
  const progress = (text: string) => report('thread_waits', { for: text });
  worker = await equipWorker(workerData as WorkerOrders, { stack, signal, report, progress });
  tell('open');
  await Promise.race([worker.run(), aborted(signal)]);
  await worker.stop();
  await stack.disposeAsync();
} catch (error) {
  await stack.disposeAsync().catch(() => undefined);
  // Told to stop before it had begun, it has nothing to say.
  if (!signal.aborted) throw error;
}
process.exit(0);

function tell(what: FromThread): void {
  port.postMessage(what);
}
