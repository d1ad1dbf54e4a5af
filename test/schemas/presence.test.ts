// Who was there at any moment, as was known at any log time, against one pass over the log up to then.
import { expect, test } from 'vitest';
import { tables, topics } from '#schemas';
import { type Entry, HOUR, MINUTE } from '../oracle/connectivity/event.ts';
import { Presence } from '../oracle/connectivity/presence.ts';
import { START } from '../processors/connectivity/device.ts';
import { folded } from '../processors/connectivity/folded.ts';
import { historyOf } from '../processors/connectivity/history.ts';
import { insertion, sqlTime } from '../runtime/clickhouse/json-rows.ts';
import { chanceFrom } from '../simulation/chance.ts';
import { openSession } from './session.ts';

const DEVICES = 6;
const MOMENTS = 150;
const SPAN = 12 * HOUR;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`presence as it was known: SEED=${seed}, ${DEVICES} devices, ${MOMENTS} moments`);

const session = openSession();

test('presence_at says who was there at any moment, by what was known at any log time', async () => {
  const logs = new Map<string, readonly Entry[]>();
  for (let i = 0; i < DEVICES; i++) {
    const log = historyOf(seed + i, START, { says: true, spanMs: SPAN, tickMs: MINUTE });
    const device = await folded(log);
    const changes = device.run.read(topics.connectivityChanges);
    const timeOf = (time: number | null) => (time === null ? null : new Date(time).toISOString());
    const rows = changes.map(({ lastSeen, correctedFrom, correctedUntil, ...change }) => {
      const times = { lastSeen: timeOf(lastSeen), correctedFrom: timeOf(correctedFrom) };
      return { ...change, ...times, correctedUntil: timeOf(correctedUntil), device: `d${i}`, _partition: i };
    });
    session.query(insertion(tables.connectivityChanges, rows));
    logs.set(`d${i}`, log);
  }
  const chance = chanceFrom(seed);
  const told = new Map<string, number>();
  for (let i = 0; i < MOMENTS; i++) {
    const at = START + chance.int(-10 * MINUTE, SPAN);
    // Often what was known soon after, sometimes all that is known in the end.
    const known = chance.hit(0.2) ? START + 2 * SPAN + 48 * HOUR : at + chance.int(-HOUR, 6 * HOUR);
    const wanted = Array.from(logs, ([name, log]) => [name, new Presence(until(log, known)).at(at)] as const);
    expect(presence(at, known), `at ${at} known ${known} of SEED=${seed}`).toEqual(
      new Map(wanted.filter(([, status]) => status !== null)),
    );
    for (const [, status] of wanted) told.set(String(status), 1 + (told.get(String(status)) ?? 0));
  }
  expect([...told.keys()].toSorted()).toEqual(['OFFLINE', 'THERE', 'UNKNOWN', 'null']);
}, 180_000);

/** The log up to the last tick of that time, and what came before the next. */
function until(log: readonly Entry[], known: number): readonly Entry[] {
  const end = log.findIndex((entry) => 'tick' in entry && entry.tick > known);
  return end === -1 ? log : log.slice(0, end);
}

function presence(at: number, known: number): ReadonlyMap<string, string> {
  const sql = `SELECT device, status FROM fleet.presence_at(at = ${sqlTime(at)}, known = ${sqlTime(known)}) ORDER BY device`;
  const lines = session.query(sql, 'TabSeparated').split('\n');
  const found = lines.filter((line) => line !== '').map((line) => line.split('\t') as [string, string]);
  return new Map(found.map(([device, status]) => [device, THERE.has(status) ? 'THERE' : status]));
}

const THERE = new Set(['ONLINE', 'SLEEPING']);
