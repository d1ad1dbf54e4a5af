// Appends until the file may grow no more, lifts the limit, and appends on. Argument: the folder.
// Prints one line of JSON: { before, refusals, codes, after, read, reread }.
import { execFileSync } from 'node:child_process';
import { openEmbeddedLog } from '../../../runtime/log/embedded/log.ts';
import { type Log, LogError, type NewRecord } from '../../../runtime/log/log.ts';
import { readAll } from '../../contract/read-all.ts';

const path = process.argv[2] as string;
const log = await openEmbeddedLog({ path });
await log.ensureTopics([{ name: 'numbered', partitions: 1, cleanup: 'delete' }]);
const acknowledged: number[] = [];
const codes = new Set<string>();
let number = 0;
let refusals = 0;
while (refusals < 20) await Promise.all([attempt(), attempt(), attempt()]);
const before = acknowledged.length;
execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited']);
for (let i = 0; i < 20; i++) await attempt();
const read = await numbers(log);
await log.close();
const again = await openEmbeddedLog({ path });
const reread = await numbers(again);
await again.close();
const same = (found: number[]) => JSON.stringify(found) === JSON.stringify(acknowledged);
console.log(
  JSON.stringify({
    before,
    refusals,
    codes: [...codes],
    after: acknowledged.length - before,
    read: same(read),
    reread: same(reread),
  }),
);

async function attempt(): Promise<void> {
  const mine = number++;
  const value = Buffer.alloc(20_000);
  value.writeUInt32BE(mine);
  const record: NewRecord = { topic: 'numbered', partition: 0, key: null, value, timestamp: 0 };
  try {
    await log.append([record]);
    acknowledged.push(mine);
  } catch (error) {
    refusals += 1;
    codes.add(error instanceof LogError ? error.code : String(error));
  }
}

async function numbers(from: Log): Promise<number[]> {
  return (await readAll(from, 'numbered', 0)).map(({ value }) => Buffer.from(value as Uint8Array).readUInt32BE(0));
}
