// Rebuilds the log's file as a power loss could have left it, at many moments of a traced run, and opens each.
// Arguments: the folder of the traces, how many moments, the seed, the seed of the appended records.
// Prints one line of JSON: { cases, refused, lost, gaps, wrong, back, forgot, first }.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEmbeddedLog } from '../../../runtime/log/embedded/log.ts';
import { chance } from './chance.ts';
import { readNumbered } from './numbered.ts';
import { type FileEvent, readTrace } from './trace.ts';

/** A disk writes a sector whole or not at all. */
const SECTOR_BYTES = 512;
/** Appends that may stand in one batch, which is forgotten whole. */
const TOGETHER_MAX = 4;

const [folder, count, seed, recordSeed] = process.argv.slice(2) as [string, string, string, string];
const random = chance(Number(seed));
const events = readTrace(folder);
const begin = events.findIndex(({ kind }) => kind === 'renamed');
const results = {
  cases: 0,
  withUnsynced: 0,
  acknowledged: 0,
  refused: 0,
  lost: 0,
  gaps: 0,
  wrong: 0,
  back: 0,
  forgot: 0,
  first: '',
};
for (let i = 0; i < Number(count); i++) await tryAt(begin + 1 + random(events.length - begin));
console.log(JSON.stringify(results));

async function tryAt(moment: number): Promise<void> {
  const { image, unsynced } = imageAt(moment);
  const path = join(folder, 'image');
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  writeFileSync(join(path, 'log.mdb'), image);
  const acknowledged = linesBefore(moment, 'ACK').length;
  // What was being forgotten may be gone, and what was forgotten is.
  const startMax = Math.max(0, ...linesBefore(moment, 'FORGETS'));
  const startMin = Math.max(0, ...linesBefore(moment, 'FORGOT'));
  results.cases += 1;
  results.acknowledged += acknowledged;
  if (startMax > 0) results.forgot += 1;
  if (unsynced) results.withUnsynced += 1;
  const problem = await judge(path, acknowledged, startMin, startMax).catch((error: unknown) => {
    results.refused += 1;
    return `refused: ${String(error)}`;
  });
  if (problem !== '' && results.first === '') results.first = `moment ${moment}: ${problem}`;
}

async function judge(path: string, acknowledged: number, startMin: number, startMax: number): Promise<string> {
  const log = await openEmbeddedLog({ path });
  try {
    await log.ensureTopics([{ name: 'numbered', partitions: 3, cleanup: 'delete' }]);
    const { starts, right, told, wrong } = await readNumbered(log, Number(recordSeed), [0, 1, 2], startMax);
    const least = Math.min(...right);
    if (least < acknowledged) results.lost += acknowledged - least;
    // An append covers all partitions, so they must end together.
    if (Math.max(...right) !== least || told > 0) results.gaps += 1;
    results.wrong += wrong.length;
    const back = starts.some((start) => start <= startMin - TOGETHER_MAX);
    if (back) results.back += 1;
    const bad = least < acknowledged || Math.max(...right) !== least || told > 0 || wrong.length > 0 || back;
    return bad
      ? `${acknowledged} acknowledged, read ${right.join('/')}, told ${told}, wrong ${wrong[0]}, from ${starts.join('/')} where ${startMin} was forgotten`
      : '';
  } finally {
    await log.close();
  }
}

/** The numbers of the lines of one kind. */
function linesBefore(moment: number, kind: string): number[] {
  return events
    .slice(0, moment)
    .flatMap((event) =>
      event.kind === 'line' && event.text.startsWith(`${kind} `) ? [Number(event.text.slice(kind.length))] : [],
    );
}

/** Synced writes stand; of the later ones, any sectors may, in any order. */
function imageAt(moment: number): { image: Buffer; unsynced: boolean } {
  const past = events.slice(0, moment);
  const lastSync = past.findLastIndex(({ kind }) => kind === 'sync' || kind === 'renamed');
  const writes = past.map((event, index) => ({ event, index })).filter(isWrite);
  const length = Math.max(0, ...writes.map(({ event }) => event.position + event.bytes.length));
  const image = Buffer.alloc(length);
  let end = 0;
  let unsynced = false;
  const share = random(5);
  for (const { event, index } of writes) {
    const stands = index < lastSync || event.synchronous;
    if (!stands) unsynced = true;
    for (let from = 0; from < event.bytes.length; ) {
      const to = Math.min(event.bytes.length, from + SECTOR_BYTES - ((event.position + from) % SECTOR_BYTES));
      if (stands || random(4) < share) {
        event.bytes.copy(image, event.position + from, from, to);
        end = Math.max(end, event.position + to);
      }
      from = to;
    }
  }
  return { image: image.subarray(0, end), unsynced };
}

function isWrite(entry: {
  event: FileEvent;
  index: number;
}): entry is { event: Extract<FileEvent, { kind: 'write' }>; index: number } {
  return entry.event.kind === 'write';
}
