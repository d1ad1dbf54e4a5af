// Writes events into a Kafka cluster, as the ingress would.
import { EVENTS_TOPIC, PARTITIONS_DEFAULT } from '#sdk';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { DEVICES, records } from './events.ts';

const [brokers = '', registryFile = '', events = '0', ...counts] = process.argv.slice(2);
const [partitions = PARTITIONS_DEFAULT, devices = DEVICES] = counts.map(Number);
const log = await openKafkaLog({ brokers: brokers.split(','), clientId: 'bench-fill' });
const registry = await openEmbeddedRegistry(registryFile);
await log.ensureTopics([{ name: EVENTS_TOPIC, partitions, cleanup: 'delete' }]);
const startedAt = performance.now();
for await (const batch of records(registry, 0, Number(events), devices, partitions)) await log.append(batch);
console.log(Number(events) / ((performance.now() - startedAt) / 1000));
await log.close();
