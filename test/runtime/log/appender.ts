// Appends numbered records to the log in a folder, and writes a line to stdout after each acknowledgement.
// Arguments: the folder, how many appends, the seed of their sizes, and after how many appends all but the newest few
// are forgotten, with a line before and one behind; never without it.
import { writeSync } from 'node:fs';
import { openEmbeddedLog } from '../../../runtime/log/embedded/log.ts';
import { PARTITIONS, recordsOfAppend } from './numbered.ts';

const [path, count, seed, every = '0'] = process.argv.slice(2) as [string, string, string, string?];
const log = await openEmbeddedLog({ path });
await log.ensureTopics([{ name: 'numbered', partitions: PARTITIONS, cleanup: 'delete' }]);
writeSync(1, 'READY\n');
const KEPT = 6;
const appends = Number(count);
for (let first = 0; first < appends; ) {
  // Now one alone, now several that share a transaction.
  const together = Math.min(appends - first, 1 + ((first * 7) % 4));
  await Promise.all(Array.from({ length: together }, async (_, i) => append(first + i)));
  first += together;
  if (Number(every) > 0 && first % Number(every) < together) await forget(first - KEPT);
}
await log.close();

async function forget(below: number): Promise<void> {
  writeSync(1, `FORGETS ${below}\n`);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    await log.forget('numbered', partition, { below, before: Number.POSITIVE_INFINITY });
  }
  writeSync(1, `FORGOT ${below}\n`);
}

async function append(number: number): Promise<void> {
  await log.append(recordsOfAppend(number, Number(seed)));
  writeSync(1, `ACK ${number}\n`);
}
