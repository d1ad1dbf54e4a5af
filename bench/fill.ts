// Writes events into the log of a data folder, as the ingress would.
import { join } from 'node:path';
import { EVENTS_TOPIC, PARTITIONS_DEFAULT } from '#sdk';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { DEVICES, records } from './events.ts';

const [data = '', events = '0'] = process.argv.slice(2);
const log = await openEmbeddedLog({ path: join(data, 'log') });
const registry = await openEmbeddedRegistry(join(data, 'registry.json'));
await log.ensureTopics([{ name: EVENTS_TOPIC, partitions: PARTITIONS_DEFAULT, cleanup: 'delete' }]);
for await (const batch of records(registry, 0, Number(events), DEVICES, PARTITIONS_DEFAULT)) await log.append(batch);
await log.close();
