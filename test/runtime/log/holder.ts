// Holds the log in the folder of its argument, with one record in it, until it is killed.
import { openEmbeddedLog } from '../../../runtime/log/embedded/log.ts';

const log = await openEmbeddedLog({ path: process.argv[2] as string });
await log.ensureTopics([{ name: 'state', partitions: 1, cleanup: 'compact' }]);
await log.append([{ topic: 'state', partition: 0, key: null, value: Buffer.from('kept'), timestamp: 0 }]);
console.log('held');
setInterval(() => {}, 1000);
