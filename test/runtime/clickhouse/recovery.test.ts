import { describe, expect, test } from 'vitest';
import { SINK_TOPIC } from '#runtime/clickhouse/edges.ts';
import type { FetchRequest, LogRecord } from '#runtime/log/log.ts';
import type { Sink } from '#runtime/clickhouse/sink.ts';
import { framed, newestTable, sampleTable } from './records.ts';
import { Crash, expectCrash, expectEqual, PARTITIONS, tables, type World, world } from './world.ts';

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

  test.each(points)('at %s what no table needs can be gone from the log, and no row is missing', async (point) => {
    const at = await world();
    at.log.faults = { write: () => 'ok', gap: () => 0, fetchRecordsMax: () => 4 };
    let forgotten = 0;
    const forget = (sink: Sink) => {
      for (const [topic, partitions] of sink.needed()) {
        for (const [partition, below] of partitions) {
          forgotten += at.log.all(topic, partition).filter(({ offset }) => offset < below).length;
          at.log.forget(topic, partition, below);
        }
      }
    };
    const written: string[] = [];
    for (const deadly of [null, 'inserted', point, null, 'edge.persisted', point, null]) {
      await at.write(60);
      for (let partition = 0; partition < PARTITIONS; partition++) {
        written.push(...at.log.all('samples', partition).map(({ offset }) => `${partition}/${offset}`));
      }
      let sink: Sink | null = null;
      // In the midst of a life, so that batches of it are behind it; a batch is completed only at its beginning.
      let left = deadly === 'completed' ? 1 : 6;
      const step = (name: string) => {
        if (sink !== null) forget(sink);
        if (name === deadly && --left === 0) throw new Crash(name);
      };
      const lived = at.clock.run(
        at.start({ step, rowsMax: 10 }).then((opened) => {
          sink = opened;
          return opened.stop();
        }),
      );
      const end = await lived.catch((error: unknown) => error);
      expect(end instanceof Crash ? end.message : (end ?? null)).toBe(deadly);
    }
    expect(forgotten).toBeGreaterThan(0);
    for (const table of tables) {
      const rows = at.target.rowsOf(table).map(({ _partition, _offset }) => `${_partition}/${_offset}`);
      expect(rows.toSorted(), table.name).toEqual([...new Set(written)].toSorted());
    }
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

  test.each(points)('at %s an answer that is empty before the end loses no row', async (point) => {
    const at = await world();
    await at.write(30);
    if (point === 'completed') await expectCrash(at, 'edge.persisted');
    await expectCrash(at, point);
    at.target.lose(sampleTable, (_, index) => index >= 2);
    const asked = new Set<string>();
    const hesitant = new Proxy(at.log, {
      get(target, name) {
        const found: unknown = Reflect.get(target, name, target);
        if (typeof found !== 'function') return found;
        if (name !== 'fetch') return found.bind(target) as unknown;
        return async (request: FetchRequest) => {
          const places = request.positions.map((each) => Object.values(each).join('/'));
          const isKnown = places[0]?.startsWith('samples') === false || places.every((place) => asked.has(place));
          for (const place of places) asked.add(place);
          return isKnown ? target.fetch({ ...request, bytesMax: Math.min(request.bytesMax, 100) }) : [];
        };
      },
    });
    await at.drain({ log: hesitant });
    await at.drain();
    expect(asked.size).toBeGreaterThan(PARTITIONS);
    expectEqual(at);
  });

  test('rows that the target lost are read again from the log', async () => {
    const at = await world();
    await at.write(60);
    await at.drain({ rowsMax: 10 });
    at.target.lose(sampleTable, (_, index) => index >= 25);
    at.target.lose(newestTable, () => true);
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
    expect(at.target.rowsOf(sampleTable)).toHaveLength(65);
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

  test.each(Array.from({ length: 60 }, (_, seed) => seed + 1))(
    'in any order of faults, every row once: seed %i',
    async (seed) => {
      const chance = generator(seed);
      const at = await world(1 + Math.floor(chance() * 4));
      const rate = chance() * 0.4;
      at.log.faults = {
        write: (operation) =>
          operation === 'append' || chance() >= rate ? 'ok' : chance() < 0.5 ? 'refuse' : 'unknown',
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
      expect(at.target.rowsOf(newestTable).length).toBe(at.target.rowsOf(sampleTable).length);
    },
  );
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
    expect(() => expectEqual(at)).toThrow('to deeply equal');
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
  await at.log.append(
    tables.map(({ name }) => ({ topic: SINK_TOPIC, partition: 0, key: Buffer.from(name), value: null, timestamp: 0 })),
  );
  at.target.watermarks = async () => new Map();
  at.target.complete = (batch) => at.target.insert(batch);
  at.log.faults = { write: () => 'ok', gap: () => 0, fetchRecordsMax: () => 3 };
  await at.drain({ rowsMax: 7 });
}

async function doneBeforeInsert(at: World) {
  await expectCrash(at, 'edge.persisted');
  const positions = Array.from({ length: PARTITIONS }, (_, partition) => [partition, 10]);
  const value = Buffer.from(JSON.stringify({ format: 1, positions, edges: [], hash: 0 }));
  await at.log.append(
    tables.map(({ name }) => ({ topic: SINK_TOPIC, partition: 0, key: Buffer.from(name), value, timestamp: 0 })),
  );
  at.target.watermarks = async () => new Map(Array.from({ length: PARTITIONS }, (_, partition) => [partition, 9]));
  await at.drain();
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
