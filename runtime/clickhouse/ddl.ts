import type { Table } from '#sdk';
import type { Column } from './columns.ts';
import {
  type DatabaseObject,
  type Distributed,
  type Feed,
  type ReadView,
  type StoredTable,
  storedName,
} from './objects.ts';
import { HERE, type Place } from './place.ts';
import { identifier, literal } from './sql.ts';

/** Inserts whose tokens a table remembers: far more than can be in flight at once. */
export const DEDUP_WINDOW = 10_000;
/** How long replicas remember them: a week, where an hour is usual. */
const DEDUP_SECONDS = 604_800;

/** Creates the database. */
export function createDatabase(place = HERE): string {
  return `CREATE DATABASE IF NOT EXISTS ${identifier(place.database)}${onCluster(place)}`;
}

/** The stored table, with its database, as SQL. */
export function stored(table: Table, place = HERE): string {
  return qualified(storedName(table), place);
}

/** A name of the database, as SQL. */
export function qualified(name: string, { database }: Place): string {
  return `${identifier(database)}.${identifier(name)}`;
}

/** Creates an object, or replaces a view; the query of a view names its tables with their database. */
export function create(object: DatabaseObject, place: Place): readonly string[] {
  if (object.kind === 'table') return [createTable(object, place)];
  if (object.kind === 'distributed') return [createDistributed(object, place)];
  return object.kind === 'feed' ? [createFeed(object, place)] : createView(object, place);
}

function createTable(table: StoredTable, place: Place): string {
  const { name, columns, partitionKey, orderBy, doc, indexes, projections } = table;
  const lines = [
    ...columns.map(definition),
    ...Object.entries(indexes).map(([each, body]) => `INDEX ${identifier(each)} ${body}`),
    ...Object.entries(projections).map(([each, body]) => `PROJECTION ${identifier(each)} (${body})`),
  ];
  const settings = Object.entries(settingsOf(table, place)).map(([setting, value]) => `${setting} = ${value}`);
  return [
    `CREATE TABLE IF NOT EXISTS ${qualified(name, place)}${onCluster(place)} (\n  ${lines.join(',\n  ')}\n)`,
    `ENGINE = ${engine(table, place)}`,
    ...(partitionKey === '' ? [] : [`PARTITION BY ${partitionKey}`]),
    `ORDER BY (${orderBy.map(identifier).join(', ')})`,
    `SETTINGS ${settings.join(', ')}`,
    `COMMENT ${literal(doc)}`,
  ].join('\n');
}

function createDistributed(table: Distributed, place: Place): string {
  const { name, columns, doc } = table;
  const lines = columns.map(described);
  return [
    `CREATE TABLE IF NOT EXISTS ${qualified(name, place)}${onCluster(place)} (\n  ${lines.join(',\n  ')}\n)`,
    `ENGINE = ${distributedEngine(table, place)}`,
    `COMMENT ${literal(doc)}`,
  ].join('\n');
}

export function distributedEngine({ over, shardBy }: Distributed, { cluster, database }: Place): string {
  const key = shardBy.length === 0 ? [] : [`cityHash64(${shardBy.map(identifier).join(', ')})`];
  return `Distributed(${[...[cluster ?? '', database, over].map(literal), ...key].join(', ')})`;
}

function createFeed({ name, to, query }: Feed, place: Place): string {
  const into = qualified(to, place);
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${qualified(name, place)}${onCluster(place)} TO ${into} AS ${query}`;
}

function createView({ name, doc, query, comments }: ReadView, place: Place): readonly string[] {
  const view = `${qualified(name, place)}${onCluster(place)}`;
  const created = `CREATE OR REPLACE VIEW ${view} AS ${query} COMMENT ${literal(doc)}`;
  const told = commentColumns(comments);
  return told.length === 0 ? [created] : [created, alter(name, told, place)];
}

/** Changes an object by one statement. */
export function alter(name: string, commands: readonly string[], place: Place): string {
  return `ALTER TABLE ${qualified(name, place)}${onCluster(place)} ${commands.join(', ')}`;
}

/** Takes an object away, with what is in it. */
export function drop(kind: 'TABLE' | 'VIEW', name: string, place: Place): string {
  return `DROP ${kind} IF EXISTS ${qualified(name, place)}${onCluster(place)} SYNC`;
}

/** Takes all rows of a table away. */
export function truncate(name: string, place: Place): string {
  return `TRUNCATE TABLE IF EXISTS ${qualified(name, place)}${onCluster(place)}`;
}

export function commentColumns(comments: Readonly<Record<string, string>>): string[] {
  return Object.entries(comments).map(([name, text]) => `COMMENT COLUMN ${identifier(name)} ${literal(text)}`);
}

/** A column in a statement that makes it. */
export function definition(column: Column): string {
  return `${described(column)} CODEC(${column.codec})`;
}

function described({ name, type, default: value, comment }: Column): string {
  const given = value === null ? '' : ` DEFAULT ${value}`;
  return `${identifier(name)} ${type}${given} COMMENT ${literal(comment)}`;
}

/** What a table is set to, as far as it matters. */
export function settingsOf({ derived }: StoredTable, { cluster }: Place): Readonly<Record<string, number>> {
  const window =
    cluster === null
      ? { non_replicated_deduplication_window: DEDUP_WINDOW }
      : { replicated_deduplication_window: DEDUP_WINDOW, replicated_deduplication_window_seconds: DEDUP_SECONDS };
  // The log forgets in time what stands here, so an inserted part outlives a power cut.
  const durable = derived ? {} : { fsync_after_insert: 1, fsync_part_directory: 1 };
  return { ...window, ...durable };
}

export function engineName({ engine: kind }: StoredTable, { cluster }: Place): string {
  return cluster === null ? kind : `Replicated${kind}`;
}

/** Replicas find each other by the table's name, so one that comes later has only to create it. */
function engine(table: StoredTable, place: Place): string {
  const keeper = [`/clickhouse/tables/{shard}/${place.database}/${table.name}`, '{replica}'].map(literal);
  const version = table.version === null ? [] : [identifier(table.version)];
  const given = [...(place.cluster === null ? [] : keeper), ...version];
  return given.length === 0 ? engineName(table, place) : `${engineName(table, place)}(${given.join(', ')})`;
}

function onCluster({ cluster }: Place): string {
  return cluster === null ? '' : ` ON CLUSTER ${identifier(cluster)}`;
}
