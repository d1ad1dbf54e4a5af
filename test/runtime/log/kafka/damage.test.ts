import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchWriter } from '../../../../runtime/log/kafka/record-batch.ts';
import { readRecords } from '../../../../runtime/log/kafka/record-reader.ts';
import { LogError, type LogRecord } from '../../../../runtime/log/log.ts';
import { fixtures } from './foreign.ts';
import { anyRecord, plain } from './records.ts';
import { seal } from './repack.ts';

const SEED = Math.trunc(Math.random() * 2 ** 31);

interface Read {
  readonly records: LogRecord[];
  readonly next: number;
}

/** Null is a refusal by `record_corrupt`. */
function attempt(bytes: Buffer, from: number): Read | null {
  try {
    return readRecords(bytes, from, []);
  } catch (error) {
    if (!(error instanceof LogError) || error.code !== 'record_corrupt') throw error;
    return null;
  }
}

/** What came of a flip at this byte of a batch that stands behind so many records. */
function judge(at: number, recordsBefore: number, whole: Read, read: Read | null): string {
  if (read === null) return 'refused';
  if (at >= 16) return 'a flip under the checksum was not seen';
  if (at >= 12) return isDeepStrictEqual(read, whole) ? 'same' : 'the leader epoch changed a record';
  if (at >= 8) {
    // A batch that seems longer than the fetch is partial, and what follows comes with it.
    const covered = { records: whole.records.slice(0, recordsBefore), next: whole.records[recordsBefore]?.offset };
    return isDeepStrictEqual(read, covered) ? 'left' : 'more or less than the whole batches before was read';
  }
  // No checksum covers the base offset, since the broker sets it.
  const written = new Set(whole.records.map((record) => JSON.stringify(plain(record))));
  if (!read.records.every((record) => written.has(JSON.stringify(plain(record))))) return 'another value was read';
  const grows = read.records.every(({ offset }, i) => i === 0 || offset > (read.records[i - 1] as LogRecord).offset);
  return grows ? 'moved' : 'offsets went back';
}

/** Three batches one after another, each of some records. */
const threeBatches = fc
  .tuple(
    fc.array(fc.array(anyRecord, { minLength: 1, maxLength: 4 }), { minLength: 3, maxLength: 3 }),
    fc.constantFrom('none', 'lz4'),
    fc.integer({ min: 0, max: 2 ** 40 }),
  )
  .map(([groups, compression, base]) => {
    const writer = new BatchWriter();
    let offset = base;
    return {
      base,
      batches: groups.map((records) => {
        for (const record of records) writer.add(record);
        const batch = Buffer.from(writer.finish(null, compression));
        batch.writeBigInt64BE(BigInt(offset), 0);
        offset += records.length;
        return batch;
      }),
    };
  });

describe(`a flipped bit (seed ${SEED})`, () => {
  test('is refused, or leaves values as they were written', () => {
    const outcomes = { refused: 0, left: 0, moved: 0, same: 0 };
    fc.assert(
      fc.property(threeBatches, fc.nat(2), fc.nat(), fc.nat(7), ({ base, batches }, which, place, bit) => {
        const whole = readRecords(Buffer.concat(batches), base, []);
        const damaged = batches.map((batch) => Buffer.from(batch));
        const batch = damaged[which] as Buffer;
        // Half of the flips in the header, where most can go wrong.
        const at = place % 2 === 0 ? (place >> 1) % 61 : place % batch.length;
        batch[at] = (batch[at] as number) ^ (1 << bit);
        const records = batches.slice(0, which).reduce((sum, one) => sum + one.readInt32BE(57), 0);
        const outcome = judge(at, records, whole, attempt(Buffer.concat(damaged), base));
        expect(Object.keys(outcomes), `byte ${at}, bit ${bit}`).toContain(outcome);
        outcomes[outcome as keyof typeof outcomes] += 1;
      }),
      { seed: SEED, numRuns: 2_000 },
    );
    for (const [outcome, count] of Object.entries(outcomes)) expect(count, outcome).toBeGreaterThan(20);
  });

  test.each(fixtures('batches').filter(({ bytes }) => bytes.length < 1_500))(
    'anywhere under the checksum is refused: $name',
    ({ bytes, from }) => {
      for (let at = 16; at < bytes.length; at++) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
        expect(attempt(damaged, from), `byte ${at}`).toBeNull();
      }
    },
  );

  test('under a checksum that fits is refused or read, and never another error', () => {
    const outcomes = { refused: 0, read: 0 };
    fc.assert(
      fc.property(threeBatches, fc.nat(), fc.nat(255), ({ base, batches }, place, byte) => {
        const batch = Buffer.from(batches[0] as Buffer);
        const at = 21 + (place % Math.min(120, batch.length - 21));
        batch[at] = byte;
        if (attempt(seal(batch), base) === null) outcomes.refused += 1;
        else outcomes.read += 1;
      }),
      { seed: SEED, numRuns: 3_000 },
    );
    expect(outcomes.refused).toBeGreaterThan(200);
    expect(outcomes.read).toBeGreaterThan(200);
  });
});

describe('a record set that ends early', () => {
  test('gives its whole batches, wherever it ends', () => {
    fc.assert(
      fc.property(threeBatches, fc.nat(), ({ base, batches }, place) => {
        const whole = Buffer.concat(batches);
        const end = place % (whole.length + 1);
        const read = attempt(whole.subarray(0, end), base);
        let bytes = 0;
        let covered = 0;
        for (const batch of batches) {
          if (bytes + batch.length > end) break;
          bytes += batch.length;
          covered += batch.readInt32BE(57);
        }
        const records = readRecords(whole, base, []).records.slice(0, covered);
        expect(read).toEqual(bytes === 0 && end > 0 ? null : { records, next: base + covered });
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

describe('what a broken writer may send is refused', () => {
  /** One record: key k, value v, no header. */
  const batchOf = (records: readonly number[], count = 1) => {
    const writer = new BatchWriter();
    writer.add({ key: null, value: null, timestamp: 0 });
    const batch = Buffer.concat([writer.finish(null, 'none').subarray(0, 61), Buffer.from(records)]);
    batch.writeInt32BE(count, 57);
    batch.writeInt32BE(Math.max(0, count - 1), 23);
    return seal(batch);
  };
  // Length, attributes, timestamp delta, offset delta, key length and key, value length and value, header count.
  const good = [16, 0, 0, 0, 2, 0x6b, 2, 0x76, 0];

  test('the model of these cases is itself read', () => {
    expect(readRecords(batchOf(good), 0, []).records.map(plain)).toEqual([
      { key: '6b', value: '76', headers: [], timestamp: 0 },
    ]);
  });

  test.each<[string, readonly number[], number?]>([
    ['a record longer than the batch', [18, ...good.slice(1)]],
    ['a record of negative length', [1, ...good.slice(1)]],
    ['a record shorter than its parts', [14, ...good.slice(1)]],
    ['a record longer than its parts', [18, ...good.slice(1), 0]],
    ['a key longer than the record', [16, 0, 0, 0, 100, 0x6b, 2, 0x76, 0]],
    ['a key of length -2', [16, 0, 0, 0, 3, 0x6b, 2, 0x76, 0]],
    ['a value of length -2', [14, 0, 0, 0, 2, 0x6b, 3, 0]],
    ['a negative header count', [16, 0, 0, 0, 2, 0x6b, 2, 0x76, 1]],
    ['a header count that nothing follows', [24, 0, 0, 0, 2, 0x6b, 2, 0x76, 0xfe, 0xff, 0xff, 0xff, 0x0f]],
    ['a header without a name', [20, 0, 0, 0, 2, 0x6b, 2, 0x76, 2, 1, 1]],
    ['an offset delta beyond the batch', [16, 0, 0, 2, 2, 0x6b, 2, 0x76, 0]],
    ['a negative offset delta', [16, 0, 0, 1, 2, 0x6b, 2, 0x76, 0]],
    ['a number without end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['fewer records than told', good, 2],
    ['more records than told', [...good, ...good], 1],
    ['a negative count', good, -1],
  ])('%s', (_, records, count) => {
    expect(() => readRecords(batchOf(records, count), 0, [])).toThrow(/^record_corrupt: /);
  });

  test('offsets that go back from batch to batch', () => {
    const batch = batchOf(good);
    expect(() => readRecords(Buffer.concat([batch, batch]), 0, [])).toThrow('record_corrupt: offset 0 stands after 0');
  });

  test('offsets beyond what a number holds', () => {
    const batch = batchOf(good);
    batch.writeBigInt64BE(2n ** 53n, 0);
    expect(() => readRecords(batch, 0, [])).toThrow('record_corrupt: offset 9007199254740992 is beyond');
  });
});

test.each([0, 1, 3])('message format v%i is refused by its name', (magic) => {
  // Offset, size, CRC, magic: so begins a message of the old formats, too.
  const message = Buffer.alloc(40);
  message.writeInt32BE(28, 8);
  message[16] = magic;
  expect(() => readRecords(message, 0, [])).toThrow(`record_corrupt: message format v${magic}, v2`);
});
