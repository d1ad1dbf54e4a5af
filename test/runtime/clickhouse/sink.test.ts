import { describe, expect, test } from 'vitest';
import { DeadLettered, deadLetters } from '#sdk';
import { avroType, FRAME_BYTES } from '#runtime/avro.ts';
import { SINK_TOPIC } from '#runtime/clickhouse/edges.ts';
import { SimulatedTarget } from '#runtime/clickhouse/simulated.ts';
import { type SinkOptions, startSink } from '#runtime/clickhouse/sink.ts';
import type { LogRecord } from '#runtime/log/log.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { framed, newestTable, Sample, sampleTable } from './records.ts';

const PARTITIONS = 3;
const tables = [sampleTable, newestTable];

class Crash extends Error {}

async function world(window = 100) {
  const clock = new SimulatedClock(1_800_000_000_000);
  const log = new SimulatedLog(clock, 'test');
  const registry = new MemoryRegistry();
  const target = new SimulatedTarget(window);
  const id = await registry.register(Sample.avro);
  await target.prepare(tables);
  for (const name of ['samples', deadLetters.name]) {
    await log.ensureTopics([{ name, partitions: PARTITIONS, cleanup: 'delete' }]);
  }
  let written = 0;
  const start = (options: Partial<SinkOptions> = {}) => {
    return startSink({ log, registry, target, tables, partitions: PARTITIONS, clock, ...options });
  };
  return {
    ...{ clock, log, registry, target, id, start },
    write: async (count: number) => {
      const records = Array.from({ length: count }, () => {
        const number = written++;
        return { topic: 'samples', partition: number % PARTITIONS, key: null, value: framed(id, number), timestamp: 0 };
      });
      await log.append(records);
    },
    /** Runs a sink until all that can be read is in the target. */
    drain: (options: Partial<SinkOptions> = {}) => clock.run(start(options).then((sink) => sink.stop())),
  };
}

type World = Awaited<ReturnType<typeof world>>;

/** Every record of the topic, once, in every table. */
function expectEqual({ log, target }: World, message = '') {
  for (const table of tables) {
    const rows = target.rowsOf(table).map(({ _partition, _offset }) => `${_partition}/${_offset}`);
    const records = Array.from({ length: PARTITIONS }, (_, partition) => {
      return log.all('samples', partition).map(({ offset }) => `${partition}/${offset}`);
    });
    expect(rows.sort(), `${table.name} ${message}`).toEqual(records.flat().sort());
  }
}

describe('the sink', () => {
  test('puts every record into every table of its topic, with the values it was written with', async () => {
    const at = await world();
    await at.write(50);
    await at.drain();
    expectEqual(at);
    const row = at.target.rowsOf(sampleTable).find(({ _partition, _offset }) => _partition === 1 && _offset === 3);
    expect(row).toMatchObject({ count: 10, device: 'device-3', kind: 'GOOD', region: 'eu' });
  });

  test('makes one insert of what comes within the flush time, over all partitions', async () => {
    const at = await world();
    let inserts = 0;
    at.target.faults = { insert: () => (inserts++, 'ok') };
    await at.clock.run(
      (async () => {
        const sink = await at.start({ tables: [sampleTable], flushMsMax: 200 });
        for (let i = 0; i < 10; i++) {
          await at.write(9);
          await at.clock.sleep(15);
        }
        await at.clock.sleep(300);
        expect(inserts).toBe(1);
        expect(sink.stats()).toMatchObject([{ table: 'samples', rows: 90, batches: 1, waitingSince: null }]);
        expect(await sink.lag()).toEqual(new Map([['samples', 0]]));
        await sink.stop();
      })(),
    );
    expect(at.target.rowsOf(sampleTable)).toHaveLength(90);
  });

  test('flushes a full batch without waiting', async () => {
    const at = await world();
    const sizes: number[] = [];
    const insert = at.target.insert.bind(at.target);
    at.target.insert = (batch) => {
      sizes.push(batch.containers.reduce((sum, { rows }) => sum + rows, 0));
      return insert(batch);
    };
    await at.write(900);
    at.log.faults = { write: () => 'ok', gap: () => 0, fetchRecordsMax: () => 25 };
    await at.drain({ tables: [sampleTable], rowsMax: 100, flushMsMax: 60_000 });
    expect(sizes.reduce((a, b) => a + b)).toBe(900);
    for (const size of sizes.slice(0, -1)) expect(size).toBeGreaterThanOrEqual(100);
    for (const size of sizes) expect(size).toBeLessThan(100 + 25 * PARTITIONS);
  });

  test('waits for a target that is away, reads nothing meanwhile, and repeats the same batch', async () => {
    const at = await world();
    await at.write(30);
    let failures = 20;
    let fetches = 0;
    const fetch = at.log.fetch.bind(at.log);
    at.log.fetch = (request) => {
      fetches++;
      return fetch(request);
    };
    const reports: string[] = [];
    at.target.faults = { insert: () => (failures-- > 0 ? (failures % 2 === 0 ? 'unknown' : 'refuse') : 'ok') };
    await at.drain({ tables: [sampleTable], report: (code) => reports.push(code) });
    expect(reports.filter((code) => code === 'target_away')).toHaveLength(20);
    expect(fetches).toBeLessThan(6);
    expect(at.target.rowsOf(sampleTable)).toHaveLength(30);
  });

  test('dead-letters the one row that the target refuses, and what is no row', async () => {
    const at = await world();
    await at.write(40);
    const foreign = await at.registry.register({ ...Sample.avro, name: 'Other' });
    for (const value of [Buffer.from('junk'), framed(999, 1), framed(foreign, 2), null]) {
      await at.log.append([{ topic: 'samples', partition: 0, key: Buffer.from('k'), value, timestamp: 0 }]);
    }
    at.target.refuses = (table, row) => table === 'samples' && row['count'] === 17;
    await at.drain({ tables: [sampleTable] });
    const type = avroType(DeadLettered.avro);
    const letters = Array.from({ length: PARTITIONS }, (_, p) => at.log.all(deadLetters.name, p)).flat();
    const found = letters.map(({ value }) => type.fromBuffer(Buffer.from(value!).subarray(FRAME_BYTES)) as DeadLettered);
    expect(found.map(({ code }) => code).sort()).toEqual(['row_refused', 'schema_foreign', 'schema_unknown', 'value_unframed']);
    const refused = found.find(({ code }) => code === 'row_refused');
    expect(refused).toMatchObject({ topic: 'samples', partition: 2, offset: 5, origin: 'sink/samples' });
    expect(Buffer.from(refused!.value)).toEqual(framed(at.id, 17));
    const counts = at.target.rowsOf(sampleTable).map((row) => row['count']);
    expect(counts.sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 40 }, (_, n) => n).filter((n) => n !== 17));
  });
});

describe('after a crash', () => {
  const points = ['edge.forming', 'edge.persisted', 'inserted', 'completed'];

  test.each(points)('at %s the next life ends with every row once', async (point) => {
    const at = await world();
    await at.write(30);
    await at.drain();
    await at.write(30);
    const die = (name: string) => {
      if (name === point) throw new Crash(name);
    };
    // The step that completes comes only where a batch was left pending.
    if (point === 'completed') await expectCrash(at, 'edge.persisted');
    await expect(at.drain({ step: die })).rejects.toThrow(Crash);
    await at.write(11);
    await at.drain();
    expectEqual(at);
  });

  test('the pending batch is formed again by its edges, not by what has come since', async () => {
    const at = await world();
    await at.write(30);
    await expectCrash(at, 'inserted');
    const before = at.target.rowsOf(sampleTable).length;
    expect(before).toBe(30);
    await at.write(500);
    const batches: number[] = [];
    const complete = at.target.complete.bind(at.target);
    at.target.complete = (batch) => {
      batches.push(batch.containers.reduce((sum, { rows }) => sum + rows, 0));
      return complete(batch);
    };
    await at.drain({ tables: [sampleTable] });
    expect(batches).toEqual([30]);
    expect(at.target.rowsOf(sampleTable)).toHaveLength(530);
  });

  test('a target whose window forgot the token still holds every row once', async () => {
    const at = await world(1);
    await at.write(30);
    await expectCrash(at, 'inserted');
    // Other inserts push the token out of the window.
    const [row] = at.target.rowsOf(sampleTable);
    expect(row).toBeDefined();
    for (let i = 0; i < 3; i++) {
      await at.target.insert({ table: sampleTable, edges: [], containers: [], token: `other${i}` });
    }
    await at.drain();
    expectEqual(at);
  });

  test('rows that the target lost are read again from the log', async () => {
    const at = await world();
    await at.write(60);
    await at.drain({ rowsMax: 10 });
    at.target.rowsOf(sampleTable).splice(25);
    at.target.rowsOf(newestTable).splice(0);
    const reports: string[] = [];
    await at.drain({ report: (code) => reports.push(code) });
    expect(reports).toContain('table_behind');
    expectEqual(at);
  });

  test('rows that the target has beyond the edges come in no second time', async () => {
    const at = await world();
    await at.write(60);
    await at.drain();
    await at.log.append([{ topic: SINK_TOPIC, partition: 0, key: Buffer.from('samples'), value: null, timestamp: 0 }]);
    await at.write(5);
    await at.drain();
    expectEqual(at);
  });

  test('a batch that reads differently than it was begun stops the sink', async () => {
    const at = await world();
    await at.write(30);
    await expectCrash(at, 'edge.persisted');
    const records = at.log.all('samples', 1) as LogRecord[];
    records[4] = { ...records[4]!, value: framed(at.id, 4711) };
    await expect(at.drain()).rejects.toThrow(/^edge_mismatch: .*restore the log/);
  });

  test('a target that holds more than the log ever had stops the sink', async () => {
    const at = await world();
    await at.write(30);
    await at.drain();
    const other = await world();
    await other.write(5);
    await expect(other.drain({ target: at.target })).rejects.toThrow(/^log_mismatch: samples holds offset/);
  });

  test('a sink that another one has replaced stops', async () => {
    const at = await world();
    await at.clock.run(
      (async () => {
        const old = await at.start();
        const current = await at.start();
        await at.write(10);
        await expect(old.done).rejects.toThrow(/^fenced/);
        await current.stop();
      })(),
    );
    expectEqual(at);
  });

  test.each(Array.from({ length: 60 }, (_, seed) => seed + 1))('in any order of faults, every row once: seed %i', async (seed) => {
    const chance = generator(seed);
    const at = await world(1 + Math.floor(chance() * 4));
    const rate = chance() * 0.4;
    at.log.faults = {
      write: (operation) => (operation === 'append' || chance() >= rate ? 'ok' : chance() < 0.5 ? 'refuse' : 'unknown'),
      gap: () => (chance() < 0.2 ? 1 + Math.floor(chance() * 3) : 0),
      fetchRecordsMax: () => 1 + Math.floor(chance() * 20),
    };
    at.target.faults = { insert: () => (chance() >= rate ? 'ok' : chance() < 0.5 ? 'refuse' : 'unknown') };
    for (let life = 0; life < 6; life++) {
      await at.write(Math.floor(chance() * 40));
      let left = Math.floor(chance() * 12);
      const step = (name: string) => {
        if (left-- === 0) throw new Crash(name);
      };
      const rowsMax = 1 + Math.floor(chance() * 30);
      await at.drain({ step, rowsMax }).catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      });
      const rows = at.target.rowsOf(sampleTable);
      if (chance() < 0.3) rows.splice(Math.floor(chance() * rows.length));
    }
    await at.drain();
    expectEqual(at, `seed ${seed}`);
  });
});

describe('the checks above', () => {
  test.each([
    ['the token is left out', (at: World) => mutateToken(at)],
    ['what is pending is forgotten', (at: World) => forgetPending(at)],
    ['a batch counts as done before its insert', (at: World) => doneBeforeInsert(at)],
  ])('find it when %s', async (_, mutate) => {
    const at = await world();
    await at.write(30);
    await mutate(at);
    expect(() => expectEqual(at)).toThrow();
  });
});

async function mutateToken(at: World) {
  let calls = 0;
  const insert = at.target.insert.bind(at.target);
  at.target.insert = (batch) => insert({ ...batch, token: String(calls++) });
  let failures = 3;
  at.target.faults = { insert: () => (failures-- > 0 ? 'unknown' : 'ok') };
  await at.drain();
}

async function forgetPending(at: World) {
  await expectCrash(at, 'inserted');
  // Neither edges nor watermarks: the sink of a project that trusts its memory.
  await at.log.append(tables.map(({ name }) => ({ topic: SINK_TOPIC, partition: 0, key: Buffer.from(name), value: null, timestamp: 0 })));
  at.target.watermarks = async () => new Map();
  at.target.complete = (batch) => at.target.insert(batch);
  at.log.faults = { write: () => 'ok', gap: () => 0, fetchRecordsMax: () => 3 };
  await at.drain({ rowsMax: 7 });
}

async function doneBeforeInsert(at: World) {
  await expectCrash(at, 'edge.persisted');
  const positions = Array.from({ length: PARTITIONS }, (_, partition) => [partition, 10]);
  const value = Buffer.from(JSON.stringify({ format: 1, positions, edges: [], hash: 0 }));
  await at.log.append(tables.map(({ name }) => ({ topic: SINK_TOPIC, partition: 0, key: Buffer.from(name), value, timestamp: 0 })));
  at.target.watermarks = async () => new Map(Array.from({ length: PARTITIONS }, (_, partition) => [partition, 9]));
  await at.drain();
}

async function expectCrash(at: World, point: string) {
  const step = (name: string) => {
    if (name === point) throw new Crash(name);
  };
  await expect(at.drain({ step })).rejects.toThrow(Crash);
}

/** Mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
