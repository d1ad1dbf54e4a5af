// A worker in a thread of its own, started by threads.ts.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Worker } from '#runtime/engine/worker.ts';
import type { EngineMeasures } from '#runtime/telemetry/engine.ts';
import { aborted } from './interruption.ts';
import type { Service } from './service.ts';
import { openThreadTelemetry } from './telemetry.ts';
import type { Answers, FromThread, ToThread } from './threads.ts';
import { equipWorker, isFolding, type WorkerOrders } from './worker.ts';

const port = parentPort as MessagePort;
const stack = new AsyncDisposableStack();
const stop = new AbortController();
const { signal } = stop;
let worker: Worker | null = null;
const answers: { [Question in keyof Answers]: () => Answers[Question] | Promise<Answers[Question]> } = {
  isReady: () => worker !== null && isFolding(worker),
  counts: () => worker?.counts() ?? new Map(),
  standings: () => worker?.standings().catch(() => undefined),
};
port.on('message', (told: ToThread) => {
  if (told === 'stop') stop.abort();
  else void answer(told);
});
try {
  const report: Service['report'] = (...told) => tell({ report: told });
  const progress = (text: string) => report('thread_waits', { for: text });
  const measures: EngineMeasures = {
    sliced: (...told) => tell({ measured: ['sliced', ...told] }),
    committed: (...told) => tell({ measured: ['committed', ...told] }),
    restores: (...told) => tell({ measured: ['restores', ...told] }),
  };
  const orders = workerData as WorkerOrders;
  const telemetry = await openThreadTelemetry(orders.config, { measures, report });
  stack.defer(async () => telemetry?.close());
  worker = await equipWorker(orders, { stack, signal, report, progress }, telemetry?.engine);
  tell('open');
  await Promise.race([worker.run(), aborted(signal)]);
  await worker.stop();
  tell({ counts: worker.counts() });
  await stack.disposeAsync();
} catch (error) {
  await stack.disposeAsync().catch(() => undefined);
  // Told to stop before it had begun, it has nothing to say.
  if (!signal.aborted) throw error;
}
process.exit(0);

async function answer({ ask, port: to }: Exclude<ToThread, 'stop'>): Promise<void> {
  to.postMessage(await answers[ask]());
}

function tell(what: FromThread): void {
  port.postMessage(what);
}
