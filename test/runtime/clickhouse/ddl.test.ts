import { describe, expect, test } from 'vitest';
import { schema, type Table, table, topic } from '#sdk';
import { columnsFrom, columnsOf } from '#runtime/clickhouse/columns.ts';
import {
  alterTable,
  createDatabase,
  createLatestView,
  createTable,
  createView,
  type Existing,
} from '#runtime/clickhouse/ddl.ts';
import { newestTable, Sample, sampleTable } from './records.ts';

const types = Object.fromEntries(columnsOf(sampleTable).map(({ name, type }) => [name, type]));

/** As ClickHouse tells of a table that was made by this declaration. */
function existing(of: Table, change: Partial<Existing> = {}): Existing {
  return {
    engine: of.engine.kind === 'latest' ? 'ReplacingMergeTree' : 'MergeTree',
    sortingKey: of.orderBy.join(', '),
    partitionKey: of.partitionBy === null ? '' : `toYYYYMM(${of.partitionBy})`,
    columns: new Map(columnsOf(of).map(({ name, type }) => [name, type.replaceAll('`', '')])),
    ...change,
  };
}

describe('a column', () => {
  test.each([
    ['tenant', 'LowCardinality(String)'],
    ['device', 'String'],
    ['at', "DateTime64(3, 'UTC')"],
    ['kind', 'LowCardinality(String)'],
    ['count', 'Int64'],
    ['ratio', 'Nullable(Float64)'],
    ['seenAt', "Nullable(DateTime64(3, 'UTC'))"],
    ['region', 'LowCardinality(Nullable(String))'],
    ['metrics', 'Map(LowCardinality(String), Float64)'],
    ['writes', 'Array(Tuple(`path` String, `value` Nullable(String)))'],
    ['raw', 'String'],
    ['fine', 'Bool'],
    ['_partition', 'Int32'],
    ['_offset', 'Int64'],
  ])('%s is %s', (name, type) => {
    expect(types[name]).toBe(type);
  });

  test('that a table leaves out is none', () => {
    expect(columnsOf(newestTable).map(({ name }) => name)).not.toContain('raw');
  });

  test('that an older schema lacks is not filled from it', () => {
    const older = { ...Sample.avro, fields: Sample.avro.fields.slice(0, 3) };
    expect(columnsFrom(sampleTable, older).map(({ name }) => name)).toEqual([
      'tenant',
      'device',
      'at',
      '_partition',
      '_offset',
    ]);
  });

  test('has the default of its field, where ClickHouse would give another', () => {
    const defaults = columnsOf(sampleTable).filter((column) => column.default !== null);
    expect(defaults.map((column) => [column.name, column.default])).toEqual([
      ['kind', "'UNKNOWN'"],
      ['fine', 'true'],
    ]);
  });

  test.each([
    [['string', 'long'], 'a union of several types'],
    [['null', { type: 'map', values: 'long' }], 'a null beside a map'],
    [{ type: 'map', values: 'Other' }, 'an Avro Other'],
  ])('of %j is refused', (type, message) => {
    const field = { name: 'odd', type, doc: '', dataClass: 'operational' };
    const value = schema<{ odd: string }>({ ...Sample.avro, fields: [field] });
    const odd = table({ ...plain, from: topic({ name: 'odd', doc: '', value }), orderBy: ['odd'] }) as Table;
    expect(() => createTable(odd)).toThrow(new RegExp(`^table_unsupported: odd\\.odd(\\.value)? is ${message}`));
  });
});

const plain = { name: 'odd', doc: '', dataClass: 'operational' } as const;

describe('a table', () => {
  test('is stored with what its declaration says', () => {
    const sql = createTable(sampleTable);
    expect(sql).toContain('CREATE TABLE IF NOT EXISTS `fleet`.`samples` (');
    expect(sql).toContain("`at` DateTime64(3, 'UTC') COMMENT 'It’s a `field`.' CODEC(DoubleDelta, ZSTD(1))");
    expect(sql).toContain(
      'ENGINE = MergeTree\nPARTITION BY toYYYYMM(`at`)\nORDER BY (`tenant`, `device`, `at`, `_offset`)',
    );
    expect(sql).toContain('non_replicated_deduplication_window = 10000');
    expect(createLatestView(sampleTable)).toBeNull();
  });

  test('of latest rows is read through a view of its name', () => {
    expect(createTable(newestTable)).toContain('`fleet`.`newest_rows` (');
    expect(createTable(newestTable)).toContain(
      'ENGINE = ReplacingMergeTree(`_offset`)\nORDER BY (`tenant`, `device`)\n',
    );
    expect(createLatestView(newestTable)).toMatch(
      /^CREATE OR REPLACE VIEW `fleet`\.`newest` .* FROM `fleet`\.`newest_rows` FINAL/,
    );
  });

  test('cannot be ordered by what may be null, nor by what it lacks', () => {
    expect(() => createTable({ ...sampleTable, orderBy: ['region'] })).toThrow('may be null');
    expect(() => createTable({ ...sampleTable, orderBy: ['nothing'] })).toThrow('none of its columns');
  });

  test('of latest rows cannot be cut by time', () => {
    expect(() => createTable({ ...newestTable, partitionBy: 'at' })).toThrow(
      /^table_unsupported: newest keeps the latest row/,
    );
  });
});

describe('on a cluster', () => {
  const place = { database: 'iot', cluster: 'main' };

  test('the database and every table, view and change go to all replicas', () => {
    expect(createDatabase(place)).toBe('CREATE DATABASE IF NOT EXISTS `iot` ON CLUSTER `main`');
    expect(createTable(sampleTable, place)).toContain('CREATE TABLE IF NOT EXISTS `iot`.`samples` ON CLUSTER `main` (');
    expect(createLatestView(newestTable, place)).toMatch(
      /^CREATE OR REPLACE VIEW `iot`\.`newest` ON CLUSTER `main` \(.* FROM `iot`\.`newest_rows` FINAL/,
    );
    const view = createView({ name: 'v', doc: 'A view.', query: 'SELECT 1', dataClass: 'operational' }, place);
    expect(view).toBe("CREATE OR REPLACE VIEW `iot`.`v` ON CLUSTER `main` AS SELECT 1 COMMENT 'A view.'");
    const { columns } = existing(sampleTable);
    const older = existing(sampleTable, {
      engine: 'ReplicatedMergeTree',
      columns: new Map([...columns].filter(([name]) => name !== 'fine')),
    });
    expect(alterTable(sampleTable, older, place)).toEqual([
      expect.stringMatching(/^ALTER TABLE `iot`\.`samples` ON CLUSTER `main` ADD COLUMN IF NOT EXISTS `fine` Bool/),
    ]);
  });

  test('a table is replicated, by its name in Keeper, and remembers tokens for a week', () => {
    const sql = createTable(sampleTable, place);
    expect(sql).toContain("ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/iot/samples', '{replica}')\n");
    expect(sql).toContain('replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800');
    expect(sql).not.toContain('non_replicated');
    expect(createTable(newestTable, place)).toContain(
      "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/iot/newest_rows', '{replica}', `_offset`)\n",
    );
  });

  test('a table that is not replicated is refused', () => {
    expect(() => alterTable(sampleTable, existing(sampleTable), place)).toThrow(
      /^table_incompatible: iot\.samples differs .* engine is MergeTree, not ReplicatedMergeTree/,
    );
  });
});

describe('an existing table', () => {
  test('that agrees stays as it is', () => {
    expect(alterTable(sampleTable, existing(sampleTable))).toEqual([]);
    expect(alterTable(newestTable, existing(newestTable))).toEqual([]);
  });

  test('gets new columns in their places', () => {
    const { columns } = existing(sampleTable);
    const older = existing(sampleTable, {
      columns: new Map([...columns].filter(([name]) => name !== 'fine' && name !== 'tenant')),
    });
    expect(alterTable(sampleTable, older)).toEqual([
      expect.stringMatching(
        /^ALTER TABLE `fleet`\.`samples` ADD COLUMN IF NOT EXISTS `tenant` LowCardinality\(String\) .* FIRST$/,
      ),
      expect.stringMatching(/ADD COLUMN IF NOT EXISTS `fine` Bool DEFAULT true .* AFTER `raw`$/),
    ]);
  });

  test.each<[string, Partial<Existing>, string]>([
    ['another engine', { engine: 'Log' }, 'its engine is Log, not MergeTree'],
    ['another order', { sortingKey: 'device' }, 'its ORDER BY is device, not tenant, device, at, _offset'],
    ['another cut', { partitionKey: '' }, 'its PARTITION BY is none, not toYYYYMM(at)'],
    ['another type', { columns: new Map([['count', 'Int32']]) }, 'its column count is Int32, not Int64'],
    ['a column too many', { columns: new Map([['gone', 'Int32']]) }, 'its column gone is no longer declared'],
  ])('with %s is refused', (_, change, message) => {
    const attempt = () => alterTable(sampleTable, existing(sampleTable, change));
    expect(attempt).toThrow(`table_incompatible: fleet.samples differs from its declaration: ${message}`);
    expect(attempt).toThrow('restore the declaration, or give the table a new name');
  });
});
