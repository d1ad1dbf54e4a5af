// Events from the log into log_archive of ClickHouse in this process, and out of it again beside the log itself.
// `node bench/archive.ts [events]`; with `codecs` behind it also bytes a record under other codecs.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EVENTS_TOPIC, PARTITIONS_DEFAULT, type Table } from '#sdk';
import { tables } from '#schemas';
import { create, qualified, stored } from '#runtime/clickhouse/ddl.ts';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { objectsOf, type StoredTable } from '#runtime/clickhouse/objects.ts';
import { HERE } from '#runtime/clickhouse/place.ts';
import { startSink } from '#runtime/clickhouse/sink.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import type { LogRecord } from '#runtime/log/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { dataFolder, fill, measured, tell } from './house.ts';

const [count = '1000000', what = '', folder = dataFolder()] = process.argv.slice(2);
const READ_BYTES = 4 * 1024 * 1024;
const CODECS = ['NONE', 'LZ4', 'ZSTD(1)', 'ZSTD(3)', 'ZSTD(6)'];
const table = tables.logArchive as Table;

await fill(folder, Number(count));
const log = await openEmbeddedLog({ path: join(folder, 'log') });
const engine = await openEngine({ path: join(folder, 'archived') });
const target = new EmbeddedTarget(engine);
const rows = async <T>(query: string) => (await engine.client.query({ query, format: 'JSONEachRow' })).json<T>();
await target.prepare([table], []);
const partitions = Array.from({ length: PARTITIONS_DEFAULT }, (_, partition) => partition);
const ends = await Promise.all(partitions.map((partition) => log.endOffset(EVENTS_TOPIC, partition)));
const records = ends.reduce((sum, end) => sum + end, 0);

await measured('sink', records, 'record', async () => {
  const parts = { log, registry: new MemoryRegistry(), target, tables: [table], partitions: PARTITIONS_DEFAULT };
  const sink = await startSink(parts);
  while ((await sink.lag()).get(table.name) !== 0) await pause(5);
  await sink.stop();
});
const archive = target.archive(table);
let archived = '';
await measured('read from the archive', records, 'record', async () => {
  archived = await readAll((position) => archive.read(position, Number.MAX_SAFE_INTEGER, READ_BYTES));
});
await measured('read from the log', records, 'record', async () => {
  const direct = await readAll(async (position) => {
    const [part] = await log.fetch({ positions: [position], bytesMax: READ_BYTES, waitMsMax: 0 });
    return part?.records ?? [];
  });
  if (direct !== archived) throw new Error(`archive_differs: ${archived} of the archive, ${direct} of the log`);
});
await engine.client.command({ query: `OPTIMIZE TABLE ${stored(table)} FINAL` });
const [size] = await rows<{ disk: number; before: number }>(`
  SELECT sum(bytes_on_disk) / ${records} AS disk, sum(data_uncompressed_bytes) / ${records} AS before
  FROM system.parts WHERE active AND database = 'fleet' AND table = 'log_archive'`);
tell('on disk', 'bytes/record', size?.disk ?? 0);
tell('before', 'bytes/record', size?.before ?? 0);
if (what === 'codecs') for (const codec of CODECS) await tryCodec(codec);
await log.close();
await engine.close();
process.exit(0);

/** Reads every partition to its end. Gives what was there, as sums. */
async function readAll(
  read: (position: { topic: string; partition: number; offset: number }) => Promise<readonly LogRecord[]>,
): Promise<string> {
  let [found, bytes] = [0, 0];
  for (const partition of partitions) {
    for (let offset = 0; offset < (ends[partition] as number); ) {
      const part = await read({ topic: EVENTS_TOPIC, partition, offset });
      const last = part.at(-1);
      if (last === undefined) break;
      found += part.length;
      for (const { key, value } of part) bytes += (key?.length ?? 0) + (value?.length ?? 0);
      offset = last.offset + 1;
    }
  }
  return `${found} records of ${bytes} bytes`;
}

async function tryCodec(codec: string): Promise<void> {
  const [declared] = objectsOf([table], []) as [StoredTable];
  const columns = declared.columns.map((column) => ({ ...column, codec }));
  for (const statement of create({ ...declared, name: 'tried', columns, projections: {} }, HERE)) {
    await engine.client.command({ query: statement });
  }
  const tried = qualified('tried', HERE);
  const before = process.cpuUsage();
  await engine.client.command({
    query: `INSERT INTO ${tried} SELECT * FROM ${stored(table)} SETTINGS max_threads = 1`,
  });
  const { user, system } = process.cpuUsage(before);
  await engine.client.command({ query: `OPTIMIZE TABLE ${tried} FINAL` });
  tell(`copied with ${codec}, cpu of all threads`, 'us/record', (user + system) / records);
  const found = await rows<{ name: string; each: number }>(`
    SELECT name, data_compressed_bytes / ${records} AS each FROM system.columns
    WHERE database = 'fleet' AND table = 'tried' ORDER BY position`);
  for (const { name, each } of found) tell(`${name} ${codec}`, 'bytes/record', each);
  await engine.client.command({ query: `DROP TABLE ${tried} SYNC` });
}
