// What a revised table was known to say at any log time, against an oracle that reads all revisions.
import { expect, test } from 'vitest';
import type { Table } from '#sdk';
import { tables } from '#schemas';
import { insertion, sqlTime } from '../runtime/clickhouse/json-rows.ts';
import { chanceFrom } from '../simulation/chance.ts';
import { openSession } from './session.ts';

const MOMENTS = 30;
const REVISIONS = 120;
const NOW = Date.UTC(2026, 10, 1, 12);
const HOUR = 3_600_000;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`as it was known: SEED=${seed}, ${MOMENTS} moments`);

const session = openSession();

interface Revision {
  readonly key: number;
  readonly revision: number;
  /** Hours after `NOW` at which the log knew it. */
  readonly known: number;
}

/** Revisions of a few things, as they came: a thing's next one is known no earlier than the one before. */
function revisions(): Revision[] {
  const chance = chanceFrom(seed);
  const last = new Map<number, number>();
  let known = 0;
  return Array.from({ length: REVISIONS }, () => {
    known += chance.int(0, 1);
    const key = chance.int(0, 7);
    const revision = (last.get(key) ?? 0) + 1;
    last.set(key, revision);
    return { key, revision, known };
  });
}

/** Each table's own columns for a thing, beside its revision. */
const THINGS: Readonly<Record<string, (key: number, revision: number) => object>> = {
  alerts: (key) => ({ alert: `a${key}`, eventTime: NOW }),
  connectivity_windows: (key) => ({ device: `d${key}`, technology: 'ALL', spanSeconds: 60 }),
  outage_verdicts: (key) => ({ device: `d${key}`, eventTime: NOW }),
  device_health_hours: (key) => ({ device: `d${key}`, eventTime: NOW }),
  battery_forecasts: (key, revision) => ({ device: `d${key}`, eventTime: NOW + revision * 1_000 }),
  fleet_health: (key) => ({ model: `m${key}`, eventTime: NOW }),
};

const revised = (Object.values(tables) as Table[]).filter(({ engine }) => engine.kind === 'revised');

test('every table of revisions is asked', () => {
  expect(revised.map(({ name }) => name).toSorted()).toEqual(Object.keys(THINGS).toSorted());
});

test.each(revised)('$name says what was known of each thing at any log time', (table) => {
  const all = revisions();
  const rows = all.map(({ key, revision, known }, offset) => {
    return { tenant: 'acme', ...THINGS[table.name]?.(key, revision), revision, logTime: NOW + known * HOUR, offset };
  });
  session.query(insertion(table, rows));
  const found = (from: string) => offsets(`SELECT toUInt32(_offset) AS o FROM fleet.${from} ORDER BY o`);
  const wanted = (until: number) => {
    const newest = new Map<number, number>();
    for (const [offset, { key, known }] of all.entries()) if (known <= until) newest.set(key, offset);
    return [...newest.values()].toSorted((a, b) => a - b);
  };
  const chance = chanceFrom(seed + 1);
  // The first is before anything was known: by chance alone all may lie where every thing is known.
  const moments = [-1, ...Array.from({ length: MOMENTS }, () => chance.int(-1, REVISIONS))];
  for (const until of moments) {
    expect(found(`${table.name}_known(known = ${sqlTime(NOW + until * HOUR)})`)).toEqual(wanted(until));
  }
  expect(new Set(moments.map((until) => wanted(until).length)).size, 'the moments differ').toBeGreaterThan(1);
  expect(found(`${table.name}_current`)).toEqual(wanted(REVISIONS));
});

function offsets(sql: string): number[] {
  const lines = session.query(sql, 'TabSeparated').split('\n');
  return lines.filter((line) => line !== '').map(Number);
}
