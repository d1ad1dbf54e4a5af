// Folds what the log of a data folder holds, as production does, and tells what it took: argv is the folder.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { PARTITIONS_DEFAULT } from '#sdk';
import { Engine } from '#runtime/engine/engine.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { openLmdbStateStore } from '#runtime/state/lmdb.ts';
import { anomaly } from '../../processors/anomaly/processor.ts';

/** What folding took, from the command on. */
export interface Folding {
  /** Until the state was there again, and the CPU that it took of all threads. */
  readonly openSeconds: number;
  readonly openCpuSeconds: number;
  readonly seconds: number;
  /** CPU of the thread that folds, and of all. */
  readonly threadMicros: number;
  readonly allMicros: number;
  /** Resident memory of its own at its greatest, and with mapped files, which the kernel takes back when it wants them. */
  readonly ownMiB: number;
  readonly mappedMiB: number;
}

const [data = ''] = process.argv.slice(2);
const log = await openEmbeddedLog({ path: join(data, 'log') });
const registry = await openEmbeddedRegistry(join(data, 'registry.json'));
const store = await openLmdbStateStore(join(data, 'state'));
const clock = { now: () => performance.now(), sleep: (ms: number) => pause(ms), yield: () => turn() };
const peak = { own: 0, mapped: 0 };
const sampling = setInterval(sample, 100);
const [opening, openingCpu] = [performance.now(), process.cpuUsage()];
const engine = await Engine.open({
  app: 'bench',
  processors: [anomaly],
  log,
  registry,
  store,
  clock,
  partitions: PARTITIONS_DEFAULT,
  report: (message, detail) => console.error(message, detail),
});
const [opened, openedCpu] = [performance.now(), process.cpuUsage(openingCpu)];
const [thread, all] = [process.threadCpuUsage(), process.cpuUsage()];
const running = engine.run();
while ((await engine.lag()) > 0) await Promise.race([pause(50), running]);
await engine.stop();
const [own, whole] = [process.threadCpuUsage(thread), process.cpuUsage(all)];
sample();
clearInterval(sampling);
const folding: Folding = {
  openSeconds: (opened - opening) / 1000,
  openCpuSeconds: (openedCpu.user + openedCpu.system) / 1e6,
  seconds: (performance.now() - opened) / 1000,
  threadMicros: own.user + own.system,
  allMicros: whole.user + whole.system,
  ownMiB: peak.own,
  mappedMiB: peak.mapped,
};
console.log(JSON.stringify(folding));
await store.close();
await log.close();

function sample(): void {
  const status = readFileSync('/proc/self/status', 'utf8');
  const mebibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024;
  peak.own = Math.max(peak.own, mebibytes('RssAnon'));
  peak.mapped = Math.max(peak.mapped, mebibytes('RssFile') + mebibytes('RssShmem'));
}
