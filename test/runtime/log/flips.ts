// Damages copies of a closed log, opens and reads each, and counts what came of it.
// Arguments: the log's folder, `byte` for any byte, `page` for one of the pages that LMDB itself reads, or `truncate`, how many cases, the seed, the seed of its records, its appends.
// Prints one line of JSON: { cases, openRefused, readRefused, harmless, wrong, first }.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEmbeddedLog } from '../../../runtime/log/embedded/log.ts';
import { LogError } from '../../../runtime/log/log.ts';
import { chance } from './chance.ts';
import { readNumbered } from './numbered.ts';

const [folder, how, count, seed, recordSeed, appends] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const random = chance(Number(seed));
const whole = readFileSync(join(folder, 'log.mdb'));
const results = { cases: 0, openRefused: 0, readRefused: 0, harmless: 0, wrong: 0, first: '' };
const path = join(folder, 'damaged');
const PAGE_BYTES = 4096;
/** Meta, branch and leaf pages; the rest holds values. */
const treePages = Array.from({ length: whole.length / PAGE_BYTES }, (_, page) => page * PAGE_BYTES).filter((at) =>
  [1, 2, 8].includes(whole.readUInt16LE(at + 18)),
);
for (let i = 0; i < Number(count); i++) await damage();
console.log(JSON.stringify(results));

async function damage(): Promise<void> {
  const place = how === 'page' ? (pick(treePages) as number) + random(PAGE_BYTES) : random(whole.length);
  const bit = random(8);
  const damaged = how === 'truncate' ? whole.subarray(0, place) : Buffer.from(whole);
  if (how !== 'truncate') damaged[place] = (damaged[place] as number) ^ (1 << bit);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  writeFileSync(join(path, 'log.mdb'), damaged);
  // Told before the log is opened, so that a crash of the process names its case.
  writeFileSync(join(folder, 'case'), `${how} at ${place}, bit ${bit}`);
  results.cases += 1;
  const problem = await judge();
  if (problem !== '') {
    results.wrong += 1;
    if (results.first === '') results.first = `${how} at ${place}, bit ${bit}: ${problem}`;
  }
}

function pick<T>(items: readonly T[]): T | undefined {
  return items[random(items.length)];
}

async function judge(): Promise<string> {
  const log = await openEmbeddedLog({ path }).catch((error: unknown) => {
    if (!(error instanceof LogError) || error.code !== 'record_corrupt') throw error;
    return null;
  });
  if (log === null) {
    results.openRefused += 1;
    return '';
  }
  try {
    const { right, told, wrong } = await readNumbered(log, Number(recordSeed));
    if (wrong.length > 0) return `wrong ${wrong[0]}`;
    const complete = right.filter((numbers) => numbers === Number(appends)).length;
    if (complete + told < right.length) return `read ${right.join('/')} of ${appends}, and told of ${told}`;
    if (told === 0) results.harmless += 1;
    else results.readRefused += 1;
    // New pages are taken from the lists of free ones, which may be what was damaged.
    const record = { topic: 'numbered', partition: 0, key: null, value: Buffer.alloc(9_000), timestamp: 0 };
    for (let i = 0; i < 3 && told === 0; i++) await log.append([record]);
    const after = await readNumbered(log, Number(recordSeed), [1, 2]);
    return after.wrong.length > 0 || (told === 0 && after.told > 0) ? 'an append spoiled what stood' : '';
  } finally {
    await log.close();
  }
}
