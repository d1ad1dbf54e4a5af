import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { view } from '#sdk';
import { avroType, frame } from '#runtime/avro.ts';
import { cityHash128 } from '#runtime/clickhouse/cityhash.ts';
import { container } from '#runtime/clickhouse/container.ts';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { type ClickHouseEngine, openEngine } from '#runtime/clickhouse/engine.ts';
import { type Sink, startSink } from '#runtime/clickhouse/sink.ts';
import type { Batch } from '#runtime/clickhouse/target.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { framed, newestTable, Sample, sample, sampleFields, sampleTable } from './records.ts';

const views = [
  view({
    name: 'sample_counts',
    doc: 'How many samples a device has; it’s parameterised.',
    query: 'SELECT count() AS c FROM fleet.samples WHERE device = {device:String}',
    dataClass: 'telemetry',
  }),
];

let path: string;
let engine: ClickHouseEngine;
let target: EmbeddedTarget;

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'fleetstream-clickhouse-'));
  engine = await openEngine({ path });
  target = new EmbeddedTarget(engine);
  await target.prepare([sampleTable, newestTable], views);
});

afterAll(async () => {
  await engine.close();
  await rm(path, { recursive: true, force: true });
});

async function rows<T = Record<string, unknown>>(query: string): Promise<T[]> {
  return (await engine.client.query({ query, format: 'JSONEachRow' })).json<T>();
}

async function counts(table = 'samples') {
  const [found] = await rows(
    `SELECT toUInt32(count()) AS all, toUInt32(uniqExact(_partition, _offset)) AS places FROM fleet.${table}`,
  );
  return found;
}

/** Samples from..to-1 at offsets of their own number, in one partition. */
function batch(from: number, to: number, table = sampleTable, partition = 0): Batch {
  const numbers = Array.from({ length: to - from }, (_, index) => from + index);
  const records = numbers.map((number) => ({ partition, offset: number, value: framed(7, number) }));
  const edges = [{ partition, first: from, last: to - 1, count: to - from }];
  return { table, edges, containers: [container(Sample.avro, records)], token: `${partition}:${from}-${to - 1}` };
}

describe('the embedded target', () => {
  test('keeps every value of a record', async () => {
    await target.insert(batch(0, 100));
    const [row] = await rows(
      "SELECT * REPLACE (hex(raw) AS raw), toTypeName(writes) AS w FROM fleet.samples WHERE _offset = 17 SETTINGS date_time_output_format = 'iso'",
    );
    const { at, seenAt, raw: _, ...plain } = sample(17);
    const times = { at: new Date(at).toISOString(), seenAt: new Date(seenAt!).toISOString() };
    const types = { w: 'Array(Tuple(\n    path String,\n    value Nullable(String)))', raw: '0011FF' };
    expect(row).toEqual({ ...plain, ...times, ...types, _partition: 0, _offset: 17 });
    const [empty] = await rows('SELECT ratio, seenAt, region, writes FROM fleet.samples WHERE _offset = 60');
    expect(empty).toEqual({ ratio: null, seenAt: null, region: null, writes: [] });
  });

  test('takes a batch once, also one that spans months', async () => {
    await target.insert(batch(0, 100));
    await target.insert(batch(0, 100));
    expect(await counts()).toEqual({ all: 100, places: 100 });
    const months = await rows(
      "SELECT partition FROM system.parts WHERE table = 'samples' AND active GROUP BY 1 ORDER BY 1",
    );
    expect(months).toEqual([{ partition: '202601' }, { partition: '202602' }]);
  });

  test('completes a batch of which a part is there, whatever its token', async () => {
    await target.insert({ ...batch(100, 130), token: 'other' });
    await target.complete(batch(100, 200));
    await target.complete(batch(100, 200));
    expect(await counts()).toEqual({ all: 200, places: 200 });
  });

  test('completes a batch whose rows it lost though it remembers the token', async () => {
    await target.insert(batch(200, 300));
    await engine.client.command({
      query: 'ALTER TABLE fleet.samples DELETE WHERE _offset BETWEEN 250 AND 280 SETTINGS mutations_sync = 2',
    });
    expect(await counts()).toEqual({ all: 269, places: 269 });
    await target.complete(batch(200, 300));
    expect(await counts()).toEqual({ all: 300, places: 300 });
  });

  test('tells how far each partition has got', async () => {
    await target.insert(batch(5, 8, sampleTable, 3));
    expect(await target.watermarks(sampleTable)).toEqual(
      new Map([
        [0, 299],
        [3, 7],
      ]),
    );
    expect(await target.watermarks(newestTable)).toEqual(new Map());
  });

  test('shows the newest row of each key under the name of the table', async () => {
    await target.insert(batch(0, 40, newestTable));
    await target.insert(batch(40, 50, newestTable));
    const newest = await rows('SELECT device, count FROM fleet.newest ORDER BY count');
    expect(newest).toEqual(
      Array.from({ length: 7 }, (_, index) => ({ device: `device-${(43 + index) % 7}`, count: 43 + index })),
    );
    const [comment] = await rows("SELECT comment FROM system.columns WHERE table = 'newest' AND name = 'tenant'");
    expect(comment).toEqual({ comment: 'It’s a `field`.' });
  });

  test('keeps every revision of a row, and shows the highest under its current name', async () => {
    const revised = {
      ...sampleTable,
      name: 'revised',
      engine: { kind: 'revised', of: ['device'], revision: 'count' },
      orderBy: ['device', '_offset'],
    } as const;
    await target.prepare([revised], []);
    await target.insert(batch(20, 50, revised));
    // What is known later may be an older revision.
    await target.insert(batch(0, 20, revised, 1));
    expect(await counts('revised')).toEqual({ all: 50, places: 50 });
    const current = await rows('SELECT device, count FROM fleet.revised_current ORDER BY count');
    expect(current).toEqual(
      Array.from({ length: 7 }, (_, index) => ({ device: `device-${(43 + index) % 7}`, count: 43 + index })),
    );
    expect(await target.plan([revised], [])).toEqual([]);
  });

  test('answers a view with parameters', async () => {
    expect(await rows("SELECT toUInt32(c) AS c FROM fleet.sample_counts(device = 'device-3')")).toEqual([{ c: 43 }]);
  });

  test('refuses a container that cannot be read, and takes nothing of it', async () => {
    const before = await counts();
    const whole = batch(300, 310);
    const [{ bytes, ...rest }] = whole.containers as [Batch['containers'][0]];
    const cut = { ...whole, containers: [{ ...rest, bytes: bytes.subarray(0, -40) }] };
    await expect(target.insert(cut)).rejects.toMatchObject({ code: 'row_refused' });
    expect(await counts()).toEqual(before);
  });

  test('leaves no file behind', async () => {
    expect(await readdir(engine.incoming)).toEqual([]);
  });

  test('fills what an older schema lacks with the defaults of the fields', async () => {
    const older = { ...Sample.avro, fields: sampleFields.slice(0, -1).filter(({ name }) => name !== 'kind') };
    const value = frame(avroType(older), 3, sample(500));
    const edges = [{ partition: 9, first: 500, last: 500, count: 1 }];
    await target.insert({
      table: sampleTable,
      edges,
      containers: [container(older, [{ partition: 9, offset: 500, value }])],
      token: 'older',
    });
    const found = await rows('SELECT kind, fine, device FROM fleet.samples WHERE _partition = 9');
    expect(found).toEqual([{ kind: 'UNKNOWN', fine: true, device: 'device-3' }]);
  });

  test('adds a column that the record has gained, and refuses one that it lost', async () => {
    const name = 'grown';
    const small = { ...sampleTable, name, without: ['fine', 'region'] };
    await target.prepare([small], []);
    await target.insert({ ...batch(0, 3), table: small });
    await target.prepare([{ ...sampleTable, name }], []);
    await target.prepare([{ ...sampleTable, name }], []);
    expect(await rows('SELECT region, fine FROM fleet.grown LIMIT 1')).toEqual([{ region: null, fine: true }]);
    await expect(target.prepare([small], [])).rejects.toThrow(
      /^table_incompatible: fleet\.grown .* column region .* its values of 3 rows would be lost/,
    );
  });

  test('lets the sink fill a table from the log', async () => {
    const clock = new SimulatedClock(0);
    const log = new SimulatedLog(clock, 'test');
    const registry = new MemoryRegistry();
    const id = await registry.register(Sample.avro);
    await log.ensureTopics([{ name: 'samples', partitions: 2, cleanup: 'delete' }]);
    const table = { ...sampleTable, name: 'fed' };
    await target.prepare([table], []);
    const write = (from: number, to: number) => {
      const records = Array.from({ length: to - from }, (_, index) => {
        return { topic: 'samples', partition: index % 2, key: null, value: framed(id, from + index), timestamp: 0 };
      });
      return log.append(records);
    };
    const run = async (step: (name: string) => void) => {
      const sink: Sink = await startSink({
        log,
        registry,
        target,
        tables: [table],
        partitions: 2,
        step,
        flushMsMax: 5,
      });
      await sink.stop();
    };
    await write(0, 1000);
    const crash = (name: string) => {
      if (name === 'inserted') throw new Error('crash');
    };
    await expect(run(crash)).rejects.toThrow('crash');
    await write(1000, 1500);
    await run(() => {});
    expect(await counts('fed')).toEqual({ all: 1500, places: 1500 });
  });
});

test('the checksum is the one that ClickHouse writes', async () => {
  let blocks = 0;
  for (const file of await readdir(join(path, 'data', 'store'), { recursive: true })) {
    const whole = join(path, 'data', 'store', file);
    if (!file.endsWith('.bin') || !(await stat(whole)).isFile()) continue;
    const bytes = await readFile(whole);
    for (let at = 0; at < bytes.length; blocks++) {
      const size = bytes.readUInt32LE(at + 17);
      const [low, high] = cityHash128(bytes.subarray(at + 16, at + 16 + size));
      expect([low, high]).toEqual([bytes.readBigUInt64LE(at), bytes.readBigUInt64LE(at + 8)]);
      at += 16 + size;
    }
  }
  expect(blocks).toBeGreaterThan(20);
});
