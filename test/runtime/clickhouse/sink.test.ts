import { describe, expect, test } from 'vitest';
import { DeadLettered, deadLetters } from '#sdk';
import { avroType, FRAME_BYTES } from '#runtime/avro.ts';
import { Edges } from '#runtime/clickhouse/edges.ts';
import { batchOf } from '../../contract/target.ts';
import { framed, Sample, sampleTable } from './records.ts';
import { expectEqual, PARTITIONS, world } from './world.ts';

describe('the sink', () => {
  test('puts every record into every table of its topic, with the values it was written with', async () => {
    const at = await world();
    await at.write(50);
    await at.drain();
    expectEqual(at);
    const row = at.target.rowsOf(sampleTable).find(({ _partition, _offset }) => _partition === 1 && _offset === 3);
    expect(row).toMatchObject({ count: 10, device: 'device-3', kind: 'GOOD', region: 'eu' });
  });

  test('inserts the first rows at once, then makes one insert of what comes within the flush time, over all partitions', async () => {
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
        expect(inserts).toBe(2);
        expect(sink.stats()).toMatchObject([{ table: 'samples', rows: 90, batches: 2, waitingSince: null }]);
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

  test('stopped with no time left, it ends behind the batch under way, and the next one inserts nothing again', async () => {
    const at = await world();
    await at.write(900);
    at.log.faults = { write: () => 'ok', gap: () => 0, fetchRecordsMax: () => 25 };
    const late = new AbortController();
    let inserts = 0;
    at.target.faults = { insert: () => (inserts++, late.abort(), 'ok') };
    await at.clock.run(
      (async () => {
        const sink = await at.start({ tables: [sampleTable], rowsMax: 100 });
        await sink.stop(late.signal);
      })(),
    );
    expect(inserts).toBe(1);
    const before = at.target.rowsOf(sampleTable).length;
    expect(before).toBeLessThan(900);
    const edges = await Edges.open(at.log, () => at.clock.now());
    expect(edges.of('samples').edges).toEqual([]);
    const held = [...edges.of('samples').positions.values()];
    expect(held.reduce((rows, next) => rows + next, 0)).toBe(before);
    await at.drain();
    expectEqual(at);
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

  test.each([
    [30, 100_000],
    [3, 1_000],
  ])(
    'a batch whose answer was lost is inserted once, after %i inserts of another sink in %i ms',
    async (others, ms) => {
      const at = await world(20);
      await at.write(30);
      let meets: 'unknown' | 'refuse' | 'ok' = 'unknown';
      at.target.faults = { insert: () => meets };
      const report = (code: string) => {
        if (code === 'target_away' && meets === 'unknown') meets = 'refuse';
      };
      const drained = at.drain({ tables: [sampleTable], report });
      await at.clock.sleep(ms);
      meets = 'ok';
      // What a sink does that took over while this one was frozen.
      for (let n = 0; n < others; n++) await at.target.insert(batchOf(77, n, n + 1));
      await drained;
      expect(at.target.rowsOf(sampleTable).filter(({ _partition }) => _partition !== 77)).toHaveLength(30);
    },
  );

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
    const found = letters.map(
      ({ value }) => type.fromBuffer(Buffer.from(value!).subarray(FRAME_BYTES)) as DeadLettered,
    );
    expect(found.map(({ code }) => code).sort()).toEqual([
      'row_refused',
      'schema_foreign',
      'schema_unknown',
      'value_unframed',
    ]);
    const refused = found.find(({ code }) => code === 'row_refused');
    expect(refused).toMatchObject({ topic: 'samples', partition: 2, offset: 5, origin: 'sink/samples' });
    expect(Buffer.from(refused!.value)).toEqual(framed(at.id, 17));
    const counts = at.target.rowsOf(sampleTable).map((row) => row['count']);
    expect(counts.sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 40 }, (_, n) => n).filter((n) => n !== 17),
    );
  });
});
