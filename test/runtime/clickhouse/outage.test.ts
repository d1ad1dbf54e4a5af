import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { ServerTarget } from '#runtime/clickhouse/server.ts';
import { startSink } from '#runtime/clickhouse/sink.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { range } from '../../contract/target.ts';
import { startChdbServer } from '../../stack/chdb-server.ts';
import { framed, Sample, sampleTable } from './records.ts';

// No ClickHouse server is here: it is chdb, ClickHouse's engine in this process, behind HTTP.

const path = await mkdtemp(join(tmpdir(), 'fleetstream-outage-'));
const server = await startChdbServer({ path: join(path, 'clickhouse') });
const options = { url: server.url, database: 'outages', cluster: null };
const ROWS_MAX = 200;
const PARTITIONS = 2;

afterAll(async () => {
  await server.close();
  await rm(path, { recursive: true, force: true });
});

/** Makes inserts fail in a way; gives what ends it. */
type Outage = (table: string) => Promise<() => Promise<void>>;

const refusing =
  (fate: ReturnType<typeof server.fate>): Outage =>
  async () => {
    await Promise.resolve();
    server.fate = (sql) => (sql.startsWith('INSERT') ? fate : 'ok');
    return async () => {
      await Promise.resolve();
      server.fate = () => 'ok';
    };
  };

const withoutColumn: Outage = async (table) => {
  const alter = (what: string) => server.engine.client.command({ query: `ALTER TABLE outages.${table} ${what}` });
  await alter('DROP COLUMN count');
  return async () => {
    await alter('ADD COLUMN count Int64');
  };
};

test.each<readonly [name: string, outage: Outage]>([
  ['away', refusing('cut')],
  ['away_behind_a_proxy', refusing('fail')],
  ['out_of_parts', refusing({ code: 252, text: 'TOO_MANY_PARTS' })],
  ['read_only', refusing({ code: 242, text: 'TABLE_IS_READ_ONLY' })],
  ['without_memory', refusing({ code: 241, text: 'MEMORY_LIMIT_EXCEEDED' })],
  ['changed_by_hand', withoutColumn],
])('while ClickHouse is %s no more is read than one batch, and then every row goes in once', async (name, outage) => {
  const log = await openEmbeddedLog({ path: join(path, name) });
  const registry = new MemoryRegistry();
  const id = await registry.register(Sample.avro);
  for (const topic of ['samples', 'fleet.dead-letters'])
    await log.ensureTopics([{ name: topic, partitions: PARTITIONS, cleanup: 'delete' }]);
  const table = { ...sampleTable, name };
  const target = new ServerTarget(options);
  await target.prepare([table], []);
  let fetched = 0;
  const fetch = log.fetch.bind(log);
  log.fetch = async (request) => {
    const parts = await fetch(request);
    const ofTopic = parts.filter(({ topic }) => topic === 'samples');
    fetched += ofTopic.reduce((sum, { records }) => sum + records.length, 0);
    return parts;
  };
  const write = (from: number, to: number) =>
    log.append(
      range(from, to).map((number) => {
        return { topic: 'samples', partition: number % PARTITIONS, key: null, value: framed(id, number), timestamp: 0 };
      }),
    );
  const reports = new Set<string>();
  const sink = await startSink({
    log,
    registry,
    target,
    tables: [table],
    partitions: PARTITIONS,
    flushMsMax: 5,
    rowsMax: ROWS_MAX,
    report: (code) => reports.add(code),
    bytesMax: 16384,
  });
  await write(0, 500);
  while ((await sink.lag()).get(name) !== 0) await pause(5);

  const end = await outage(name);
  let most = 0;
  for (let from = 500; from < 8_000; from += 500) {
    await write(from, from + 500);
    await pause(20);
    most = Math.max(most, fetched - (sink.stats()[0]?.rows ?? 0));
  }
  expect(reports).toContain('target_away');
  expect(sink.stats()[0]).toMatchObject({ rows: 500, waitingSince: expect.any(Number) as number });
  // It had begun something, and stayed with that.
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(4 * ROWS_MAX);

  await end();
  await sink.stop();
  expect(sink.stats()[0]).toMatchObject({ rows: 8_000, refused: 0 });
  const query = `SELECT toUInt32(count()) AS all, toUInt32(uniqExact(_partition, _offset)) AS places FROM outages.${name}`;
  const result = await server.engine.client.query({ query, format: 'JSONEachRow' });
  expect(await result.json()).toEqual([{ all: 8_000, places: 8_000 }]);
  await target.close();
  await log.close();
});
