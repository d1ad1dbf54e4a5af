import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ServerTarget } from '#runtime/clickhouse/server.ts';
import { type Sink, startSink } from '#runtime/clickhouse/sink.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { batchOf, range, targetContract } from '../../contract/target.ts';
import { type ChdbServer, type Fate, startChdbServer } from '../../stack/chdb-server.ts';
import { storageOf } from './house.ts';
import { framed, newestTable, Sample, sampleTable } from './records.ts';

// No ClickHouse server is here: it is chdb, ClickHouse's engine in this process, behind HTTP.

const path = await mkdtemp(join(tmpdir(), 'fleetstream-server-'));
const server: ChdbServer = await startChdbServer({ path });
const options = { url: server.url, database: 'elsewhere', cluster: null };
const storage = storageOf(server.engine, options.database);

afterAll(async () => {
  await server.close();
  await rm(path, { recursive: true, force: true });
});

beforeEach(() => {
  server.fate = () => 'ok';
});

targetContract('server (chdb behind HTTP, not a ClickHouse server)', async () => {
  await Promise.resolve();
  const target = new ServerTarget(options);
  return { target, ...storage, close: () => target.close() };
});

/** Lets the n-th insert meet a fate, once. */
function insertMeets(fate: Fate, nth = 1): void {
  let left = nth;
  server.fate = (sql) => (sql.startsWith('INSERT') && --left === 0 ? fate : 'ok');
}

describe('over HTTP (chdb behind it, not a ClickHouse server)', () => {
  const target = new ServerTarget(options);
  afterAll(() => target.close());
  let partition = 1_000;
  beforeEach(() => {
    partition++;
  });

  test.each(['cut', 'cut_after', 'fail', 'fail_after'] as const)(
    'an insert that the server answers with %s may be tried again',
    async (fate) => {
      insertMeets(fate);
      const refused = target.insert(batchOf(partition, 0, 20));
      await expect(refused).rejects.not.toMatchObject({ name: 'TargetError' });
      await target.insert(batchOf(partition, 0, 20));
      expect((await storage.offsets(partition)).sort((a, b) => a - b)).toEqual(range(0, 20));
    },
  );

  test.each([
    [252, 'TOO_MANY_PARTS'],
    [164, 'READONLY'],
    [242, 'TABLE_IS_READ_ONLY'],
    [241, 'MEMORY_LIMIT_EXCEEDED'],
  ])('an insert refused with %i (%s) may be tried again', async (code, text) => {
    insertMeets({ code, text });
    await expect(target.insert(batchOf(partition, 0, 20))).rejects.toMatchObject({ code: String(code) });
    await target.insert(batchOf(partition, 0, 20));
    expect(await storage.offsets(partition)).toHaveLength(20);
  });

  test('a wrong password is final, and is not in the message', async () => {
    const wrong = new ServerTarget({ ...options, url: server.url.replace('%25same', 'wrong-secret') });
    const refused = await wrong.prepare([sampleTable], []).catch((error: unknown) => error);
    await wrong.close();
    expect(refused).toMatchObject({ code: 'target_denied' });
    expect(String(refused)).toMatch(/^TargetError: target_denied: .*clickhouse\.url/);
    expect(String(refused)).not.toContain('wrong-secret');
  });

  test('a cluster that the server does not know is refused', async () => {
    const clustered = new ServerTarget({ ...options, cluster: 'nowhere' });
    await expect(clustered.prepare([sampleTable], [])).rejects.toMatchObject({ code: 'cluster_unknown' });
    await clustered.close();
  });

  test('a server that is away is told from one that refuses', async () => {
    const nowhere = new ServerTarget({ ...options, url: 'http://127.0.0.1:1' });
    await expect(nowhere.prepare([sampleTable], [])).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await nowhere.close();
  });
});

describe('a sink before a server that fails (chdb behind HTTP, not a ClickHouse server)', () => {
  const fates: readonly Fate[] = ['cut_after', 'fail_after', 'cut', { code: 252, text: 'TOO_MANY_PARTS' }];

  test.each(fates.map((fate) => [fate] as const))('%o: every row is there once', async (fate) => {
    const name = `fed_${fates.indexOf(fate)}`;
    const world = await openWorld(name);
    await world.write(0, 500);
    insertMeets(fate, 2);
    await world.run();
    await world.write(500, 800);
    insertMeets(fate, 1);
    await world.run();
    expect(await counts(name)).toEqual({ all: 800, places: 800 });
    expect(world.reports).toContain('target_away');
  });

  test('a row that the server refuses goes to the dead letters alone', async () => {
    const world = await openWorld('picky');
    await server.engine.client.command({
      query: 'ALTER TABLE elsewhere.picky ADD CONSTRAINT fine CHECK count != 13',
    });
    await world.write(0, 100);
    await world.run();
    expect(await counts('picky')).toEqual({ all: 99, places: 99 });
    expect(world.reports.filter((code) => code === 'row_refused')).toHaveLength(1);
  });

  async function openWorld(name: string) {
    const clock = new SimulatedClock(0);
    const log = new SimulatedLog(clock, name);
    const registry = new MemoryRegistry();
    const id = await registry.register(Sample.avro);
    const topic = (each: string) => ({ name: each, partitions: 2, cleanup: 'delete' as const });
    await log.ensureTopics([topic('samples'), topic('fleet.dead-letters')]);
    const table = { ...sampleTable, name };
    const target = new ServerTarget(options);
    await target.prepare([table, newestTable], []);
    await target.close();
    const reports: string[] = [];
    return {
      reports,
      write: (from: number, to: number) =>
        log.append(
          range(from, to).map((number) => {
            return { topic: 'samples', partition: number % 2, key: null, value: framed(id, number), timestamp: 0 };
          }),
        ),
      async run() {
        const own = new ServerTarget(options);
        const sink: Sink = await startSink({
          log,
          registry,
          target: own,
          tables: [table],
          partitions: 2,
          flushMsMax: 5,
          rowsMax: 200,
          report: (code) => reports.push(code),
        });
        await sink.stop();
        await own.close();
      },
    };
  }

  async function counts(name: string) {
    const query = `SELECT toUInt32(count()) AS all, toUInt32(uniqExact(_partition, _offset)) AS places FROM elsewhere.${name}`;
    const result = await server.engine.client.query({ query, format: 'JSONEachRow' });
    return (await result.json())[0];
  }
});
