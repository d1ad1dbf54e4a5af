import type { Table, View } from '#sdk';
import { type Column, columnsOf } from './columns.ts';
import { identifier, literal } from './sql.ts';
import { TargetError } from './target.ts';

/** The database of all tables. */
export const DATABASE = 'fleet';

/** Inserts whose tokens a table remembers: far more than can be in flight at once. */
export const DEDUP_WINDOW = 10_000;

/** How a table is stored in ClickHouse, as `system.tables` and `system.columns` tell it. */
export interface Existing {
  readonly engine: string;
  readonly sortingKey: string;
  readonly partitionKey: string;
  /** Type by name. */
  readonly columns: ReadonlyMap<string, string>;
}

/** Creates the database. */
export const CREATE_DATABASE = `CREATE DATABASE IF NOT EXISTS ${identifier(DATABASE)}`;

/** The name under which the rows stand; a `latest` table is read through a view of its own name. */
export function storedName(table: Table): string {
  return table.engine.kind === 'latest' ? `${table.name}_rows` : table.name;
}

/** The stored table, with its database, as SQL. */
export function stored(table: Table): string {
  return qualified(storedName(table));
}

/** A name of the database, as SQL. */
export function qualified(name: string): string {
  return `${identifier(DATABASE)}.${identifier(name)}`;
}

/** Creates the stored table. Throws `table_unsupported`. */
export function createTable(table: Table): string {
  const columns = columnsOf(table);
  check(table, columns);
  const lines = [
    ...columns.map(definition),
    // Old parts end below the offsets that a restart looks for, so this index passes over them.
    'INDEX `position` (`_partition`, `_offset`) TYPE minmax GRANULARITY 4',
  ];
  return [
    `CREATE TABLE IF NOT EXISTS ${stored(table)} (\n  ${lines.join(',\n  ')}\n)`,
    `ENGINE = ${engine(table)}`,
    ...(table.partitionBy === null ? [] : [`PARTITION BY ${partitionKey(table)}`]),
    `ORDER BY (${table.orderBy.map(identifier).join(', ')})`,
    `SETTINGS ${SETTINGS}`,
    `COMMENT ${literal(table.doc)}`,
  ].join('\n');
}

/** Creates the view that reads a `latest` table right; null for tables that are read directly. */
export function createLatestView(table: Table): string | null {
  if (table.engine.kind !== 'latest') return null;
  const columns = columnsOf(table).map(
    ({ name, type, comment }) => `${identifier(name)} ${type} COMMENT ${literal(comment)}`,
  );
  const read = `SELECT ${columnsOf(table)
    .map(({ name }) => identifier(name))
    .join(', ')} FROM ${stored(table)} FINAL`;
  return `CREATE OR REPLACE VIEW ${qualified(table.name)} (${columns.join(', ')}) AS ${read} COMMENT ${literal(table.doc)}`;
}

/** Creates a view, or replaces its query. */
export function createView(view: View): string {
  return `CREATE OR REPLACE VIEW ${qualified(view.name)} AS ${view.query} COMMENT ${literal(view.doc)}`;
}

/** What brings an existing table up to date. Throws `table_incompatible` where that takes more than new columns. */
export function alterTable(table: Table, existing: Existing): readonly string[] {
  const columns = columnsOf(table);
  check(table, columns);
  const wanted = { engine: engineName(table), sortingKey: table.orderBy.join(', '), partitionKey: partitionKey(table) };
  for (const part of ['engine', 'sortingKey', 'partitionKey'] as const) {
    if (plain(existing[part]) !== plain(wanted[part])) {
      throw incompatible(
        table,
        `its ${WORDS[part]} is ${existing[part] || 'none'}, not ${plain(wanted[part]) || 'none'}`,
      );
    }
  }
  const names = new Set(columns.map(({ name }) => name));
  for (const name of existing.columns.keys()) {
    if (!names.has(name)) throw incompatible(table, `its column ${name} is no longer declared`);
  }
  return columns.flatMap((column, index) => addition(table, column, columns[index - 1], existing));
}

function addition(table: Table, column: Column, previous: Column | undefined, existing: Existing): string[] {
  const type = existing.columns.get(column.name);
  if (type === undefined) {
    const place = previous === undefined ? 'FIRST' : `AFTER ${identifier(previous.name)}`;
    return [`ALTER TABLE ${stored(table)} ADD COLUMN IF NOT EXISTS ${definition(column)} ${place}`];
  }
  if (plain(type) !== plain(column.type))
    throw incompatible(table, `its column ${column.name} is ${type}, not ${column.type}`);
  return [];
}

const WORDS = { engine: 'engine', sortingKey: 'ORDER BY', partitionKey: 'PARTITION BY' } as const;

const SETTINGS = [
  `non_replicated_deduplication_window = ${DEDUP_WINDOW}`,
  // The log forgets in time what stands here, so an inserted part outlives a power cut.
  'fsync_after_insert = 1',
  'fsync_part_directory = 1',
].join(', ');

function definition({ name, type, default: value, comment, codec }: Column): string {
  const given = value === null ? '' : ` DEFAULT ${value}`;
  return `${identifier(name)} ${type}${given} COMMENT ${literal(comment)} CODEC(${codec})`;
}

function engineName(table: Table): string {
  return table.engine.kind === 'latest' ? 'ReplacingMergeTree' : 'MergeTree';
}

function engine(table: Table): string {
  return table.engine.kind === 'latest' ? 'ReplacingMergeTree(`_offset`)' : 'MergeTree';
}

function partitionKey(table: Table): string {
  return table.partitionBy === null ? '' : `toYYYYMM(${identifier(table.partitionBy)})`;
}

function plain(sql: string): string {
  return sql.replaceAll('`', '');
}

/** What ClickHouse would accept, or refuse obscurely, and what would read wrong. */
function check(table: Table, columns: readonly Column[]): void {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  for (const name of table.orderBy) {
    const type = types.get(name);
    if (type === undefined) throw unsupported(table, `orders by ${name}, which is none of its columns`);
    if (type.includes('Nullable(')) throw unsupported(table, `orders by ${name}, which may be null`);
  }
  if (table.engine.kind === 'latest' && table.partitionBy !== null) {
    throw unsupported(table, 'keeps the latest row, which only one piece can tell: leave out partitionBy');
  }
}

function unsupported(table: Table, what: string): TargetError {
  return new TargetError('table_unsupported', `${table.name} ${what}`);
}

function incompatible(table: Table, what: string): TargetError {
  const next = 'restore the declaration, or give the table a new name so that it fills anew from the log';
  return new TargetError(
    'table_incompatible',
    `${DATABASE}.${storedName(table)} differs from its declaration: ${what}; ${next}`,
  );
}
