import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Derived, Table } from '#sdk';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { type ClickHouseEngine, openEngine } from '#runtime/clickhouse/engine.ts';
import { container } from '#runtime/clickhouse/container.ts';
import { derived, tables } from '#schemas';
import { framed, newestTable, Sample, sampleTable } from './records.ts';
import { statementsOf } from './statements.ts';

let path: string;
let engine: ClickHouseEngine;
let target: EmbeddedTarget;
const all = Object.values(tables) as Table[];

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'fleetstream-plan-'));
  engine = await openEngine({ path });
  target = new EmbeddedTarget(engine);
});

afterAll(async () => {
  await engine.close();
  await rm(path, { recursive: true, force: true });
});

const run = (query: string) => engine.client.command({ query });
const brief = async (of: readonly Table[], views: readonly Derived[] = []) =>
  (await target.plan(of, views)).map(({ object, what, risk }) => `${object} ${what} ${risk}`);

describe('the whole model', () => {
  test('is planned anew for an empty engine, and after it is applied nothing is left', async () => {
    const plan = await target.plan(all, derived);
    expect(plan.every(({ from, risk }) => from === null && risk === 'none')).toBe(true);
    expect(plan.length).toBeGreaterThanOrEqual(all.length + derived.length);
    await target.apply(plan);
    expect(await target.plan(all, derived)).toEqual([]);
  });

  test('says of every column what it means', async () => {
    const query = `
      SELECT table, name FROM system.columns
      WHERE database = 'fleet' AND comment = '' AND NOT endsWith(table, '_feed')`;
    expect(await (await engine.client.query({ query, format: 'JSONEachRow' })).json()).toEqual([]);
  });

  // Each as a statement that somebody gives by hand, and what the plan then says of it.
  test.each([
    ["ALTER TABLE fleet.gaps COMMENT COLUMN tenant 'x'", 'gaps column tenant comment none'],
    ["ALTER TABLE fleet.gaps MODIFY COMMENT 'x'", 'gaps comment none'],
    ['ALTER TABLE fleet.gaps MODIFY COLUMN count CODEC(ZSTD(9))', 'gaps column count codec none'],
    ['ALTER TABLE fleet.gaps MODIFY COLUMN count DEFAULT 7', 'gaps column count default none'],
    ['ALTER TABLE fleet.gaps MODIFY COLUMN source String', 'gaps column source none'],
    ['ALTER TABLE fleet.gaps MODIFY COLUMN count Int32', 'gaps column count loss'],
    ['ALTER TABLE fleet.gaps ADD COLUMN extra Int32', 'gaps column extra loss'],
    ['ALTER TABLE fleet.gaps DROP COLUMN firstSequence', 'gaps column firstSequence none'],
    [
      'ALTER TABLE fleet.gaps MODIFY SETTING non_replicated_deduplication_window = 5',
      'gaps non_replicated_deduplication_window none',
    ],
    ['ALTER TABLE fleet.gaps DROP INDEX position', 'gaps index position none'],
    ['ALTER TABLE fleet.gaps DROP PROJECTION newest', 'gaps projection newest none'],
    ['DROP TABLE fleet.gaps', 'gaps table none'],
    ['DROP VIEW fleet.telemetry_feed', 'telemetry_feed feed none'],
    [
      'ALTER TABLE fleet.links_feed MODIFY QUERY SELECT tenant, 60 AS span FROM fleet.links GROUP BY tenant',
      'links_feed query loss',
    ],
    ['ALTER TABLE fleet.links_states ADD COLUMN extra Int32', 'links_states column extra loss'],
    ['DROP VIEW fleet.completeness', 'completeness view none'],
    ['CREATE OR REPLACE VIEW fleet.twins_at AS SELECT 1', 'twins_at query none'],
    ["ALTER TABLE fleet.twins COMMENT COLUMN tenant 'x'", 'twins column comments none'],
    ["ALTER TABLE fleet.twins MODIFY COMMENT 'x'", 'twins comment none'],
  ])('%s: is seen, and set right', async (statement, seen) => {
    await run(statement);
    const plan = await target.plan(all, derived);
    expect(plan.map(({ object, what, risk }) => `${object} ${what} ${risk}`)).toEqual([seen]);
    await target.apply(plan);
    expect(await target.plan(all, derived)).toEqual([]);
  });

  test('what nobody declares stays', async () => {
    await run('CREATE TABLE fleet.notes (n Int32) ENGINE = MergeTree ORDER BY n');
    expect(await target.plan(all, derived)).toEqual([]);
  });
});

test.each([false, true])('every statement for a cluster is one, shards %s', async (sharded) => {
  const statements = statementsOf(all, derived, { database: 'iot', cluster: 'main', sharded });
  statements.push('SYSTEM SYNC REPLICA ON CLUSTER `main` `iot`.`telemetry_local` LIGHTWEIGHT');
  for (const sql of statements) {
    expect(sql).toContain(' ON CLUSTER `main`');
    const query = 'SELECT length(formatQuery({sql:String})) AS length';
    const answer = await engine.client.query({ query, query_params: { sql }, format: 'JSONEachRow' });
    expect(await answer.json()).not.toEqual([]);
  }
});

describe('what would lose rows', () => {
  const name = 'lossy';
  const table: Table = { ...sampleTable, name };

  test('says how many, is refused by prepare, and is done when asked for', async () => {
    await target.prepare([table], []);
    const records = Array.from({ length: 30 }, (_, offset) => ({ partition: 0, offset, value: framed(7, offset) }));
    const edges = [{ partition: 0, first: 0, last: 29, count: 30 }];
    await target.insert({ table, edges, containers: [container(Sample.avro, records)], token: 'lossy' });
    const other: Table = { ...table, orderBy: ['device', '_offset'] };
    const [change, ...others] = await target.plan([other], []);
    expect(others).toEqual([]);
    expect(change).toMatchObject({ object: name, risk: 'loss', to: 'MergeTree by device, _offset in toYYYYMM(at)' });
    expect(change?.meaning).toMatch(/^30 rows, [\d.]+ KiB would go, and are read again from the log/);
    await expect(target.prepare([other], [])).rejects.toThrow(/^table_incompatible: fleet\.lossy differs .* 30 rows/);
    expect(await brief([table])).toEqual([]);
    await target.apply(await target.plan([other], []));
    expect(await brief([other])).toEqual([]);
    expect(
      await (await engine.client.query({ query: 'SELECT 1 FROM fleet.lossy', format: 'JSONEachRow' })).json(),
    ).toEqual([]);
  });

  test('nothing would be lost of a table that is empty, so prepare makes it anew', async () => {
    const empty: Table = { ...sampleTable, name: 'empty' };
    const other: Table = { ...empty, orderBy: ['device', '_offset'] };
    await target.prepare([empty], []);
    expect(await target.plan([other], [])).toMatchObject([
      { what: 'whole', risk: 'none', meaning: 'is made anew; it is empty' },
    ]);
    await target.prepare([other], []);
    expect(await brief([other])).toEqual([]);
  });

  test('a table where a view is declared is one', async () => {
    await target.prepare([newestTable], []);
    await run('DROP VIEW fleet.newest');
    await run('CREATE TABLE fleet.newest (n Int32) ENGINE = MergeTree ORDER BY n');
    expect(await brief([newestTable])).toEqual(['newest whole loss']);
    await target.apply(await target.plan([newestTable], []));
    expect(await brief([newestTable])).toEqual([]);
  });
});
