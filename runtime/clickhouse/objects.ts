import { type Derived, mergedState, type Rollup, SPANS, stateOf, type Table, typeOfState, type View } from '#sdk';
import { type Column, columnsOf } from './columns.ts';
import type { Place } from './place.ts';
import { revisionViews } from './revisions.ts';
import { identifier } from './sql.ts';
import { TargetError } from './target.ts';

/** A table whose rows stand on disk. */
export interface StoredTable {
  readonly kind: 'table';
  readonly name: string;
  readonly doc: string;
  readonly columns: readonly Column[];
  readonly engine: 'MergeTree' | 'ReplacingMergeTree' | 'AggregatingMergeTree';
  /** The column whose highest value survives; null where rows are not replaced. */
  readonly version: string | null;
  readonly orderBy: readonly string[];
  /** SQL; empty leaves the table in one piece. */
  readonly partitionKey: string;
  /** SQL of the body, by name. */
  readonly indexes: Readonly<Record<string, string>>;
  readonly projections: Readonly<Record<string, string>>;
  /** What is lost with its files is computed again, so they need not be on disk at once. */
  readonly derived: boolean;
}

/** The rows of a table over all shards, under one name. */
export interface Distributed {
  readonly kind: 'distributed';
  readonly name: string;
  readonly doc: string;
  readonly columns: readonly Column[];
  /** The table of that name on each shard. */
  readonly over: string;
  /** Columns whose hash tells the shard of a row; none where nothing is written through it. */
  readonly shardBy: readonly string[];
}

/** A materialized view: what a table gains goes on to another one. */
export interface Feed {
  readonly kind: 'feed';
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly query: string;
}

/** A view as it is read. */
export interface ReadView {
  readonly kind: 'view';
  readonly name: string;
  readonly doc: string;
  readonly query: string;
  /** What its columns mean. */
  readonly comments: Readonly<Record<string, string>>;
}

/** What ClickHouse is told to have. */
export type DatabaseObject = StoredTable | Distributed | Feed | ReadView;

/** The name under which the rows stand; a `latest` table is read through a view of its own name. */
export function storedName({ engine, name }: Table): string {
  return engine.kind === 'latest' ? `${name}_rows` : name;
}

/** Everything that the declarations come to, each behind what it reads. Throws `table_unsupported`. */
export function objectsOf(tables: readonly Table[], derived: readonly Derived[]): readonly DatabaseObject[] {
  const [rollups, views] = [derived.filter(isRollup), derived.filter((each) => !isRollup(each))];
  return [
    ...tables.map(storedTable),
    ...rollups.map(statesTable),
    ...rollups.map(feedOf),
    ...tables.flatMap((table) => revisionViews(table, storedName(table))),
    ...views.map(readView),
  ];
}

/** A view with parameters has no columns before it is called. */
function readView({ name, doc, query, columns }: View): ReadView {
  return { kind: 'view', name, doc, query, comments: isParameterised(query) ? {} : columns };
}

/** Whether a query has a place for a value, as `{name:Type}`. */
export function isParameterised(query: string): boolean {
  return /\{\w+:/.test(query);
}

/**
 * The same on several shards. Rows that replace each other, and rows that are written again, meet on one shard, since
 * the columns that tell it are the first of the table's order.
 */
export function shardedObjects(objects: readonly DatabaseObject[]): readonly DatabaseObject[] {
  return objects.flatMap((object): DatabaseObject[] => {
    if (object.kind === 'table') {
      const { name, doc, columns, orderBy, derived } = object;
      const shardBy = derived ? [] : orderBy.slice(0, 2);
      return [
        { ...object, name: localName(name) },
        { kind: 'distributed', name, doc, columns, over: localName(name), shardBy },
      ];
    }
    if (object.kind !== 'feed') return [object];
    // What a shard gains is added up there.
    const { from, to, query } = object;
    const read = new RegExp(`\\bFROM ${from}\\b`, 'g');
    return [
      { ...object, from: localName(from), to: localName(to), query: query.replace(read, `FROM ${localName(from)}`) },
    ];
  });
}

/** The name of a table on each shard. */
export function localName(name: string): string {
  return `${name}_local`;
}

/** Whether an object is asked by a query. */
export function hasQuery(object: DatabaseObject): object is Feed | ReadView {
  return object.kind === 'feed' || object.kind === 'view';
}

/** The same with the database before each name of theirs in a query, since a view is read from anywhere. */
export function qualifiedObjects(objects: readonly DatabaseObject[], { database }: Place): readonly DatabaseObject[] {
  const names = objects.map(({ name }) => name).join('|');
  const read = new RegExp(`\\b(FROM|JOIN)\\s+(${names})\\b`, 'g');
  const qualify = (query: string) => query.replace(read, `$1 ${identifier(database)}.$2`);
  return objects.map((object) => (hasQuery(object) ? { ...object, query: qualify(object.query) } : object));
}

export function isRollup(derived: Derived): derived is Rollup {
  return derived.kind === 'rollup';
}

function storedTable(table: Table): StoredTable {
  const columns = columnsOf(table);
  check(table, columns);
  const isLatest = table.engine.kind === 'latest';
  return {
    kind: 'table',
    name: storedName(table),
    doc: table.doc,
    columns,
    engine: isLatest ? 'ReplacingMergeTree' : 'MergeTree',
    version: isLatest ? '_offset' : null,
    orderBy: table.orderBy,
    partitionKey: table.partitionBy === null ? '' : `${periodOf(table)}(${identifier(table.partitionBy)})`,
    // Old parts end below the offsets that a restart looks for, so this index passes over them.
    indexes: { position: '(`_partition`, `_offset`) TYPE minmax GRANULARITY 4' },
    // A part keeps its own, so what it says of a partition's newest row needs no look at the rows.
    projections: isLatest ? {} : { newest: newestOf(columns), ...heardOf(table, columns) },
    derived: false,
  };
}

/** The function of ClickHouse that numbers the months or days of a table. */
export function periodOf({ partitionEvery }: Table): string {
  return partitionEvery === 'day' ? 'toYYYYMMDD' : 'toYYYYMM';
}

/** When each device was heard last, so that who is silent is told without a look at all that the others said. */
function heardOf(table: Table, columns: readonly Column[]): Readonly<Record<string, string>> {
  const [tenant, device] = table.orderBy;
  const times = ['eventTime', 'receivedAt'].filter((time) => columns.some(({ name }) => name === time));
  if (tenant !== 'tenant' || device !== 'device' || times.length === 0) return {};
  const newest = times.map((time) => `max(${identifier(time)})`).join(', ');
  return { heard: `SELECT \`tenant\`, \`device\`, count(), ${newest} GROUP BY \`tenant\`, \`device\`` };
}

function newestOf(columns: readonly Column[]): string {
  const times = columns
    .filter(({ type }) => type.startsWith('DateTime64'))
    .map(({ name }) => `max(${identifier(name)})`);
  return `SELECT \`_partition\`, count(), max(\`_offset\`), ${times.join(', ')} GROUP BY \`_partition\``;
}

/** How many rows of its table a row of a roll-up stands for, and which: these tell whether one was missed or came twice. */
const ACCOUNT: readonly Column[] = [
  simple('rows', 'UInt64', 'Rows of the table that are in it.'),
  simple('offsets', 'Int64', 'Sum of their offsets in the log.'),
];

function simple(name: string, type: string, comment: string): Column {
  return { name, type: `SimpleAggregateFunction(sum, ${type})`, default: null, comment, codec: 'ZSTD(1)' };
}

/** The table of the states of a roll-up. */
export function statesTable({ name, doc, from, by, measures }: Rollup): StoredTable {
  if (from.engine.kind !== 'append') {
    const what = `${name} adds up ${from.name}, whose rows are replaced or revised: a row counted stays counted`;
    throw new TargetError('table_unsupported', what);
  }
  const column = (each: string, type: string, comment: string) => {
    return { name: each, type, default: null, comment, codec: 'ZSTD(1)' };
  };
  return {
    kind: 'table',
    name,
    doc,
    columns: [
      ...by.map((each) => column(each.name, each.type, each.doc)),
      column('span', 'UInt32', `Length of the span, in seconds: ${Object.values(SPANS).join(', ')}.`),
      { ...column('start', "DateTime('UTC')", 'When the span began, in UTC.'), codec: 'DoubleDelta, ZSTD(1)' },
      ...measures.map((measure) => column(measure.name, typeOfState(measure), measure.doc)),
      ...ACCOUNT,
    ],
    engine: 'AggregatingMergeTree',
    version: null,
    orderBy: [...by.map((each) => each.name), 'span', 'start'],
    // As its table, so that what is gone there can stay here.
    partitionKey: `${periodOf(from)}(\`start\`)`,
    indexes: {},
    projections: {},
    derived: true,
  };
}

/** SQL of the minute that a row of the table belongs to. */
export function minuteOf({ time }: Rollup): string {
  return `toDateTime(toStartOfMinute(${time}), 'UTC')`;
}

/**
 * SQL that adds up the rows of a table, under the name that is given, as far as they meet a condition: by minute, and
 * these by every span, since one insert into one table costs less than one for each span.
 */
export function rollupQuery(rollup: Rollup, source = storedName(rollup.from), condition = ''): string {
  const { each, by, measures } = rollup;
  const names = by.map(({ name }) => name);
  const minutes = [
    ...by.map(({ name, sql }) => (sql === name ? name : `${sql} AS ${name}`)),
    `${minuteOf(rollup)} AS minute`,
    ...measures.map((measure) => `${stateOf(measure)} AS ${measure.name}`),
    'toUInt64(count()) AS rows',
    'sum(_offset) AS offsets',
  ];
  const spans = [
    ...names,
    'span',
    "toDateTime(intDiv(toUnixTimestamp(minute), span) * span, 'UTC') AS start",
    ...measures.map((measure) => `${mergedState(measure)} AS ${measure.name}`),
    'sum(rows) AS rows',
    'sum(offsets) AS offsets',
  ];
  const read = [source, each?.sql ?? '', condition].filter((part) => part !== '').join(' ');
  const lengths = Object.values(SPANS).map((seconds) => `toUInt32(${seconds})`);
  return [
    `SELECT ${spans.join(', ')}`,
    `FROM (SELECT ${minutes.join(', ')} FROM ${read} GROUP BY ${[...names, 'minute'].join(', ')})`,
    `ARRAY JOIN [${lengths.join(', ')}] AS span`,
    `GROUP BY ${[...names, 'span', 'start'].join(', ')}`,
  ].join(' ');
}

function feedOf(rollup: Rollup): Feed {
  const { name, from } = rollup;
  const feed = name.replace(/_states$/, '_feed');
  return { kind: 'feed', name: feed, from: storedName(from), to: name, query: rollupQuery(rollup) };
}

/** What ClickHouse would accept, or refuse obscurely, and what would read wrong. */
function check(table: Table, columns: readonly Column[]): void {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const { engine } = table;
  for (const name of engine.kind === 'revised' ? [...engine.of, engine.revision] : []) {
    if (!types.has(name)) throw unsupported(table, `is revised by ${name}, which is none of its columns`);
  }
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
