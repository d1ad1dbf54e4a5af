import * as fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import type { Table } from '#sdk';
import { derived, tables, telemetryReported, topics } from '#schemas';
import { simulate } from '#runtime/simulate.ts';
import { ledger } from '../../processors/ledger/processor.ts';
import { insertion, sqlTime } from '../runtime/clickhouse/json-rows.ts';
import { type Arrival, knownByHour, metricsThen, type Reading } from './oracle.ts';
import { openSession } from './session.ts';

const MOMENTS = 40;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`analysts' views: SEED=${seed}, ${MOMENTS} moments`);

const NOW = Date.UTC(2026, 10, 1, 12);
const HOUR = 3_600_000;
const session = openSession();

const rows = <T>(sql: string): T[] =>
  session
    .query(`${sql} SETTINGS output_format_json_quote_64bit_integers = 0`, 'JSONEachRow')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
const insert = (table: Table, records: readonly object[]) => void session.query(insertion(table, records));

const STATES = derived.flatMap(({ kind, name }) => (kind === 'rollup' ? [name] : []));
beforeEach(() => {
  for (const name of ['telemetry', 'sessions', 'gaps', 'links', ...STATES])
    session.query(`TRUNCATE TABLE fleet.${name}`);
});

test('metrics_at is what the reports known by then say, at any two times', () => {
  const reading = fc.record({
    device: fc.constantFrom('d1', 'd2', 'd3'),
    eventTime: fc.integer({ min: 0, max: 12 }),
    logTime: fc.integer({ min: 0, max: 12 }),
    sequence: fc.option(fc.integer({ min: 0, max: 3 })),
    eventId: fc.uuid(),
    metrics: fc.dictionary(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 99 }), { noNullPrototype: true }),
  });
  const readings: Reading[] = fc.sample(reading, { seed, numRuns: 80 });
  const about = { tenant: 'acme', source: 'mqtt', receivedAt: NOW };
  insert(
    tables.telemetry,
    readings.map((one) => ({ ...one, ...about, eventTime: NOW + one.eventTime, logTime: NOW + one.logTime })),
  );
  const moment = fc.integer({ min: -1, max: 13 });
  fc.assert(
    fc.property(moment, moment, (at, known) => {
      const then = `at = ${sqlTime(NOW + at)}, known = ${sqlTime(NOW + known)}`;
      const found = rows<{ key: string; value: number }>(
        `SELECT concat(device, ' ', metric) AS key, value FROM fleet.metrics_at(${then})`,
      );
      const wanted = metricsThen(readings, at, known);
      expect(new Map(found.map(({ key, value }) => [key, value]))).toEqual(wanted);
      // And so a question to the whole fleet.
      const [mean] = rows<{ mean: number | null }>(
        `SELECT sum(value) AS mean FROM fleet.metrics_at(${then}) WHERE metric = 'a'`,
      );
      const values = [...wanted].flatMap(([key, value]) => (key.endsWith(' a') ? [value] : []));
      expect(mean?.mean).toBe(values.reduce((sum, value) => sum + value, 0));
    }),
    { seed, numRuns: MOMENTS },
  );
});

test('sessions_at knows of each device whether its newest session had ended', () => {
  const event = (device: string, eventTime: number, logTime: number, phase: string) => {
    const times = { eventTime: NOW + eventTime, logTime: NOW + logTime, receivedAt: NOW };
    return {
      tenant: 'acme',
      device,
      ...times,
      source: 'mqtt',
      phase,
      sessionId: `s${eventTime}`,
      eventId: `${eventTime}`,
    };
  };
  // The end of d1's session became known late.
  insert(tables.sessions, [event('d1', 1, 1, 'STARTED'), event('d2', 3, 3, 'STARTED'), event('d1', 2, 9, 'ENDED')]);
  const at = (time: number, known: number) =>
    rows<{ device: string; phase: string }>(
      `SELECT device, phase FROM fleet.sessions_at(at = ${sqlTime(NOW + time)}, known = ${sqlTime(NOW + known)}) ORDER BY device`,
    ).map(({ device, phase }) => `${device} ${phase}`);
  expect(at(0, 9)).toEqual([]);
  expect(at(2, 8)).toEqual(['d1 STARTED']);
  expect(at(2, 9)).toEqual(['d1 ENDED']);
  expect(at(9, 9)).toEqual(['d1 ENDED', 'd2 STARTED']);
});

test('each hour knows what is missing of it, by the account that the ledger keeps', async () => {
  const arrivals: Arrival[] = fc
    .sample(
      fc.record({
        device: fc.constantFrom('d1', 'd2', 'd3'),
        epoch: fc.constantFrom(1, 1, 2),
        // Few numbers, so that they are repeated, skipped, and come late.
        sequence: fc.integer({ min: 0, max: 60 }),
        minute: fc.integer({ min: 0, max: 5 }),
      }),
      { seed, numRuns: 90 },
    )
    // A number stands for a time, as a device's counter does.
    .map(({ device, epoch, sequence, minute }) => {
      return {
        device,
        epoch,
        sequence,
        eventTime: NOW - 4 * HOUR + epoch * HOUR + sequence * 120_000 + minute * 1_000,
      };
    })
    // An earlier epoch that came after a later one is another story.
    .toSorted((a, b) => a.epoch - b.epoch);
  const run = await simulate(ledger);
  await run.advanceTo(NOW);
  const metrics = { metrics: { t: 1 }, labels: {} };
  for (const { eventTime, ...arrival } of arrivals) {
    await run.send(telemetryReported, { ...arrival, deviceTime: eventTime, receivedAt: NOW, ...metrics });
  }
  await run.advanceTo(NOW + 10 * 60_000);
  insert(tables.telemetry, run.read(topics.telemetry));
  insert(tables.gaps, run.read(topics.gaps));

  const wanted = [...knownByHour(arrivals)]
    .map(([start, known]) => ({ start, ...known }))
    .toSorted((a, b) => a.start - b.start);
  expect(wanted.some(({ missing }) => missing > 0)).toBe(true);
  const hours = rows<{ start: number; events: number; missing: number; share: number; why: string }>(
    `SELECT toUnixTimestamp(start) * 1000 AS start, events, missing, share, why FROM fleet.completeness_1h ORDER BY start`,
  );
  expect(hours.map(({ start, events, missing }) => ({ start, events, missing }))).toEqual(wanted);
  for (const { events, missing, share, why } of hours) {
    expect(share).toBeCloseTo(events / (events + missing), 9);
    const said = /^(\d+) skipped by [123] devices may still come/.exec(why)?.[1] ?? '0';
    expect(Number(said)).toBe(missing);
  }
  // The same beside each number, however it is cut.
  for (const [view, column] of [
    ['telemetry_1h', 'readings'],
    ['reports_1d', 'reports'],
    ['telemetry_1m', 'readings'],
  ] as const) {
    const [sum] = rows<{ n: number }>(`SELECT toInt64(sum(${column})) AS n FROM fleet.${view}`);
    expect(sum?.n, view).toBe(wanted.reduce((all, { events }) => all + events, 0));
  }
  const beside = rows<{ start: number; missing: number }>(
    'SELECT toUnixTimestamp(start) * 1000 AS start, missing FROM fleet.reports_1h ORDER BY start',
  );
  expect(beside).toEqual(wanted.filter(({ events }) => events > 0).map(({ start, missing }) => ({ start, missing })));
});

test('a number that is given up, and one that comes too late, are said in words', () => {
  const about = { tenant: 'acme', device: 'd1', source: 'mqtt', epoch: 1, eventId: '', receivedAt: NOW, logTime: NOW };
  const range = (kind: string, first: number, last: number, eventTime: number) => {
    return { ...about, kind, firstSequence: first, lastSequence: last, count: last - first + 1, eventTime };
  };
  insert(tables.gaps, [
    range('MISSING', 1, 9, NOW),
    range('MISSING', 11, 13, NOW + HOUR),
    range('FILLED', 5, 5, NOW - HOUR),
    range('FILLED', 12, 12, NOW - HOUR),
    range('LOST', 1, 4, NOW + 2 * HOUR),
    range('LATE', 12, 12, NOW - HOUR),
  ]);
  const ranges = rows<object>(
    'SELECT firstSequence AS first, skipped, filled, lost, missing FROM fleet.gap_ranges ORDER BY first',
  );
  expect(ranges).toEqual([
    { first: 1, skipped: 9, filled: 1, lost: 4, missing: 4 },
    { first: 11, skipped: 3, filled: 1, lost: 0, missing: 2 },
  ]);
  const hours = rows<{ why: string }>('SELECT why FROM fleet.completeness_1h ORDER BY start').map(({ why }) => why);
  expect(hours).toEqual([
    '1 came after the horizon and stand in late_events',
    expect.stringMatching(/^4 skipped by 1 devices may still come; 4 are given up; partition 0 has only reached /),
    expect.stringMatching(/^2 skipped by 1 devices may still come; partition 0 has only reached /),
  ]);
});

test('watermarks are of the partition that is furthest, table by table, and the slowest bounds them all', () => {
  const about = (partition: number, time: number) => {
    return {
      _partition: partition,
      tenant: 'acme',
      device: 'd',
      eventId: '',
      eventTime: NOW + time,
      receivedAt: NOW + time,
      logTime: NOW + time,
    };
  };
  insert(tables.telemetry, [about(0, 1_000), about(0, 5_000), about(1, 2_000)]);
  insert(tables.links, [about(0, 3_000), about(1, 9_000)]);
  const found = rows<{ partition: number; at: number }>(
    'SELECT partition, toUnixTimestamp64Milli(watermark) AS at FROM fleet.watermarks ORDER BY partition',
  );
  expect(found.map(({ partition, at }) => [partition, at - NOW])).toEqual([
    [0, 5_000],
    [1, 9_000],
  ]);
  const [beside] = rows<{ at: number }>(
    'SELECT toUnixTimestamp64Milli(assumeNotNull(max(watermark))) AS at FROM fleet.reports_1h',
  );
  expect(beside!.at - NOW).toBe(5_000);
  const fresh = rows<object>(
    "SELECT table, toInt32(rows) AS rows, newestOffset FROM fleet.freshness WHERE partition = 0 AND table IN ('telemetry', 'links') ORDER BY table",
  );
  expect(fresh).toEqual([
    { table: 'links', rows: 1, newestOffset: 0 },
    { table: 'telemetry', rows: 2, newestOffset: 1 },
  ]);
});

test('what freshness asks is answered by the parts’ own newest rows', () => {
  const row = { tenant: 'acme', device: 'd', eventId: '', eventTime: NOW, receivedAt: NOW, logTime: NOW };
  insert(tables.telemetry, [row, row]);
  const read = (sql: string) =>
    rows<{ explain: string }>(`EXPLAIN ${sql}`).flatMap(
      ({ explain }) => /ReadFromMergeTree \((.*)\)/.exec(explain)?.[1] ?? [],
    );
  expect(read("SELECT * FROM fleet.freshness WHERE table = 'telemetry'")).toContain('newest');
  expect(read("SELECT * FROM fleet.freshness WHERE table = 'telemetry'")).not.toContain('fleet.telemetry');
  expect(read('SELECT _partition, max(payloadBytes) FROM fleet.telemetry GROUP BY _partition')).toContain(
    'fleet.telemetry',
  );
});
