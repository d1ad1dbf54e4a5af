import type { Table, View } from '#sdk';
import {
  alterTable,
  createLatestView,
  createTable,
  createView,
  type Existing,
  HERE,
  stored,
  storedName,
} from './ddl.ts';
import { literal } from './sql.ts';
import { type Batch, TargetError } from './target.ts';

/** A ClickHouse that takes statements. */
export interface Sql {
  run(query: string): Promise<void>;
  rows<T>(query: string): Promise<T[]>;
}

/** Creates what is missing, adds columns that are new. Rejects with `table_incompatible` for any other difference. */
export async function prepareTables(
  sql: Sql,
  { tables, views }: { readonly tables: readonly Table[]; readonly views: readonly View[] },
  place = HERE,
): Promise<void> {
  for (const table of tables) {
    const existing = await existingTable(sql, table, place.database);
    const statements = existing === null ? [createTable(table, place)] : alterTable(table, existing, place);
    for (const statement of statements) await sql.run(statement);
    const latest = createLatestView(table, place);
    if (latest !== null) await sql.run(latest);
  }
  for (const view of views) await sql.run(createView(view, place));
}

async function existingTable(sql: Sql, table: Table, database: string): Promise<Existing | null> {
  const name = literal(storedName(table));
  const where = `database = ${literal(database)} AND`;
  const keys = 'engine, sorting_key AS sortingKey, partition_key AS partitionKey';
  const [found] = await sql.rows<Omit<Existing, 'columns'>>(
    `SELECT ${keys} FROM system.tables WHERE ${where} name = ${name}`,
  );
  if (found === undefined) return null;
  const query = `SELECT name, type FROM system.columns WHERE ${where} table = ${name} ORDER BY position`;
  const columns = await sql.rows<{ name: string; type: string }>(query);
  return { ...found, columns: new Map(columns.map(({ name: column, type }) => [column, type])) };
}

/** The highest `_offset` of each partition that has rows. */
export async function watermarksOf(sql: Sql, table: Table, place = HERE): Promise<ReadonlyMap<number, number>> {
  const query = `SELECT \`_partition\` AS p, max(\`_offset\`) AS o FROM ${stored(table, place)} GROUP BY p`;
  const rows = await sql.rows<{ p: number; o: string | number }>(query);
  return new Map(rows.map(({ p, o }) => [p, Number(o)]));
}

/** Error codes of ClickHouse that the same row meets every time. Others may pass: memory, disk, too many parts. */
const ROW_REFUSED = new Set([
  '6', // CANNOT_PARSE_TEXT
  '27', // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  '33', // CANNOT_READ_ALL_DATA
  '53', // TYPE_MISMATCH
  '69', // ARGUMENT_OUT_OF_BOUND
  '70', // CANNOT_CONVERT_TYPE
  '72', // CANNOT_PARSE_NUMBER
  '117', // INCORRECT_DATA
  '128', // TOO_LARGE_ARRAY_SIZE
  '131', // TOO_LARGE_STRING_SIZE
  '190', // SIZES_OF_ARRAYS_DONT_MATCH
  '321', // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  '349', // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  '407', // DECIMAL_OVERFLOW
  '469', // VIOLATED_CONSTRAINT
  '748', // AVRO_EXCEPTION
]);

/** The packages of the client and of the engine each have their own class of ClickHouseError, so its code tells. */
export function refusal(error: unknown): unknown {
  const { code, message } = error as { readonly code?: unknown; readonly message: string };
  if (typeof code !== 'string' || !ROW_REFUSED.has(code)) return error;
  return new TargetError('row_refused', message, { cause: error });
}

/** Places that the table has, of those that the batch may have. */
export function heldPlaces(table: Table, edges: Batch['edges'], place = HERE): string {
  const ranges = edges.map(({ partition, first, last }) => {
    return `(\`_partition\` = ${partition} AND \`_offset\` BETWEEN ${first} AND ${last})`;
  });
  return `SELECT \`_partition\`, \`_offset\` FROM ${stored(table, place)} WHERE ${ranges.join(' OR ')}`;
}
