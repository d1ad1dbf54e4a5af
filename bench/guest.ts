// A worker in a process of its own, which joins the app of a benchmark and leaves when its input ends.
import { processors } from '#processors';
import { workerOf } from '#cli/worker.ts';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { openLmdbStateStore } from '#runtime/state/lmdb.ts';

const [brokers = '', registryFile = '', folder = '', partitions = '0'] = process.argv.slice(2);
const log = await openKafkaLog({ brokers: brokers.split(','), clientId: 'guest' });
const registry = await openEmbeddedRegistry(registryFile);
const store = await openLmdbStateStore(folder);
const own = { app: 'bench', instance: 'guest', partitions: Number(partitions) };
const worker = workerOf({ ...own, processors, log, registry, store });
const running = worker.run();
await Promise.race([running, new Promise<void>((ended) => process.stdin.resume().once('end', ended))]);
await worker.stop();
await store.close();
await log.close();
process.exit(0);
