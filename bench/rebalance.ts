// How long a worker on Kafka folds nothing while another one joins its app, and leaves it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { processors } from '#processors';
import { workerOf } from '#cli/worker.ts';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { openLmdbStateStore } from '#runtime/state/lmdb.ts';
import { startKafka } from '../test/stack/index.ts';
import { dataFolder, run, tell } from './house.ts';

const ROUNDS = 3;
const REST_MS = 5_000;
const EVENTS = Number(process.argv[2] ?? 200_000);
/** Each has a state in both processors. */
const DEVICES = Number(process.argv[3] ?? 10_000);

for (const partitions of [12, 64]) await measure(partitions);
process.exit(0);

async function measure(partitions: number): Promise<void> {
  const data = dataFolder();
  const kafka = await startKafka();
  const brokers = kafka.brokers.join();
  const registryFile = join(data, 'registry.json');
  const counts = [EVENTS, partitions, DEVICES].map(String);
  await run([join(import.meta.dirname, 'fill-kafka.ts'), brokers, registryFile, ...counts]);
  const log = await openKafkaLog({ brokers: kafka.brokers, clientId: 'bench' });
  const registry = await openEmbeddedRegistry(registryFile);
  const store = await openLmdbStateStore(join(data, 'state'));
  const shares: Share[] = [];
  const report = (code: string, { partitions: held }: Readonly<Record<string, unknown>>) => {
    if (code === 'share_begins') shares.push({ at: performance.now(), count: (held as readonly number[]).length });
  };
  const worker = workerOf({ app: 'bench', instance: 'a', processors, log, registry, store, partitions, report });
  const running = worker.run();
  /** Until it folds a share of so many partitions that began after the known ones. */
  const folds = async (count: number, known: number): Promise<Share> => {
    for (;;) {
      const last = shares.at(-1);
      if (last !== undefined && shares.length > known && last.count === count && worker.engine !== null) return last;
      await Promise.race([pause(1), running]);
    }
  };
  const moved = async (what: string, count: number) => {
    const known = shares.length;
    while (worker.engine !== null) await Promise.race([pause(1), running]);
    const endedAt = performance.now();
    const { at } = await folds(count, known);
    tell(`${partitions} partitions, another ${what}: until the share`, 'ms', at - endedAt);
    tell(`${partitions} partitions, another ${what}: until it folds`, 'ms', performance.now() - at);
  };

  await folds(partitions, 0);
  while ((await worker.engine?.lag()) !== 0) await Promise.race([pause(20), running]);
  for (let round = 0; round < ROUNDS; round++) {
    const args = [brokers, registryFile, join(data, 'guest'), String(partitions)];
    const file = join(import.meta.dirname, 'guest.ts');
    const guest = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'inherit', 'inherit'] });
    const exited = once(guest, 'exit');
    await moved('joins', partitions / 2);
    // By then the guest folds too, and rests.
    await pause(REST_MS);
    guest.stdin.end();
    await moved('leaves', partitions);
    await exited;
  }
  await worker.stop();
  await log.close();
  await store.close();
  await kafka.close();
}

interface Share {
  readonly at: number;
  readonly count: number;
}
