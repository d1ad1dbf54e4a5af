import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type Rollup, type Table, table } from '#sdk';
import { derived, tables, Telemetry, topics } from '#schemas';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { startSink } from '#runtime/clickhouse/sink.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { type Measured, START, telemetryBatch, telemetryTable, telemetryValue } from './measured.ts';
import { statementsOf } from './statements.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`roll-ups: SEED=${seed}`);

const path = await mkdtemp(join(tmpdir(), 'fleetstream-rollups-'));
const engine = await openEngine({ path });
const all = Object.values(tables) as Table[];
const states = derived.filter((each): each is Rollup => each.kind === 'rollup' && each.from === telemetryTable);
let target: EmbeddedTarget;

afterAll(async () => {
  await engine.close();
  await rm(path, { recursive: true, force: true });
});

beforeEach(async () => {
  target = new EmbeddedTarget(engine);
  await engine.client.command({ query: 'DROP DATABASE IF EXISTS fleet SYNC' });
  await target.prepare(all, derived);
});

const run = (query: string) => engine.client.command({ query });
const rows = async <T>(query: string) => (await engine.client.query({ query, format: 'JSONEachRow' })).json<T>();

/** Rows of two months and four days, a third of them late, in the order of their offsets. */
function measured(count: number, salt = 0): Measured[] {
  const row = fc.record({
    partition: fc.integer({ min: 0, max: 3 }),
    device: fc.constantFrom('d1', 'd2', 'd3', 'd4', 'd5'),
    time: fc.oneof(fc.integer({ min: 0, max: 7_200_000 }), fc.integer({ min: 0, max: 3 * 86_400_000 })),
    metrics: fc.dictionary(fc.constantFrom('temperatureC', 'humidityPct'), fc.integer({ min: 1, max: 500 }), {
      maxKeys: 2,
      noNullPrototype: true,
    }),
  });
  const next = [0, 0, 0, 0];
  return fc.sample(row, { seed: seed + salt, numRuns: count }).map((each, logTime) => {
    const offset = next[each.partition]!++;
    return { ...each, offset, sequence: offset, logTime };
  });
}

/** What stands in the view, and the same asked of the table. */
async function bothWays(span: 'Minute' | 'Hour' | 'Day', suffix: string) {
  const columns =
    'tenant, metric, start, toInt64(readings) AS readings, devices, least, greatest, round(average, 6) AS average';
  const view = await rows(`SELECT ${columns} FROM fleet.telemetry_${suffix} ORDER BY tenant, metric, start`);
  const direct = await rows(`
    SELECT
      tenant, metric, toDateTime(toStartOf${span}(eventTime), 'UTC') AS start, toInt64(count()) AS readings,
      uniqExact(device) AS devices, min(value) AS least, max(value) AS greatest, round(avg(value), 6) AS average
    FROM fleet.telemetry ARRAY JOIN mapKeys(metrics) AS metric, mapValues(metrics) AS value
    GROUP BY tenant, metric, start ORDER BY tenant, metric, start`);
  return { view, direct };
}

/** Every roll-up counts the very rows of the table. */
async function expectAligned(): Promise<void> {
  for (const [span, suffix] of [
    ['Minute', '1m'],
    ['Hour', '1h'],
    ['Day', '1d'],
  ] as const) {
    const { view, direct } = await bothWays(span, suffix);
    expect(view).toEqual(direct);
    const [reports] = await rows(
      `SELECT toInt64(sum(reports)) AS n, toInt64(sum(payloadBytes)) AS b FROM fleet.reports_${suffix}`,
    );
    expect(reports).toEqual(
      (await rows('SELECT toInt64(count()) AS n, toInt64(sum(payloadBytes)) AS b FROM fleet.telemetry'))[0],
    );
  }
}

async function insertAll(list: readonly Measured[], size: number): Promise<void> {
  for (let at = 0; at < list.length; at += size) {
    await target.insert(telemetryBatch(list.slice(at, at + size), `t${at}`));
  }
}

describe('a roll-up', () => {
  test('adds up by minute, hour and day what its table holds, late rows where they belong', async () => {
    await insertAll(measured(300), 60);
    const { view } = await bothWays('Day', '1d');
    expect(view.length).toBeGreaterThan(5);
    await expectAligned();
    await run('OPTIMIZE TABLE fleet.telemetry_states FINAL');
    await expectAligned();
  });

  test('knows quantiles within one part in a hundred, however many states are merged', async () => {
    await insertAll(measured(400), 80);
    const found = await rows<Record<string, number>>(`
      SELECT metric, p50, p90, p99 FROM (
        SELECT metric, quantilesDDMerge(0.01, 0.5, 0.9, 0.99)(valueSketch) AS q, q[1] AS p50, q[2] AS p90, q[3] AS p99
        FROM fleet.telemetry_states WHERE span = 86400 GROUP BY metric ORDER BY metric)`);
    const exact = await rows<Record<string, number>>(`
      SELECT metric, q[1] AS p50, q[2] AS p90, q[3] AS p99 FROM (
        SELECT metric, quantilesExactLow(0.5, 0.9, 0.99)(value) AS q
        FROM fleet.telemetry ARRAY JOIN mapKeys(metrics) AS metric, mapValues(metrics) AS value
        GROUP BY metric ORDER BY metric)`);
    expect(found).toHaveLength(2);
    for (const [index, { metric, ...quantiles }] of found.entries()) {
      for (const [name, value] of Object.entries(quantiles)) {
        // One rank beside is within reach of the sketch's definition, the rest is its error.
        expect(Math.abs(value / exact[index]![name]! - 1), `${metric} ${name}`).toBeLessThan(0.03);
      }
    }
  });

  test('counts an insert once that is repeated under its token', async () => {
    const list = measured(200);
    for (let i = 0; i < 2; i++) await insertAll(list, 100);
    await expectAligned();
    expect(await target.align(telemetryTable)).toEqual([]);
  });

  test('gets from a repeated insert what it did not get from the first', async () => {
    const list = measured(100);
    await run('RENAME TABLE fleet.reports_states TO fleet.away');
    await expect(insertAll(list, 100)).rejects.toThrow(/reports_states/);
    await run('RENAME TABLE fleet.away TO fleet.reports_states');
    await insertAll(list, 100);
    await expectAligned();
  });

  test('would count it twice, were the setting off that carries the token on', async () => {
    // The check above is worth nothing unless it can fail.
    const list = measured(100);
    await insertAll(list, 100);
    await run('ALTER TABLE fleet.telemetry_states MODIFY SETTING non_replicated_deduplication_window = 0');
    await insertAll(list, 100);
    const { view, direct } = await bothWays('Minute', '1m');
    expect(view).not.toEqual(direct);
    expect((await target.align(telemetryTable)).map(({ rollup }) => rollup)).toContain('telemetry_states');
    await expectAligned();
  });

  test('of a table whose rows are replaced is refused', () => {
    const [minute] = states as [Rollup];
    const replaced = table({
      name: 'replaced',
      doc: '',
      from: topics.telemetry,
      engine: { kind: 'latest' },
      orderBy: ['tenant', 'device'],
      dataClass: 'telemetry',
    }) as Table;
    expect(() => statementsOf([replaced], [{ ...minute, from: replaced }])).toThrow(
      /^table_unsupported: telemetry_states adds up replaced, whose rows are replaced or revised/,
    );
  });
});

describe('what came to differ from its table is added up again', () => {
  const list = measured(200, 1);
  const align = async () => {
    const realigned = await target.align(telemetryTable);
    await expectAligned();
    expect(await target.align(telemetryTable)).toEqual([]);
    return new Set(realigned.map(({ rollup, period }) => `${rollup} ${period}`));
  };

  test('when the rows came in and their states did not', async () => {
    await insertAll(list, 100);
    await run('TRUNCATE TABLE fleet.telemetry_states');
    await run('TRUNCATE TABLE fleet.reports_states');
    expect((await align()).size).toBeGreaterThanOrEqual(2);
  });

  test('when a roll-up is new and its table is not', async () => {
    await insertAll(list, 100);
    for (const { name } of states) await run(`DROP TABLE fleet.${name} SYNC`);
    for (const { name } of states) await run(`DROP VIEW fleet.${name.replace(/_states$/, '_feed')} SYNC`);
    await target.prepare(all, derived);
    expect((await align()).size).toBeGreaterThanOrEqual(states.length);
  });

  test('when a batch is completed whose rows were lost and whose states were not', async () => {
    await insertAll(list.slice(0, 100), 100);
    await run('ALTER TABLE fleet.telemetry DELETE WHERE _offset % 3 = 0 SETTINGS mutations_sync = 2');
    await target.complete(telemetryBatch(list.slice(0, 100), 't0'));
    expect((await align()).size).toBeGreaterThan(0);
  });

  test('when the insert is repeated after its token was forgotten', async () => {
    for (const name of ['telemetry', ...states.map((each) => each.name)]) {
      await run(`ALTER TABLE fleet.${name} MODIFY SETTING non_replicated_deduplication_window = 2`);
    }
    await insertAll(list, 20);
    // As a sink does that was killed after the insert, and starts again after the window has passed.
    await target.complete(telemetryBatch(list.slice(0, 20), 't0'));
    await align();
    expect(await rows('SELECT toInt32(count()) AS n FROM fleet.telemetry')).toEqual([{ n: list.length }]);
  });

  test('a day that the table no longer has stays', async () => {
    await insertAll(list, 100);
    await run("ALTER TABLE fleet.telemetry DROP PARTITION '20261031'");
    const before = await rows("SELECT * FROM fleet.reports_1d WHERE start < '2026-11-01 00:00:00'");
    expect(before).not.toEqual([]);
    expect(await target.align(telemetryTable)).toEqual([]);
    expect(await rows("SELECT * FROM fleet.reports_1d WHERE start < '2026-11-01 00:00:00'")).toEqual(before);
  });
});

test('a sink that dies at random steps leaves every roll-up equal to its table', async () => {
  const clock = new SimulatedClock(0);
  const log = new SimulatedLog(clock, 'rollups');
  const registry = new MemoryRegistry();
  const id = await registry.register(Telemetry.avro);
  await log.ensureTopics([{ name: 'telemetry', partitions: 4, cleanup: 'delete' }]);
  const list = measured(900, 2);
  const deaths = fc.sample(
    fc.record({
      step: fc.constantFrom('edge.persisted', 'inserted', 'completed'),
      nth: fc.integer({ min: 1, max: 3 }),
    }),
    { seed, numRuns: 6 },
  );
  const realigned: string[] = [];
  let written = 0;
  for (const death of [...deaths, null]) {
    const part = list.slice(written, death === null ? undefined : written + 140);
    written += part.length;
    await log.append(
      part.map((row) => ({
        topic: 'telemetry',
        partition: row.partition,
        key: null,
        value: telemetryValue(id, row),
        timestamp: START,
      })),
    );
    let left = death?.nth ?? 0;
    const step = (name: string) => {
      if (name === death?.step && --left === 0) throw new Error('crash');
    };
    const report = (code: string) => realigned.push(code);
    const sink = await startSink({
      log,
      registry,
      target,
      tables: [telemetryTable],
      partitions: 4,
      step,
      report,
      flushMsMax: 5,
      rowsMax: 50,
    });
    await sink.stop().catch(() => undefined);
    // What a cut-off insert does: the states of one roll-up lack what its table has.
    if (death?.step === 'inserted') await run(`ALTER TABLE fleet.telemetry_states DROP PARTITION '20261101'`);
  }
  expect(await rows('SELECT toInt32(count()) AS n FROM fleet.telemetry')).toEqual([{ n: list.length }]);
  await expectAligned();
  // A death there is followed by the loss of states.
  expect(realigned.includes('rollup_realigned')).toBe(deaths.some(({ step }) => step === 'inserted'));
});
