import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase } from '#runtime/clickhouse/ddl.ts';
import { derived, tables } from '#schemas';
import { parseJsonText, type Table } from '#sdk';
import { insertion, sqlTime } from '../../runtime/clickhouse/json-rows.ts';
import { statementsOf } from '../../runtime/clickhouse/statements.ts';
import { Device, START } from './device.ts';
import { sectionOf } from './oracle.ts';

const MOMENTS = 60;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`twin views: SEED=${seed}, ${MOMENTS} moments`);

interface Row {
  readonly device: string;
  readonly reported: string;
  readonly desired: string;
}

interface Heard {
  readonly device: string;
  readonly section: 'reported' | 'desired';
  readonly time: number;
  readonly logTime: number;
  readonly sequence: number;
  readonly eventId: string;
  readonly historical: boolean;
  readonly patch: object;
}

const folder = mkdtempSync(join(tmpdir(), 'fleetstream-views-'));
const session = new Session(folder);
const rows = <T>(sql: string) => lines<T>(session.query(sql, 'JSONEachRow'));
const lines = <T>(text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

afterAll(() => {
  session.cleanup();
  rmSync(folder, { recursive: true, force: true });
});

beforeAll(() => {
  session.query(createDatabase());
  for (const sql of statementsOf(Object.values(tables), derived)) session.query(sql);
});

describe('the twin at event time T, as known at log time T′', () => {
  const { devices, heard } = history();

  beforeAll(() => {
    const changes = devices.flatMap((device) => device.changes);
    insert(tables.twinChanges, changes);
    insert(tables.twins, changes);
  });

  test('is what the patches known by then give, at any two times', () => {
    const moment = fc.tuple(fc.integer({ min: -1, max: 13 }), fc.integer({ min: -1, max: 13 }), fc.boolean());
    fc.assert(
      fc.property(moment, ([at, known, withHistory]) => {
        const found = new Map(twinsAt(at, known, withHistory).map((row) => [row.device, row]));
        const then = heard.filter((one) => one.time <= at && one.logTime <= known);
        expect([...found.keys()].sort()).toEqual([...new Set(then.map(({ device }) => device))].sort());
        for (const [device, row] of found) {
          for (const section of ['reported', 'desired'] as const) {
            const said = then.filter(
              (one) => one.device === device && one.section === section && (withHistory || !one.historical),
            );
            const document: unknown = sectionOf(said.map((one) => ({ ...one, eventTime: one.time })));
            expect(parseJsonText(row[section])).toEqual(parseJsonText(JSON.stringify(document)));
          }
        }
      }),
      { seed, numRuns: MOMENTS },
    );
  });

  test('is now the current twin', () => {
    const current = rows<Row>('SELECT device, reported, desired FROM fleet.twins ORDER BY device');
    expect(current).toHaveLength(devices.length);
    expect(twinsAt(100, 100, false).map(parsed)).toEqual(current.map(parsed));
  });

  test('has for each leaf the write that it is from', () => {
    const leaves = rows<{ device: string; path: string; value: string; eventId: string }>(
      `SELECT * FROM fleet.twin_leaves_at(${moment(100, 100, false)}) WHERE section = 'REPORTED'`,
    );
    const kept = devices.flatMap(({ name, state }) =>
      state.reported.flatMap(({ path, value, eventId }) =>
        value === null ? [] : [{ device: name, path, value, eventId }],
      ),
    );
    const told = leaves.map(({ device, path, value, eventId }) => ({ device, path, value, eventId }));
    expect(told.toSorted(byPath)).toEqual(kept.toSorted(byPath));
    expect(told.length).toBeGreaterThan(10);
  });
});

test('a status has held since it last became so, however often the device repeats itself', () => {
  const device = new Device('drifter');
  device.ask({ mode: 'eco', rate: 5 }, { time: 0 });
  device.report({ mode: 'auto' }, { time: 10_000 });
  device.report({ mode: 'auto' }, { time: 20_000 });
  device.report({ rate: 5 }, { time: 30_000 });
  device.report({ mode: 'off' }, { time: 40_000 });
  device.ask({ gone: 1 }, { time: 50_000 }).ask({ gone: null }, { time: 60_000 });
  insert(tables.twinDeltas, device.deltas);
  const found = rows<object>(
    `SELECT path, status, toUnixTimestamp64Milli(since) - ${START} AS since, ageSeconds > 0 AS aged FROM fleet.twin_path_status WHERE device = 'drifter' ORDER BY path`,
  );
  expect(found).toEqual([
    { path: '/mode', status: 'DRIFTED', since: 10_000, aged: expect.any(Number) as number },
    { path: '/rate', status: 'CONVERGED', since: 30_000, aged: expect.any(Number) as number },
  ]);
});

test('completeness counts as missing neither what came after all nor what is given up', () => {
  const gap = { tenant: 'acme', device: 'd1', eventId: '', eventTime: START, receivedAt: START, source: 'mqtt' };
  const found = [
    { kind: 'MISSING', count: 10 },
    { kind: 'FILLED', count: 1 },
    { kind: 'FILLED', count: 1 },
    { kind: 'LOST', count: 3 },
    { kind: 'DUPLICATE', count: 1 },
    { kind: 'LATE', count: 1 },
    { kind: 'RESET', count: 1 },
  ];
  insert(
    tables.gaps,
    found.map((one) => ({ ...gap, ...one })),
  );
  const [row] = rows<object>('SELECT * FROM fleet.completeness');
  expect(row).toMatchObject({ missing: 5, filled: 2, lost: 3, duplicates: 1, late: 1, resets: 1, undedupable: 0 });
});

test('completeness takes as the newest event one that was admitted, whatever was refused', () => {
  const about = (device: string, time: number) => ({ tenant: 'acme', device, eventId: '', eventTime: START + time });
  const refused = [
    { ...about('mixed', 9_000), kind: 'DUPLICATE', count: 1 },
    { ...about('mixed', 8_000), kind: 'LATE', count: 1 },
    { ...about('mixed', 8_000), kind: 'FILLED', count: 1 },
    { ...about('refused', 7_000), kind: 'LATE', count: 1 },
    { ...about('linked', 0), kind: 'MISSING', count: 2 },
    { ...about('started', 0), kind: 'RESET', count: 1 },
    { ...about('twin', 0), kind: 'MISSING', count: 1 },
  ];
  insert(
    tables.gaps,
    refused.map((one) => ({ ...one, receivedAt: START, source: 'mqtt' })),
  );
  insert(tables.telemetry, [about('mixed', 1_000), about('mixed', 2_000), about('whole', 3_000)]);
  insert(tables.links, [about('linked', 4_000), about('mixed', 500)]);
  insert(tables.sessions, [{ ...about('started', 5_000), phase: 'STARTED', sessionId: 's' }]);
  insert(tables.twinChanges, [
    { ...about('twin', 6_000), section: 'REPORTED' },
    { ...about('twin', 9_000), section: 'DESIRED' },
  ]);
  const found = rows<{ device: string; newest: number | null }>(
    "SELECT device, toUnixTimestamp64Milli(newestEventTime) AS newest FROM fleet.completeness WHERE device != 'd1' ORDER BY device",
  );
  expect(found.map(({ device, newest }) => [device, newest === null ? null : newest - START])).toEqual([
    ['linked', 4_000],
    ['mixed', 2_000],
    ['refused', null],
    ['started', 5_000],
    ['twin', 6_000],
  ]);
});

function parsed({ device, reported, desired }: Row) {
  return { device, reported: parseJsonText(reported), desired: parseJsonText(desired) };
}

function byPath(a: { device: string; path: string }, b: { device: string; path: string }): number {
  return `${a.device} ${a.path}` < `${b.device} ${b.path}` ? -1 : 1;
}

function twinsAt(at: number, known: number, withHistory: boolean): Row[] {
  return rows(
    `SELECT device, reported, desired FROM fleet.twins_at(${moment(at, known, withHistory)}) ORDER BY device`,
  );
}

function moment(at: number, known: number, withHistory: boolean): string {
  return `at = ${sqlTime(START + at)}, known = ${sqlTime(START + known)}, history = ${withHistory}`;
}

function insert(table: Table, records: readonly object[]): void {
  session.query(insertion(table, records));
}

/** A random fleet, and what the log holds of it; log time follows arrival, event time does not. */
function history(): { readonly devices: readonly Device[]; readonly heard: readonly Heard[] } {
  const name = fc.constantFrom('a', 'b', 'a!', 'a/b', '~', '', '"', '\\', '\\/', 'é\n', '😀');
  const value = fc.oneof(
    fc.constant(null),
    fc.integer({ min: 0, max: 9 }),
    fc.constantFrom('x/"\\é', true, 1e21),
    fc.constant([{ k: '/' }]),
  );
  const inner = fc.dictionary(
    name,
    fc.oneof(value, fc.dictionary(name, value, { maxKeys: 2, noNullPrototype: true })),
    { maxKeys: 2, noNullPrototype: true },
  );
  const patch = fc.dictionary(name, fc.oneof(value, value, inner), { maxKeys: 3, noNullPrototype: true });
  const event = fc.record({
    section: fc.constantFrom('reported' as const, 'reported' as const, 'desired' as const),
    time: fc.integer({ min: 0, max: 12 }),
    sequence: fc.integer({ min: -1, max: 2 }),
    historical: fc.constantFrom(false, false, false, true),
    patch,
  });
  const fleet = fc.sample(fc.array(event, { minLength: 1, maxLength: 14 }), { seed, numRuns: 25 });
  const heard: Heard[] = [];
  const devices = fleet.map((events, d) => {
    const device = new Device(`d${String(d).padStart(2, '0')}`);
    events.forEach((one, i) => {
      const eventId = ((i * 5) % 17).toString(16).padStart(32, '0');
      device.logTime = i - 1;
      heard.push({ ...one, device: device.name, logTime: i - 1, eventId });
      const said = {
        time: one.time,
        sequence: one.sequence < 0 ? null : one.sequence,
        historical: one.historical,
        eventId,
      };
      device.take(one.section === 'reported' ? 'twinReported' : 'twinDesired', device.event(one.patch, said));
    });
    return device;
  });
  return { devices, heard };
}
