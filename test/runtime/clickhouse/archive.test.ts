// The archive in chdb: filled by the sink, read again, and folded in the place of a log that has forgotten.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { processors } from '#processors';
import { deadLetters, EVENTS_TOPIC, type Table } from '#sdk';
import { tables } from '#schemas';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { ServerTarget } from '#runtime/clickhouse/server.ts';
import { startSink } from '#runtime/clickhouse/sink.ts';
import { openTicker } from '#runtime/engine/ticker.ts';
import { type Archive, archivedLog } from '#runtime/log/archive/log.ts';
import type { Log, LogRecord, NewRecord } from '#runtime/log/log.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import type { Registry } from '#runtime/registry/registry.ts';
import { readAll } from '../../contract/read-all.ts';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';
import { folded } from '../../simulation/folded.ts';
import { START_MS, workload } from '../../simulation/workload.ts';
import { startChdbServer } from '../../stack/chdb-server.ts';

const PARTITIONS = 3;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`archive: SEED=${seed}`);
const chance = chanceFrom(seed);

const path = await mkdtemp(join(tmpdir(), 'fleetstream-archive-'));
// It is chdb behind HTTP, not a ClickHouse server; the embedded target asks the same engine directly.
const server = await startChdbServer({ path });
const embedded = new EmbeddedTarget(server.engine);
const served = new ServerTarget({ url: server.url, database: 'elsewhere', cluster: null });
const table = tables.logArchive as Table;

afterAll(async () => {
  await served.close();
  await server.close();
  await rm(path, { recursive: true, force: true });
});

const houses = [
  ['of this process', embedded, async () => Promise.resolve(embedded.archive(table))],
  ['of a server', served, () => served.archive(table)],
] as const;

describe.each(houses)('the archive %s', (_, target, open) => {
  const copied = async (log: Log, registry: Registry = new MemoryRegistry()) => {
    const place = target === embedded ? 'fleet' : 'elsewhere';
    await target.prepare([table], []);
    await server.engine.client.command({ query: `TRUNCATE TABLE ${place}.log_archive` });
    await log.ensureTopics([{ name: deadLetters.name, partitions: PARTITIONS, cleanup: 'delete' }]);
    const sink = await startSink({ log, registry, target, tables: [table], partitions: PARTITIONS, rowsMax: 9_000 });
    await sink.stop();
    expect(sink.stats()[0]?.refused).toBe(0);
    return open();
  };

  test('has every byte of every record at its offset: no key, odd headers, tombstones, gaps, large values', async () => {
    const log = await strangeLog();
    const archive = await copied(log);
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const all = log.all(EVENTS_TOPIC, partition);
      const found = await readIn(archive, partition, Number.MAX_SAFE_INTEGER, 1);
      expect(plain(found)).toEqual(plain(all));
      expect(await archive.end(EVENTS_TOPIC, partition)).toBe((all.at(-1)?.offset ?? -1) + 1);
      const [from, to] = [all[3]?.offset as number, all[9]?.offset as number];
      expect(plain(await readIn(archive, partition, to, 1e6, from))).toEqual(plain(all.slice(3, 9)));
    }
    expect(await archive.end(EVENTS_TOPIC, 77)).toBe(0);
    expect(await archive.read({ topic: EVENTS_TOPIC, partition: 77, offset: 0 }, 9, 1)).toEqual([]);
    expect(await archive.read({ topic: "other'", partition: 0, offset: 0 }, 9, 1)).toEqual([]);
  });

  test('reads on where the log has forgotten, in parts, as if it had not', async () => {
    const log = new SimulatedLog(new SimulatedClock(START_MS), 'long');
    await log.ensureTopics([{ name: EVENTS_TOPIC, partitions: PARTITIONS, cleanup: 'delete' }]);
    log.faults = { ...log.faults, gap: () => Number(chance.hit(0.1)) };
    await log.append(Array.from({ length: 40_000 }, (__, i) => record(i % PARTITIONS, Buffer.from(`value ${i}`))));
    const whole = await contents(log);
    const archive = await copied(log);
    let parts = 0;
    const counted: Archive = { ...archive, read: (at, to) => (parts++, archive.read(at, to, 1_000)) };
    const reports: string[] = [];
    const read = () => contents(archivedLog({ log, archive: counted, report: (code) => reports.push(code) }));
    expect(await read()).toEqual(whole);
    expect(parts, 'nothing is asked of the archive that the log has').toBe(0);
    for (const share of [0.3, 0.9, 1]) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const end = await log.endOffset(EVENTS_TOPIC, partition);
        log.forget(EVENTS_TOPIC, partition, Math.floor(end * share));
      }
      expect(await contents(log)).not.toEqual(whole);
      expect(await read()).toEqual(whole);
    }
    expect(parts).toBeGreaterThan(2 * PARTITIONS);
    expect(reports).toEqual([]);
    await log.append([record(0, Buffer.from('young'))]);
    expect((await readAll(archivedLog({ log, archive }), EVENTS_TOPIC, 0)).at(-1)?.value?.toString()).toBe('young');
  });

  test('says what neither it nor the log has, and reads on behind it', async () => {
    const log = await strangeLog();
    const archive = await copied(log);
    await log.append(Array.from({ length: 9 }, (__, i) => record(1, Buffer.from(`late ${i}`))));
    const [lost, kept] = [log.all(EVENTS_TOPIC, 1).at(-9)?.offset as number, await log.endOffset(EVENTS_TOPIC, 1)];
    const before = log.all(EVENTS_TOPIC, 1).filter(({ offset }) => offset < lost);
    log.forget(EVENTS_TOPIC, 1, kept - 1);
    const reports: unknown[] = [];
    const report = (code: string, detail: object) => reports.push({ code, ...detail });
    const found = await readAll(archivedLog({ log, archive, report }), EVENTS_TOPIC, 1);
    expect(plain(found)).toEqual(plain([...before, ...log.all(EVENTS_TOPIC, 1)]));
    const place = { topic: EVENTS_TOPIC, partition: 1 };
    const from = (before.at(-1)?.offset as number) + 1;
    expect(reports).toEqual([{ code: 'archive_behind', ...place, from, to: kept - 1 }]);
  });

  test('folds to the same states and outputs as the log that it was', { timeout: 120_000 }, async () => {
    const registry = new MemoryRegistry();
    const log = await lived(chance.fork(), registry);
    const parts = { registry, partitions: PARTITIONS, run: processors };
    const copies = Array.from({ length: PARTITIONS }, (__, partition) => log.all(EVENTS_TOPIC, partition));
    expect(copies.every((all) => all.some(({ offset }, i) => i > 0 && offset > (all[i - 1]?.offset ?? 0) + 1))).toBe(
      true,
    );
    const archive = await copied(log, registry);
    const first = await folded({ ...parts, house: fresh(log, 'first'), chance: chance.fork() });
    expect(Object.values(first.outputs).some(({ records }) => records > 100)).toBe(true);
    for (const share of [0.5, 1]) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        log.forget(EVENTS_TOPIC, partition, Math.floor((await log.endOffset(EVENTS_TOPIC, partition)) * share));
      }
      const house = archivedLog({ log: fresh(log, `again ${share}`), archive });
      expect(await folded({ ...parts, house, chance: chance.fork() })).toEqual(first);
    }
  });
});

function record(partition: number, value: Buffer | null, more: Partial<NewRecord> = {}): NewRecord {
  return { topic: EVENTS_TOPIC, partition, key: Buffer.from('acme/d1'), value, timestamp: START_MS, ...more };
}

/** A log of everything that a record may be. */
async function strangeLog(): Promise<SimulatedLog> {
  const log = new SimulatedLog(new SimulatedClock(START_MS), 'strange');
  await log.ensureTopics([{ name: EVENTS_TOPIC, partitions: PARTITIONS, cleanup: 'delete' }]);
  log.faults = { ...log.faults, gap: () => chance.pick([0, 0, 1, 5, 2 ** 40]) };
  const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const odd = [
    record(0, null),
    record(0, Buffer.alloc(0), { key: Buffer.alloc(0) }),
    record(0, every, { key: every, headers: { z: every, a: Buffer.alloc(0), 'ü\n\u0000': Buffer.from([0, 10]) } }),
    record(0, every, { key: null, timestamp: -1 }),
    record(0, Buffer.alloc(3_000_000, 7), { timestamp: 0 }),
    record(0, null, { key: null, headers: Object.fromEntries([['__proto__', every]]) }),
  ];
  for (const partition of [0, 1, 2]) {
    await log.append(odd.map((each) => ({ ...each, partition })));
    const more = Array.from({ length: 30 }, (_, i) => record(partition, Buffer.alloc(chance.int(0, 300), i)));
    await log.append(more);
  }
  return log;
}

/** Events of a fleet with ticks between, and the gaps of a log that has transactions. */
async function lived(own: Chance, registry: Registry): Promise<SimulatedLog> {
  const log = new SimulatedLog(new SimulatedClock(START_MS), 'lived');
  const rates = { duplicates: 0.1, reordered: 0.2, lateBursts: 0.02, skewedClocks: 0.02, resets: 0.02, poison: 0.02 };
  const habits = { ...rates, unsequenced: 0.2, skipped: 0.1, manySources: 0.1, hot: 0.1 };
  const size = { events: 1_000, devices: 40, partitions: PARTITIONS, durationMs: 120_000 };
  const arrivals = await workload(own.fork(), { ...habits, ...size }, registry);
  await log.ensureTopics([{ name: EVENTS_TOPIC, partitions: PARTITIONS, cleanup: 'delete' }]);
  log.faults = { ...log.faults, gap: () => Number(own.hit(0.2)) };
  let now = START_MS;
  const clock = { now: () => now, sleep: async () => {}, yield: async () => {} };
  const ticker = await openTicker({ log, registry, partitions: PARTITIONS, clock });
  for (const [i, { afterMs, records }] of arrivals.entries()) {
    now = START_MS + afterMs;
    if (i % 50 === 0) await ticker.tick();
    await log.append(records);
  }
  now += 3_600_000;
  await ticker.tick();
  return log;
}

/** The events of a log, beside topics of its own for all that is derived. */
function fresh(log: SimulatedLog, id: string): Log {
  const own = new SimulatedLog(new SimulatedClock(START_MS), id);
  const of = (topic: string) => (topic === EVENTS_TOPIC ? log : own);
  return {
    id,
    ensureTopics: (topics) => own.ensureTopics(topics),
    append: (records) => own.append(records),
    fetch: (request) => of(request.positions[0]?.topic ?? '').fetch(request),
    startOffset: (topic, partition) => of(topic).startOffset(topic, partition),
    endOffset: (topic, partition) => of(topic).endOffset(topic, partition),
    settledEnd: (topic, partition) => of(topic).settledEnd(topic, partition),
    topicId: (topic) => of(topic).topicId(topic),
    transactor: (name) => own.transactor(name),
    close: async () => {},
  };
}

async function contents(log: Log): Promise<unknown> {
  const partitions = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    partitions.push(plain(await readAll(log, EVENTS_TOPIC, partition)));
  }
  return partitions;
}

async function readIn(archive: Archive, partition: number, to: number, bytesMax: number, from = 0) {
  const records: LogRecord[] = [];
  for (let offset = from; ; ) {
    const part = await archive.read({ topic: EVENTS_TOPIC, partition, offset }, to, bytesMax);
    if (part.length === 0) return records;
    records.push(...part);
    offset = (part.at(-1) as LogRecord).offset + 1;
  }
}

function plain(records: readonly LogRecord[]) {
  const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'));
  return records.map(({ offset, timestamp, key, headers, value }) => {
    const named = Object.entries(headers).map(([name, bytes]) => [name, hex(bytes)]);
    return { offset, timestamp, key: hex(key), headers: named, value: hex(value) };
  });
}
