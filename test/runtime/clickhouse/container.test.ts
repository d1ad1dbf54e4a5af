import { Readable } from 'node:stream';
import avro from 'avsc';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tables } from '#schemas';
import type { Placed } from '#runtime/clickhouse/batch.ts';
import { bodyOf, container, rawContainer, rowsIn } from '#runtime/clickhouse/container.ts';
import { parseContainer } from '#runtime/clickhouse/simulated.ts';
import { framed, Sample, sample } from './records.ts';

const records = (count: number, place = (number: number) => ({ partition: number % 16, offset: number })) => {
  return Array.from({ length: count }, (_, number) => ({ ...place(number), value: framed(7, number) }));
};

describe('a container', () => {
  test('is what any reader of Avro files expects', async () => {
    const { bytes } = container(Sample.avro, records(300));
    const rows: unknown[] = [];
    // Its own decoder of files, which knows nothing of this project.
    for await (const row of Readable.from([bytes]).pipe(new avro.streams.BlockDecoder())) rows.push({ ...row });
    expect(rows).toHaveLength(300);
    expect(rows[17]).toEqual({ ...sample(17), _partition: 1, _offset: 17 });
  });

  test('keeps every partition and offset, up to the largest', () => {
    const place = fc.record({ partition: fc.nat(0x7fffffff), offset: fc.integer({ min: 0, max: 2 ** 52 }) });
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 40 }), (places) => {
        const { bytes, rows } = container(
          Sample.avro,
          records(places.length, (number) => places[number]!),
        );
        const parsed = parseContainer(bytes).map(({ _partition, _offset }) => ({
          partition: _partition,
          offset: _offset,
        }));
        expect(rows).toBe(places.length);
        expect(parsed).toEqual(places);
      }),
      { numRuns: 200 },
    );
  });

  test.each([0, 31, 63, 64, 2 ** 28 - 1, 2 ** 28, 2 ** 30 - 1, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 52])(
    'holds offset %i',
    (offset) => {
      const { bytes } = container(
        Sample.avro,
        records(1, () => ({ partition: 0, offset })),
      );
      expect(parseContainer(bytes)).toMatchObject([{ _offset: offset }]);
    },
  );

  test('of the same records has the same bytes', () => {
    expect(container(Sample.avro, records(50)).bytes).toEqual(container(Sample.avro, records(50)).bytes);
  });

  test('tells where its records stand', () => {
    const whole = container(Sample.avro, records(2));
    const first = container(Sample.avro, records(1));
    expect(bodyOf(whole).subarray(0, bodyOf(first).length)).toEqual(bodyOf(first));
    expect(whole.bytes.subarray(-16).toString('latin1')).toBe('fleetstream.sync');
  });
});

describe('a container of raw records', () => {
  const bytes = () => fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each));
  const record: fc.Arbitrary<Placed> = fc.record({
    partition: fc.nat(0x7fffffff),
    offset: fc.integer({ min: 0, max: 2 ** 52 }),
    timestamp: fc.integer({ min: -1, max: 2 ** 52 }),
    key: fc.option(bytes()),
    value: fc.option(bytes()),
    headers: fc.dictionary(fc.string({ unit: 'binary', minLength: 1 }), bytes(), { maxKeys: 4, noNullPrototype: true }),
  });

  test('has every byte of each, its headers in their order, and null apart from empty', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (some) => {
        const rows = parseContainer(rawContainer(tables.logArchive, some).bytes);
        const wanted = some.map(({ partition: _partition, offset: _offset, ...rest }) => {
          return { topic: 'fleet.events', ...rest, _partition, _offset };
        });
        const names = (row: object) => Object.keys((row as { headers: object }).headers);
        expect(rows.map((row) => ({ ...row }))).toEqual(wanted);
        expect(rows.map(names)).toEqual(wanted.map(names));
      }),
      { numRuns: 300 },
    );
  });

  test('gives its rows back, of which another one can be made', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (some) => {
        const whole = rawContainer(tables.logArchive, some);
        expect(container(whole.record, rowsIn(whole)).bytes).toEqual(whole.bytes);
      }),
      { numRuns: 100 },
    );
  });
});
