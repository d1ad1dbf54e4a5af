// The processor against programs of its rules that know nothing of how it works: they read one log and compute all
// that was said of each window, and when the device came and went, from all events at once.
import { expect, test } from 'vitest';
import { type ConnectivityState, presencePolicy, qualityBands, topics } from '#schemas';
import { RELATIVE_ERROR } from '../../../processors/connectivity/sketch.ts';
import { drops } from '../../../processors/connectivity/sessions.ts';
import { DAY, HOUR, MINUTE, SKEW } from '../../oracle/connectivity/event.ts';
import { drops as dropsOf, Presence } from '../../oracle/connectivity/presence.ts';
import { qualityOf } from '../../oracle/connectivity/quality.ts';
import { type Row, Windows } from '../../oracle/connectivity/windows.ts';
import { type Device, START } from './device.ts';
import { folded } from './folded.ts';
import { bandsOf, historyOf, type Kind } from './history.ts';

const RUNS = 8;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`connectivity oracle: SEED=${seed}, ${RUNS} histories of each kind`);

const KINDS: readonly (readonly [string, Kind])[] = [
  ['says how often it reports', { says: true, spanMs: 9 * HOUR, tickMs: MINUTE }],
  ['says nothing of it', { says: false, spanMs: 9 * HOUR, tickMs: 4 * MINUTE }],
];

const told = {
  windows: 0,
  absences: 0,
  changes: new Set<string>(),
  grades: new Set<string>(),
  flapping: new Set<string>(),
  counters: { resets: 0, rollovers: 0 },
  drops: 0,
};

test.each(KINDS)(
  'of a device that %s every window is what one pass over its log makes of it',
  async (_, kind) => {
    for (let run = 0; run < RUNS; run++) {
      const log = historyOf(seed + run, START, kind);
      // Half of them are judged by the bands that hold where nobody decides.
      const bands = run % 2 === 0 ? bandsOf(seed + run) : null;
      const device = await folded(log, bands);
      const state = device.run.state('acme/d1') as ConnectivityState;
      const { blind } = kind.says ? new Presence(log) : { blind: [] };
      const wanted = new Windows(log, blind, state.closedTo as number);
      const found = rowsOf(device, state.closedTo as number);
      const of = `run ${run} of SEED=${seed}`;
      expect([...found.keys()].toSorted(), of).toEqual([...wanted.rows.keys()].toSorted());
      for (const [key, row] of wanted.rows) compare(found.get(key) as Row, row, `${key} in ${of}`);
      for (const [key, row] of found) {
        const grade = qualityOf(row, bands ?? qualityBands.fallback);
        expect({ quality: row['quality'], qualityBy: row['qualityBy'] }, `${key} in ${of}`).toEqual(grade);
        told.grades.add(`${row['quality'] as string} by ${row['qualityBy'] as string}`);
      }
    }
    expect(told.grades.size).toBeGreaterThan(10);
    expect(told.windows).toBeGreaterThan(100);
    expect(Math.min(told.counters.resets, told.counters.rollovers), 'counters begin anew and run over').toBeGreaterThan(
      0,
    );
  },
  120_000,
);

test('a device comes and goes as one pass over its log says, by its silence and by its sessions', async () => {
  const [[, kind]] = KINDS as [[string, Kind]];
  for (let run = 0; run < RUNS; run++) {
    const log = historyOf(seed + run, START, kind);
    const device = await folded(log);
    const state = device.run.state('acme/d1') as ConnectivityState;
    const wanted = new Presence(log);
    const found = device.run.read(topics.connectivityChanges).map((change) => {
      return [change.status, change.reason, change.eventTime];
    });
    const of = `run ${run} of SEED=${seed}`;
    expect(found, of).toEqual(wanted.changes);
    const absences = state.absences.map(({ noticedAt: _, ...absence }) => absence);
    expect(absences, of).toEqual(wanted.absences.slice(-absences.length));
    expect(state.status, of).toBe(wanted.status);
    const now = device.now + START;
    const away = dropsOf([...wanted.sessions.values()], now);
    expect(drops(state.sessions, presencePolicy.fallback, now), of).toEqual(away);
    told.absences += absences.length;
    told.drops += away.length;
    for (const [status, reason] of wanted.changes) told.changes.add(`${status} ${reason}`);
  }
  expect(told.absences).toBeGreaterThan(0);
  expect(told.drops).toBeGreaterThan(0);
  const reasons = ['REPORTED', 'SILENT', 'SESSION_ENDED', 'RESUMED', 'REVISED', 'RETRACTED'];
  expect(new Set(Array.from(told.changes, (each) => each.split(' ')[1]))).toEqual(new Set(reasons));
}, 120_000);

const FLAPPING: readonly (readonly [string, Kind])[] = KINDS.map(([name, kind]) => [name, { ...kind, flaps: true }]);

test.each(FLAPPING)(
  'a device that %s, and whose sessions break off, comes, goes and flaps as one pass over its log says',
  async (_, kind) => {
    let learnt = 0;
    for (let run = 0; run < RUNS; run++) {
      const log = historyOf(seed + run, START, kind);
      const device = await folded(log);
      const state = device.run.state('acme/d1') as ConnectivityState;
      const wanted = new Presence(log, hourlyOf(device));
      const found = device.run.read(topics.connectivityChanges).map((change) => {
        return [change.status, change.reason, change.eventTime];
      });
      const of = `run ${run} of SEED=${seed}`;
      expect(found, of).toEqual(wanted.changes);
      const flapping = device.run.read(topics.signals).filter(({ rule }) => rule === 'connectivity.flapping');
      expect(
        flapping.map(({ kind: what, eventTime }) => [what, eventTime]),
        of,
      ).toEqual(wanted.flapping);
      expect(state.learntMs, of).toBe(wanted.learntMs);
      learnt += Number(state.learntMs !== null);
      for (const [what] of wanted.flapping) told.flapping.add(what);
    }
    expect(learnt).toBe(RUNS);
  },
  120_000,
);

test('the histories of both have all that can be told of flapping', () => {
  expect(told.flapping).toEqual(new Set(['RAISED', 'CLEARED', 'RETRACTED']));
});

/** When hours were written in their turn: not those that are only closed, a day later. */
function hourlyOf(device: Device): ReadonlySet<number> {
  const rows = device.run.read(topics.connectivityWindows).filter(({ spanSeconds }) => spanSeconds === 3_600);
  const isOpen = ({ start, logTime }: (typeof rows)[number]) => {
    const time = logTime - DAY - SKEW;
    return start >= time - (time % HOUR);
  };
  return new Set(rows.filter(isOpen).map(({ logTime }) => logTime));
}

/** The last revisions; of hours those that can change no more. */
function rowsOf(device: Device, closedTo: number): ReadonlyMap<string, Row> {
  const rows = [...device.windows.values()].filter((row) => row.spanSeconds < 3_600 || row.start < closedTo);
  const byKey = new Map<string, (typeof rows)[number]>(
    rows.map((row) => [`${row.spanSeconds} ${row.start} ${row.technology}`, row]),
  );
  return new Map(
    Array.from(byKey, ([key, { latency, ...row }]) => {
      return [key, { ...row, roundTrips: latency.reduce((sum, { count }) => sum + count, 0) }];
    }),
  );
}

function compare(found: Row, wanted: Row, of: string): void {
  told.windows++;
  told.counters.resets += wanted['resets'] as number;
  told.counters.rollovers += wanted['rollovers'] as number;
  const near = Object.entries(found).map(([name, value]) => {
    const to = wanted[name];
    // A quantile is told by its bucket, and a mean of decibels from thousandths.
    if (name.startsWith('latency')) return [name, settled(value, to, RELATIVE_ERROR * Math.abs(to as number) + 1e-9)];
    return [name, DECIBELS.has(name) ? settled(value, to, ROUNDING_DB) : value];
  });
  const gateways = (found['gateways'] as readonly Row[]).map((each, i) => {
    const to = (wanted['gateways'] as readonly Row[] | undefined)?.[i] ?? {};
    const close = (name: string) => settled(each[name], to[name], ROUNDING_DB);
    return { ...each, rssi: close('rssi'), snr: close('snr'), marginDb: close('marginDb') };
  });
  expect({ ...Object.fromEntries(near), gateways }, of).toMatchObject(wanted);
}

/** What is wanted, where what was found is no further from it than that. */
function settled(found: unknown, wanted: unknown, error: number): unknown {
  return typeof found === 'number' && Math.abs(found - (wanted as number)) <= error ? wanted : found;
}

const ROUNDING_DB = 2e-3;
const SIGNALS = ['rssi', 'snr', 'rsrp', 'rsrq', 'sinr'];
const DECIBELS = new Set([...SIGNALS.flatMap((name) => [name, `${name}Min`, `${name}Max`]), 'marginDb', 'marginMinDb']);
