// From the first event folded to the last one committed, exactly once, over a Kafka topic that was filled before.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PARTITIONS_DEFAULT } from '#sdk';
import { processors } from '#processors';
import { workerOf } from '#cli/worker.ts';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { openLmdbStateStore } from '#runtime/state/lmdb.ts';
import { startKafka } from '../test/stack/index.ts';
import { dataFolder, run, tell } from './house.ts';

const events = Number(process.argv[2] ?? 1_000_000);
const partitions = Number(process.argv[3] ?? PARTITIONS_DEFAULT);
const data = dataFolder();
const kafka = await startKafka();
const registryFile = join(data, 'registry.json');
await run([
  join(import.meta.dirname, 'fill-kafka.ts'),
  kafka.brokers.join(),
  registryFile,
  String(events),
  String(partitions),
]);
const log = await openKafkaLog({ brokers: kafka.brokers, clientId: 'bench' });
const registry = await openEmbeddedRegistry(registryFile);
const store = await openLmdbStateStore(join(data, 'state'));
const worker = workerOf({ app: 'bench', instance: 'a', processors, log, registry, store, partitions });
const running = worker.run();
while (worker.engine === null) await Promise.race([pause(1), running]);
const engine = worker.engine;
const startedAt = performance.now();
const cpu = process.cpuUsage();
let halfAt = 0;
for (;;) {
  const lag = await engine.lag();
  if (halfAt === 0 && lag <= events / 2) halfAt = performance.now();
  if (lag === 0) break;
  await Promise.race([pause(20), running]);
}
await engine.commit();
await engine.settled();
const endedAt = performance.now();
const { user, system } = process.cpuUsage(cpu);
tell('Kafka backlog, exactly once', 'events/s', events / ((endedAt - startedAt) / 1000));
tell('Kafka backlog, second half', 'events/s', events / 2 / ((endedAt - halfAt) / 1000));
tell('Kafka backlog cpu of the app', 'us/event', (user + system) / events);
tell('Kafka backlog memory', 'MiB', process.resourceUsage().maxRSS / 1024);
await worker.stop();
await log.close();
await store.close();
await kafka.close();
process.exit(0);
