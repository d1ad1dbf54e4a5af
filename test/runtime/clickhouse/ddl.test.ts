import { describe, expect, test } from 'vitest';
import { rollup, schema, type Table, table, topic, view } from '#sdk';
import { columnsFrom, columnsOf } from '#runtime/clickhouse/columns.ts';
import { createDatabase, settingsOf } from '#runtime/clickhouse/ddl.ts';
import type { LiveObject } from '#runtime/clickhouse/live.ts';
import { type Distributed, objectsOf, shardedObjects, type StoredTable } from '#runtime/clickhouse/objects.ts';
import { planTables } from '#runtime/clickhouse/table-plan.ts';
import { newestTable, Sample, sampleTable } from './records.ts';
import { statementsOf } from './statements.ts';

const types = Object.fromEntries(columnsOf(sampleTable).map(({ name, type }) => [name, type]));

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
    expect(() => statementsOf([odd])).toThrow(new RegExp(`^table_unsupported: odd\\.odd(\\.value)? is ${message}`));
  });
});

const counts = rollup({
  name: 'counts_states',
  doc: 'Samples.',
  from: sampleTable,
  time: 'at',
  by: [{ name: 'tenant', doc: 'Whose.', type: 'LowCardinality(String)', sql: 'tenant' }],
  measures: [],
  dataClass: 'telemetry',
  examples: [],
});

const plain = { name: 'odd', doc: '', dataClass: 'operational' } as const;

describe('a table', () => {
  test('is stored with what its declaration says', () => {
    const [sql, ...others] = statementsOf([sampleTable]);
    expect(others).toEqual([]);
    expect(sql).toContain('CREATE TABLE IF NOT EXISTS `fleet`.`samples` (');
    expect(sql).toContain("`at` DateTime64(3, 'UTC') COMMENT 'It’s a `field`.' CODEC(DoubleDelta, ZSTD(1))");
    expect(sql).toContain(
      'ENGINE = MergeTree\nPARTITION BY toYYYYMM(`at`)\nORDER BY (`tenant`, `device`, `at`, `_offset`)',
    );
    expect(sql).toContain('non_replicated_deduplication_window = 10000, fsync_after_insert = 1');
  });

  test('of latest rows is read through a view of its name', () => {
    const [table, view, comments] = statementsOf([newestTable]);
    expect(table).toContain('`fleet`.`newest_rows` (');
    expect(table).toContain('ENGINE = ReplacingMergeTree(`_offset`)\nORDER BY (`tenant`, `device`)\n');
    expect(view).toMatch(/^CREATE OR REPLACE VIEW `fleet`\.`newest` AS SELECT .* FROM `fleet`\.newest_rows FINAL/);
    expect(comments).toMatch(/^ALTER TABLE `fleet`\.`newest` COMMENT COLUMN `tenant` 'It’s a `field`\.', /);
  });

  test('cannot be ordered by what may be null, nor by what it lacks', () => {
    expect(() => statementsOf([{ ...sampleTable, orderBy: ['region'] }])).toThrow('may be null');
    expect(() => statementsOf([{ ...sampleTable, orderBy: ['nothing'] }])).toThrow('none of its columns');
  });

  test('cannot be revised by what it lacks', () => {
    const engine = { kind: 'revised', of: ['device'], revision: 'nothing' } as const;
    expect(() => statementsOf([{ ...sampleTable, engine }])).toThrow(
      'revised by nothing, which is none of its columns',
    );
  });

  test('of latest rows cannot be cut by time', () => {
    expect(() => statementsOf([{ ...newestTable, partitionBy: 'at' }])).toThrow(
      /^table_unsupported: newest keeps the latest row/,
    );
  });
});

describe('on a cluster', () => {
  const place = { database: 'iot', cluster: 'main', sharded: false };

  test('the database and every table and view go to all replicas', () => {
    expect(createDatabase(place)).toBe('CREATE DATABASE IF NOT EXISTS `iot` ON CLUSTER `main`');
    const count = view({ name: 'v', doc: 'A view.', query: 'SELECT 1 FROM samples', dataClass: 'operational' });
    const [samples, rows, newest, comments, counted] = statementsOf([sampleTable, newestTable], [count], place);
    expect(samples).toContain('CREATE TABLE IF NOT EXISTS `iot`.`samples` ON CLUSTER `main` (');
    expect(rows).toContain('CREATE TABLE IF NOT EXISTS `iot`.`newest_rows` ON CLUSTER `main` (');
    expect(newest).toMatch(
      /^CREATE OR REPLACE VIEW `iot`\.`newest` ON CLUSTER `main` AS .* FROM `iot`\.newest_rows FINAL/,
    );
    expect(comments).toMatch(/^ALTER TABLE `iot`\.`newest` ON CLUSTER `main` COMMENT COLUMN/);
    expect(counted).toBe(
      "CREATE OR REPLACE VIEW `iot`.`v` ON CLUSTER `main` AS SELECT 1 FROM `iot`.samples COMMENT 'A view.'",
    );
  });

  test('a table is replicated, by its name in Keeper, and remembers tokens for a week', () => {
    const [samples, newest] = statementsOf([sampleTable, newestTable], [], place);
    expect(samples).toContain("ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/iot/samples', '{replica}')\n");
    expect(samples).toContain(
      'replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800',
    );
    expect(samples).not.toContain('non_replicated');
    expect(newest).toContain(
      "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/iot/newest_rows', '{replica}', `_offset`)\n",
    );
  });
});

describe('on a cluster of several shards', () => {
  const place = { database: 'iot', cluster: 'main', sharded: true };
  const statements = statementsOf([sampleTable, newestTable], [counts], place);

  test('each has tables of its own, which share the rows by the first columns of their order', () => {
    expect(statements[0]).toContain('CREATE TABLE IF NOT EXISTS `iot`.`samples_local` ON CLUSTER `main` (');
    expect(statements[0]).toContain("ReplicatedMergeTree('/clickhouse/tables/{shard}/iot/samples_local', '{replica}')");
    expect(statements[1]).toMatch(/^CREATE TABLE IF NOT EXISTS `iot`\.`samples` ON CLUSTER `main` \(\n {2}`tenant` /);
    expect(statements[1]).toContain(
      "ENGINE = Distributed('main', 'iot', 'samples_local', cityHash64(`tenant`, `device`))",
    );
    expect(statements[1]).toContain("`fine` Bool DEFAULT true COMMENT 'It’s a `field`.',");
    expect(statements[1]).not.toContain('CODEC');
  });

  test('a roll-up adds up on each what is there, and is read over all', () => {
    const feed = statements.find((sql) => sql.startsWith('CREATE MATERIALIZED VIEW'));
    expect(feed).toContain('`iot`.`counts_feed` ON CLUSTER `main` TO `iot`.`counts_states_local` AS SELECT');
    expect(feed).toContain('FROM `iot`.samples_local GROUP BY');
    const states = statements.find((sql) => sql.includes('`iot`.`counts_states` ON CLUSTER'));
    expect(states).toContain("ENGINE = Distributed('main', 'iot', 'counts_states_local')");
  });

  test('what replaces another row is on its shard, and the view reads over all', () => {
    expect(statements.find((sql) => sql.includes('VIEW `iot`.`newest`'))).toContain('FROM `iot`.newest_rows FINAL');
    expect(statements.find((sql) => sql.includes('`iot`.`newest_rows` ON CLUSTER'))).toContain(
      "'newest_rows_local', cityHash64(`tenant`, `device`))",
    );
  });

  test('a plan sees what such a table lacks, and makes it anew without a loss', () => {
    const objects = shardedObjects(objectsOf([sampleTable], []));
    const [local, over] = objects as [StoredTable, Distributed];
    const live = (object: StoredTable | Distributed, engineFull: string, columns = object.columns): LiveObject => ({
      engine: engineFull.split('(')[0] as string,
      engineFull,
      sortingKey: sampleTable.orderBy.join(', '),
      partitionKey: 'toYYYYMM(at)',
      doc: object.doc,
      query: '',
      rows: 0,
      bytes: 0,
      columns: new Map(columns.map((each) => [each.name, { ...each, default: each.default ?? '', bytes: 0 }])),
      parts: new Set(['position', 'newest']),
    });
    const settings = Object.entries(settingsOf(local, place)).map(([name, value]) => `${name} = ${value}`);
    const stored = live(local, `ReplicatedMergeTree('…') SETTINGS ${settings.join(', ')}`);
    const engine = "Distributed('main', 'iot', 'samples_local', cityHash64(tenant, device))";
    const same = new Map([
      [local.name, stored],
      [over.name, live(over, engine)],
    ]);
    expect(planTables(objects, same, place)).toEqual([]);
    const lacking = new Map([
      [local.name, stored],
      [over.name, live(over, engine, over.columns.slice(0, -3))],
    ]);
    expect(planTables(objects, lacking, place)).toMatchObject([
      { object: 'samples', what: 'definition', risk: 'none', meaning: 'is made anew; its rows stand in samples_local' },
    ]);
    const single = new Map([
      [local.name, stored],
      [over.name, live(local, 'MergeTree ORDER BY tenant')],
    ]);
    expect(planTables(objects, single, place)).toMatchObject([{ object: 'samples', what: 'whole', risk: 'loss' }]);
  });
});
