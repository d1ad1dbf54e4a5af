import type { Table, View } from '#sdk';
import { type Column, columnsOf } from './columns.ts';
import { identifier, literal } from './sql.ts';
import { TargetError } from './target.ts';

/** The database of all tables of the embedded engine, and of a server where the settings name no other. */
export const DATABASE = 'fleet';

/** Where tables stand. */
export interface Place {
  readonly database: string;
  /** Whose replicas hold every table; null for one server. */
  readonly cluster: string | null;
}

/** The engine of this process. */
export const HERE: Place = { database: DATABASE, cluster: null };

/** Inserts whose tokens a table remembers: far more than can be in flight at once. */
export const DEDUP_WINDOW = 10_000;
/** How long replicas remember them: a week, where an hour is usual. */
const DEDUP_SECONDS = 604_800;

/** How a table is stored in ClickHouse, as `system.tables` and `system.columns` tell it. */
export interface Existing {
  readonly engine: string;
  readonly sortingKey: string;
  readonly partitionKey: string;
  /** Type by name. */
  readonly columns: ReadonlyMap<string, string>;
}

/** Creates the database. */
export function createDatabase(place = HERE): string {
  return `CREATE DATABASE IF NOT EXISTS ${identifier(place.database)}${onCluster(place)}`;
}

/** The name under which the rows stand; a `latest` table is read through a view of its own name. */
export function storedName(table: Table): string {
  return table.engine.kind === 'latest' ? `${table.name}_rows` : table.name;
}

/** The stored table, with its database, as SQL. */
export function stored(table: Table, place = HERE): string {
  return qualified(storedName(table), place);
}

/** A name of the database, as SQL. */
function qualified(name: string, { database }: Place): string {
  return `${identifier(database)}.${identifier(name)}`;
}

/** Creates the stored table. Throws `table_unsupported`. */
export function createTable(table: Table, place = HERE): string {
  const columns = columnsOf(table);
  check(table, columns);
  const lines = [
    ...columns.map(definition),
    // Old parts end below the offsets that a restart looks for, so this index passes over them.
    'INDEX `position` (`_partition`, `_offset`) TYPE minmax GRANULARITY 4',
  ];
  return [
    `CREATE TABLE IF NOT EXISTS ${stored(table, place)}${onCluster(place)} (\n  ${lines.join(',\n  ')}\n)`,
    `ENGINE = ${engine(table, place)}`,
    ...(table.partitionBy === null ? [] : [`PARTITION BY ${partitionKey(table)}`]),
    `ORDER BY (${table.orderBy.map(identifier).join(', ')})`,
    `SETTINGS ${place.cluster === null ? SETTINGS : REPLICATED_SETTINGS}`,
    `COMMENT ${literal(table.doc)}`,
  ].join('\n');
}

/** Creates the view that reads a `latest` table right; null for tables that are read directly. */
export function createLatestView(table: Table, place = HERE): string | null {
  if (table.engine.kind !== 'latest') return null;
  const columns = columnsOf(table).map(
    ({ name, type, comment }) => `${identifier(name)} ${type} COMMENT ${literal(comment)}`,
  );
  const read = `SELECT ${columnsOf(table)
    .map(({ name }) => identifier(name))
    .join(', ')} FROM ${stored(table, place)} FINAL`;
  const name = `${qualified(table.name, place)}${onCluster(place)}`;
  return `CREATE OR REPLACE VIEW ${name} (${columns.join(', ')}) AS ${read} COMMENT ${literal(table.doc)}`;
}

/** Creates a view, or replaces its query, whose tables are those of the current database. */
export function createView(view: View, place = HERE): string {
  const name = `${qualified(view.name, place)}${onCluster(place)}`;
  return `CREATE OR REPLACE VIEW ${name} AS ${view.query} COMMENT ${literal(view.doc)}`;
}

/** What brings an existing table up to date. Throws `table_incompatible` where that takes more than new columns. */
export function alterTable(table: Table, existing: Existing, place = HERE): readonly string[] {
  const columns = columnsOf(table);
  check(table, columns);
  const wanted = {
    engine: engineName(table, place),
    sortingKey: table.orderBy.join(', '),
    partitionKey: partitionKey(table),
  };
  for (const part of ['engine', 'sortingKey', 'partitionKey'] as const) {
    if (plain(existing[part]) !== plain(wanted[part])) {
      throw incompatible(
        stored(table, place),
        `its ${WORDS[part]} is ${existing[part] || 'none'}, not ${plain(wanted[part]) || 'none'}`,
      );
    }
  }
  const names = new Set(columns.map(({ name }) => name));
  for (const name of existing.columns.keys()) {
    if (!names.has(name)) throw incompatible(stored(table, place), `its column ${name} is no longer declared`);
  }
  return columns.flatMap((column, index) => {
    const after = index === 0 ? 'FIRST' : `AFTER ${identifier((columns[index - 1] as Column).name)}`;
    return addition(stored(table, place), column, existing).map(
      (add) => `ALTER TABLE ${stored(table, place)}${onCluster(place)} ${add} ${after}`,
    );
  });
}

function addition(name: string, column: Column, existing: Existing): string[] {
  const type = existing.columns.get(column.name);
  if (type === undefined) return [`ADD COLUMN IF NOT EXISTS ${definition(column)}`];
  if (plain(type) !== plain(column.type))
    throw incompatible(name, `its column ${column.name} is ${type}, not ${column.type}`);
  return [];
}

const WORDS = { engine: 'engine', sortingKey: 'ORDER BY', partitionKey: 'PARTITION BY' } as const;

// The log forgets in time what stands here, so an inserted part outlives a power cut.
const DURABLE = ['fsync_after_insert = 1', 'fsync_part_directory = 1'];

const SETTINGS = [`non_replicated_deduplication_window = ${DEDUP_WINDOW}`, ...DURABLE].join(', ');

const REPLICATED_SETTINGS = [
  `replicated_deduplication_window = ${DEDUP_WINDOW}`,
  `replicated_deduplication_window_seconds = ${DEDUP_SECONDS}`,
  ...DURABLE,
].join(', ');

function onCluster({ cluster }: Place): string {
  return cluster === null ? '' : ` ON CLUSTER ${identifier(cluster)}`;
}

function definition({ name, type, default: value, comment, codec }: Column): string {
  const given = value === null ? '' : ` DEFAULT ${value}`;
  return `${identifier(name)} ${type}${given} COMMENT ${literal(comment)} CODEC(${codec})`;
}

function engineName(table: Table, { cluster }: Place): string {
  const name = table.engine.kind === 'latest' ? 'ReplacingMergeTree' : 'MergeTree';
  return cluster === null ? name : `Replicated${name}`;
}

/** Replicas find each other by the table's name, so one that comes later has only to create it. */
function engine(table: Table, place: Place): string {
  const keeper = [`/clickhouse/tables/{shard}/${place.database}/${storedName(table)}`, '{replica}'].map(literal);
  const version = table.engine.kind === 'latest' ? ['`_offset`'] : [];
  const given = [...(place.cluster === null ? [] : keeper), ...version];
  return given.length === 0 ? engineName(table, place) : `${engineName(table, place)}(${given.join(', ')})`;
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

function incompatible(name: string, what: string): TargetError {
  const next = 'restore the declaration, or give the table a new name so that it fills anew from the log';
  return new TargetError('table_incompatible', `${plain(name)} differs from its declaration: ${what}; ${next}`);
}
