// Bytes a row of each table after its parts are merged, and of each column under other codecs.
// `node bench/storage.ts 1000000 columns` prints the columns too.
import { join } from 'node:path';
import type { Table } from '#sdk';
import { tables } from '#schemas';
import type { Column } from '#runtime/clickhouse/columns.ts';
import { create, qualified, stored } from '#runtime/clickhouse/ddl.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { objectsOf, type StoredTable, storedName } from '#runtime/clickhouse/objects.ts';
import { HERE } from '#runtime/clickhouse/place.ts';
import { dataFolder, fill, openHouse, run, tell, untilRows } from './house.ts';

const [count = '1000000', what = '', folder = dataFolder()] = process.argv.slice(2);
const events = Number(count);

/** What is tried of each column that takes it. */
const CODECS: readonly (readonly [codec: string, types: RegExp])[] = [
  ['NONE', /./],
  ['ZSTD(1)', /./],
  ['ZSTD(3)', /./],
  ['Delta, ZSTD(1)', /^(Nullable\()?(Int|DateTime64|Float)/],
  ['DoubleDelta, ZSTD(1)', /^(Nullable\()?(Int|DateTime64)/],
  ['T64, ZSTD(1)', /^(Nullable\()?(Int|DateTime64)/],
  ['Gorilla, ZSTD(1)', /^(Nullable\()?Float/],
];

if (what === 'fold') {
  const house = await openHouse(folder);
  await untilRows(house, events);
  await house.close();
} else {
  await fill(folder, events);
  // The engine keeps its folder for the life of its process.
  await run([import.meta.filename, count, 'fold', folder]);
  await measure(what === 'columns');
}

async function measure(withColumns: boolean): Promise<void> {
  const engine = await openEngine({ path: join(folder, 'clickhouse') });
  const command = (query: string) => engine.client.command({ query });
  const rows = async <T>(query: string) => (await engine.client.query({ query, format: 'JSONEachRow' })).json<T>();
  for (const table of Object.values(tables) as Table[]) await command(`OPTIMIZE TABLE ${stored(table)} FINAL`);
  const sizes = await rows<{ name: string; perRow: number; uncompressed: number }>(`
    SELECT
      table AS name,
      sum(bytes_on_disk) / sum(rows) AS perRow,
      sum(data_uncompressed_bytes) / sum(rows) AS uncompressed
    FROM system.parts WHERE database = 'fleet' AND active GROUP BY table HAVING sum(rows) > 0 ORDER BY table`);
  for (const { name, perRow, uncompressed } of sizes) {
    tell(`${name} on disk`, 'bytes/row', perRow);
    tell(`${name} before`, 'bytes/row', uncompressed);
  }
  if (withColumns) {
    for (const table of [tables.telemetry, tables.links, tables.twinChanges] as Table[]) {
      for (const [codec, types] of CODECS) await tryCodec(table, codec, types, command, rows);
    }
  }
  await engine.close();
}

async function tryCodec(
  table: Table,
  codec: string,
  types: RegExp,
  command: (query: string) => Promise<unknown>,
  rows: <T>(query: string) => Promise<T[]>,
): Promise<void> {
  const [declared] = objectsOf([table], []) as [StoredTable];
  const columns = declared.columns.map((column): Column => (types.test(column.type) ? { ...column, codec } : column));
  const other = { ...declared, name: 'tried', columns, projections: {} };
  for (const statement of create(other, HERE)) await command(statement);
  const settings = 'max_partitions_per_insert_block = 0, max_threads = 1';
  await command(`INSERT INTO ${qualified('tried', HERE)} SELECT * FROM ${stored(table)} SETTINGS ${settings}`);
  await command(`OPTIMIZE TABLE ${qualified('tried', HERE)} FINAL`);
  const found = await rows<{ name: string; type: string; perRow: number }>(`
    SELECT name, type, data_compressed_bytes / (SELECT count() FROM fleet.tried) AS perRow
    FROM system.columns WHERE database = 'fleet' AND table = 'tried' ORDER BY position`);
  for (const { name, type, perRow } of found) {
    if (types.test(type)) tell(`${storedName(table)}.${name} ${codec}`, 'bytes/row', perRow);
  }
  await command(`DROP TABLE ${qualified('tried', HERE)} SYNC`);
}
