import type { Place } from './place.ts';
import { literal } from './sql.ts';

/** A ClickHouse that takes statements. */
export interface Sql {
  run(query: string): Promise<void>;
  rows<T>(query: string): Promise<T[]>;
}

/** A column as `system.columns` tells of it. */
export interface LiveColumn {
  readonly name: string;
  readonly type: string;
  /** SQL; empty for none. */
  readonly default: string;
  readonly codec: string;
  readonly comment: string;
  /** On disk, compressed. */
  readonly bytes: number;
}

/** An object of a database as its system tables tell of it. */
export interface LiveObject {
  readonly engine: string;
  readonly engineFull: string;
  readonly sortingKey: string;
  readonly partitionKey: string;
  readonly doc: string;
  /** Of a view, as the server writes it. */
  readonly query: string;
  readonly rows: number;
  readonly bytes: number;
  /** By name, in their order. */
  readonly columns: ReadonlyMap<string, LiveColumn>;
  /** Indexes and projections. */
  readonly parts: ReadonlySet<string>;
}

/** By name. */
export type Live = ReadonlyMap<string, LiveObject>;

/** What a database holds; nothing where there is no such database. */
export async function readLive(sql: Sql, { database }: Place): Promise<Live> {
  const where = `WHERE database = ${literal(database)}`;
  const tables = await sql.rows<TableRow>(`
    SELECT
      name, engine, engine_full, sorting_key, partition_key, comment, as_select,
      toString(ifNull(total_rows, 0)) AS total_rows,
      toString(ifNull(total_bytes, 0)) AS total_bytes
    FROM system.tables ${where}`);
  if (tables.length === 0) return new Map();
  const columns = await sql.rows<ColumnRow>(`
    SELECT
      table, name, type, default_expression, compression_codec, comment,
      toString(data_compressed_bytes) AS bytes
    FROM system.columns ${where} ORDER BY table, position`);
  const parts = await sql.rows<{ readonly table: string; readonly name: string }>(`
    SELECT table, name FROM system.projections ${where}
    UNION ALL
    SELECT table, name FROM system.data_skipping_indices ${where}`);
  const columnsBy = Map.groupBy(columns, ({ table }) => table);
  const partsBy = Map.groupBy(parts, ({ table }) => table);
  return new Map(tables.map((row) => [row.name, liveObject(row, columnsBy.get(row.name), partsBy.get(row.name))]));
}

/** SQL of queries, written as the server itself writes that of its views. */
export async function asWritten(sql: Sql, queries: readonly string[]): Promise<readonly string[]> {
  if (queries.length === 0) return [];
  const [row] = await sql.rows<{ readonly written: readonly string[] }>(
    `SELECT [${queries.map((query) => `formatQuerySingleLine(${literal(query)})`).join(', ')}] AS written`,
  );
  return row?.written ?? [];
}

interface TableRow {
  readonly name: string;
  readonly engine: string;
  readonly engine_full: string;
  readonly sorting_key: string;
  readonly partition_key: string;
  readonly comment: string;
  readonly as_select: string;
  readonly total_rows: string;
  readonly total_bytes: string;
}

interface ColumnRow {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly default_expression: string;
  readonly compression_codec: string;
  readonly comment: string;
  readonly bytes: string;
}

function liveObject(
  row: TableRow,
  columns: readonly ColumnRow[] = [],
  parts: readonly { readonly name: string }[] = [],
): LiveObject {
  return {
    engine: row.engine,
    engineFull: row.engine_full,
    sortingKey: row.sorting_key,
    partitionKey: row.partition_key,
    doc: row.comment,
    query: row.as_select,
    rows: Number(row.total_rows),
    bytes: Number(row.total_bytes),
    columns: new Map(columns.map((column) => [column.name, liveColumn(column)])),
    parts: new Set(parts.map(({ name }) => name)),
  };
}

function liveColumn({ name, type, default_expression, compression_codec, comment, bytes }: ColumnRow): LiveColumn {
  return { name, type, default: default_expression, codec: compression_codec, comment, bytes: Number(bytes) };
}
