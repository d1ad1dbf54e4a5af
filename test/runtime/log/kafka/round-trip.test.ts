import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchWriter } from '../../../../runtime/log/kafka/record-batch.ts';
import { readRecords } from '../../../../runtime/log/kafka/record-reader.ts';
import { anyRecord, plain } from './records.ts';

const SEED = Math.trunc(Math.random() * 2 ** 31);

describe(`a written batch (seed ${SEED})`, () => {
  test.each(['none', 'lz4'] as const)('is read as the records it was given, compressed by %s', (compression) => {
    const writer = new BatchWriter();
    fc.assert(
      fc.property(
        fc.array(anyRecord, { minLength: 1, maxLength: 20 }),
        fc.maxSafeNat().map((base) => Math.max(0, base - 100)),
        (records, base) => {
          for (const record of records) writer.add(record);
          expect(writer.count).toBe(records.length);
          const written = writer.bytes;
          const batch = writer.finish(null, compression);
          expect(batch.length).toBeLessThanOrEqual(written);
          expect(writer.count).toBe(0);
          batch.writeBigInt64BE(BigInt(base), 0);
          const read = readRecords(batch, base, []);
          expect(read.records.map(plain)).toEqual(records.map(plain));
          expect(read.records.map(({ offset }) => offset)).toEqual(records.map((_, i) => base + i));
          expect(read.next).toBe(base + records.length);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('gives the records from an offset within it on', () => {
    const writer = new BatchWriter();
    for (let i = 0; i < 10; i++) writer.add({ key: Buffer.from([i]), value: null, timestamp: i });
    const batch = writer.finish(null, 'none');
    for (let from = 0; from < 10; from++) {
      const { records, next } = readRecords(batch, from, []);
      expect(records.map(({ offset, key }) => [offset, key?.[0]])).toEqual(
        Array.from({ length: 10 - from }, (_, i) => [from + i, from + i]),
      );
      expect(next).toBe(10);
    }
    expect(readRecords(batch, 12, [])).toEqual({ records: [], next: 12 });
  });

  test('leaves its writer empty, for the next one', () => {
    const writer = new BatchWriter(100);
    writer.add({ key: null, value: Buffer.from('first'), timestamp: 1 });
    writer.finish(null, 'none');
    writer.add({ key: null, value: Buffer.from('other'), timestamp: 2 });
    const { records } = readRecords(writer.finish(null, 'none'), 0, []);
    expect(records.map(({ value, timestamp }) => [value?.toString(), timestamp])).toEqual([['other', 2]]);
  });

  test('rounds timestamps, and refuses none', () => {
    const writer = new BatchWriter();
    writer.add({ key: null, value: null, timestamp: 10.4 });
    writer.add({ key: null, value: null, timestamp: 11.6 });
    const { records } = readRecords(writer.finish(null, 'none'), 0, []);
    expect(records.map(({ timestamp }) => timestamp)).toEqual([10, 12]);
    expect(() => writer.add({ key: null, value: null, timestamp: Number.NaN })).toThrow('timestamp_invalid');
    expect(() => writer.finish(null, 'none')).toThrow('batch_empty');
  });

  test('keeps headers of any name apart, those of one shape too', () => {
    const writer = new BatchWriter();
    // Many that share length, first and last byte, more than are remembered, and one that objects treat as no other.
    const names = [...Array.from({ length: 600 }, (_, i) => `h-${i.toString().padStart(3, '0')}-x`), '__proto__', ''];
    for (const round of [1, 2]) {
      for (const name of names) {
        const headers = Object.fromEntries([[name, Buffer.from(`${round} ${name}`)]]);
        writer.add({ key: null, value: null, headers, timestamp: 0 });
      }
    }
    const { records } = readRecords(writer.finish(null, 'none'), 0, []);
    const read = records.map(({ headers }) =>
      Object.entries(headers).map(([name, value]) => `${name}=${String(value)}`),
    );
    expect(read).toEqual([1, 2].flatMap((round) => names.map((name) => [`${name}=${round} ${name}`])));
  });
});
