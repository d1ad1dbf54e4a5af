// The pages of tables and views are executed: each example is asked of a small fleet, and gives rows.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Table } from '#sdk';
import { derived, tables } from '#schemas';
import { createDatabase } from '#runtime/clickhouse/ddl.ts';
import { isParameterised } from '#runtime/clickhouse/objects.ts';
import { DOCUMENTED, tablePages } from '../../scripts/table-pages.ts';
import { insertion } from '../runtime/clickhouse/json-rows.ts';
import { statementsOf } from '../runtime/clickhouse/statements.ts';
import { blocksOf } from './blocks.ts';

const PAGES = 'docs/tables';
const NOON = Date.UTC(2026, 10, 1, 12);
const HOUR = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'fleetstream-pages-'));
const session = new Session(folder);

afterAll(() => {
  session.cleanup();
  rmSync(folder, { recursive: true, force: true });
});

const rows = (sql: string) =>
  session
    .query(sql, 'JSONEachRow')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeAll(() => {
  session.query(createDatabase());
  for (const sql of statementsOf(Object.values(tables) as Table[], derived)) session.query(sql);
  session.query('USE fleet');
  const declared = new Map(Object.entries(tables));
  for (const [name, records] of Object.entries(fleet())) session.query(insertion(declared.get(name) as Table, records));
});

test('the pages are those of the declarations', () => {
  const pages = tablePages();
  expect(readdirSync(PAGES).toSorted()).toEqual([...pages.keys()].toSorted());
  for (const [file, text] of pages) expect(readFileSync(join(PAGES, file), 'utf8'), file).toBe(text);
});

test('every page has an example', () => {
  for (const { name } of DOCUMENTED)
    expect(blocksOf(readFileSync(join(PAGES, `${name}.md`), 'utf8')), name).not.toEqual([]);
});

describe.each(DOCUMENTED.map(({ name }) => name))('%s', (name) => {
  const blocks = blocksOf(readFileSync(join(PAGES, `${name}.md`), 'utf8'));

  test.each(blocks.map(({ line, code }) => [`line ${line}`, code]))('%s is answered', (_, code) => {
    expect(rows(code)).not.toEqual([]);
  });
});

test.each(derived.flatMap((each) => (each.kind === 'view' ? [[each.name, each] as const] : [])))(
  'the page of %s names its columns, in their order',
  (name, { query, columns }) => {
    const parameters = query.includes('{history:')
      ? "(at = '2026-11-01 12:00:00', known = '2026-11-01 12:00:00', history = true)"
      : "(at = '2026-11-01 12:00:00', known = '2026-11-01 12:00:00')";
    const found = rows(`DESCRIBE (SELECT * FROM ${name}${isParameterised(query) ? parameters : ''})`);
    expect(Object.keys(columns)).toEqual(found.map((column) => column['name']));
  },
);

/** Two devices of one tenant, as every table has them. */
function fleet(): Readonly<Record<string, readonly object[]>> {
  const about = (device: string, at: number, delay = 1_000) => {
    const times = { eventTime: NOON + at, receivedAt: NOON + at + delay, logTime: NOON + at + delay };
    return { tenant: 'acme', device, eventId: `${device}${at}`, source: 'mqtt', sequence: 1, epoch: 1, ...times };
  };
  const gap = (kind: string, first: number, last: number) => {
    return { ...about('d1', -HOUR), kind, firstSequence: first, lastSequence: last, count: last - first + 1 };
  };
  const twin = { version: 1, reported: '{"firmware":"1.4.2"}', desired: '{}' };
  const written = { ...about('d1', -HOUR), section: 'REPORTED', writes: [{ path: '/firmware', value: '"1.4.2"' }] };
  const path = { path: '/mode', status: 'PENDING', since: NOON, desired: '"eco"', desiredEventTime: NOON };
  return {
    telemetry: [
      { ...about('d1', -HOUR), metrics: { temperatureC: 21.5 }, payloadBytes: 40 },
      { ...about('d2', -HOUR, 2 * HOUR), metrics: { temperatureC: 19 }, payloadBytes: 44 },
    ],
    links: [{ ...about('d1', -HOUR), technology: 'LORAWAN', gateway: 'gw1', rssi: -110, snr: 3, latencyMs: 40 }],
    sessions: [
      { ...about('d1', -HOUR), phase: 'STARTED', sessionId: 's1' },
      { ...about('d2', -HOUR), phase: 'ENDED', sessionId: 's2', reason: 'timeout' },
    ],
    anomalies: [{ ...about('d1', -HOUR), metric: 'temperatureC', value: 61, statistic: 'jump up', low: 18, high: 24 }],
    anomalyThresholds: [
      { ...about('d1', -HOUR), metric: 'temperatureC', before: 0.0015, after: 0.0004, falsePositives: 1 },
    ],
    violations: [
      {
        ...about('d1', -HOUR),
        finding: 'f1',
        kind: 'IN_ALARM',
        reason: 'CRITERIA',
        profile: 'p',
        behaviour: 'b',
        value: 9,
      },
    ],
    novelties: [
      { ...about('d1', -HOUR), kind: 'DESTINATION', members: ['192.0.2.0/24'], basis: 'DEVICE', reports: 2016 },
    ],
    descriptions: [{ ...about('d1', -HOUR), model: 'm1', firmware: '1.4.2', lot: 'L1', site: 'north' }],
    reboots: [{ ...about('d1', -HOUR), cause: 'WATCHDOG', expected: false }],
    crashes: [{ ...about('d1', -HOUR), code: 'SIGSEGV', firmware: '1.4.2' }],
    deviceLogs: [{ ...about('d1', -HOUR), level: 'WARN', logger: 'radio', message: 'no network', attributes: {} }],
    batteries: [{ ...about('d1', -HOUR), level: 61.5, volts: 3.4 }],
    alerts: [
      { ...about('d1', -HOUR), alert: 'rules.hot/d1', revision: 1, number: 1, status: 'OPEN', change: 'OPENED' },
    ],
    deviceHealthHours: [{ ...about('d1', -HOUR), firmware: '1.4.2', expectedMs: HOUR, operatingMs: HOUR, hours: 1 }],
    batteryForecasts: [{ ...about('d1', -HOUR), outlook: 'ENDS', level: 61.5, ratePerDay: 0.5, endsAt: NOON + HOUR }],
    fleetHealth: [{ ...about('d1', -HOUR), firmware: '1.4.2', operatingMs: HOUR, crashes: 1 }],
    fleetHealthFindings: [{ ...about('d1', -HOUR), dimension: 'LOT', name: 'L1', verdict: 'WORSE', ratio: 3 }],
    gaps: [gap('MISSING', 3, 5), gap('DUPLICATE', 2, 2)],
    lateEvents: [{ ...about('d1', -40 * 24 * HOUR), receivedAt: NOON, processor: 'ledger', code: 'beyond_lateness' }],
    deadLetters: [{ time: NOON, code: 'unknown_event', origin: 'http', detail: 'There is no such event.' }],
    twinChanges: [written, { ...written, ...about('d2', -HOUR) }],
    twins: [{ ...about('d1', -HOUR), ...twin }],
    twinDeltas: [{ ...about('d1', -HOUR), version: 1, delta: '{"mode":"eco"}', metadata: '{}', paths: [path] }],
    twinRejections: [{ ...about('d1', -HOUR), section: 'DESIRED', code: 'version_conflict', detail: '' }],
    connectivityChanges: [
      { ...about('d1', -HOUR), status: 'OFFLINE', previous: 'ONLINE', reason: 'SILENT', gateway: 'gw1' },
    ],
    connectivityWindows: ['ALL', 'LTE_M', 'whole'].map((row) => {
      const whole = row === 'whole';
      const [technology, spanSeconds] = whole ? ['LTE_M', 60] : [row, 3_600];
      const window = { ...about('d1', -HOUR), start: NOON - HOUR, spanSeconds, technology, whole, revision: 1 };
      const times = { connectedMs: HOUR / 2, expectedMs: HOUR, latency: [{ bucket: 200, count: 3 }] };
      return { ...window, reports: 6, missing: 1, completeness: 6 / 7, ...times };
    }),
    connectivityAdvice: [{ ...about('d1', -HOUR), kind: 'SINGLE_GATEWAY', active: true, detail: 'One gateway alone.' }],
    outageVerdicts: [{ ...about('d1', -HOUR), verdict: 'GATEWAY_OR_BACKHAUL', revision: 1, silent: 9, members: 10 }],
    logArchive: [{ topic: 'fleet.events', timestamp: NOON, key: 'acme/d1', headers: {}, value: 'an event' }],
  };
}
