import avro from 'avsc';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AvroRecord } from '#sdk';
import { avroType, frame, FRAME_BYTES } from '#runtime/avro.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

function recordOf(items: string) {
  const fields = [
    { name: 'before', type: 'string' },
    { name: 'one', type: 'double' },
    { name: 'list', type: { type: 'array', items } },
    { name: 'after', type: 'long' },
  ];
  return { type: 'record', name: 'Numbers', namespace: 'test', fields } as unknown as AvroRecord;
}

interface Numbers {
  readonly before: string;
  readonly one: number;
  readonly list: readonly number[];
  readonly after: number;
}

const double = fc.double({ noNaN: true, noDefaultInfinity: true });
const listOf = (item: fc.Arbitrary<number>) =>
  fc.oneof(
    fc.array(item, { maxLength: 40 }),
    // Around the length up to which a list is made in one piece.
    fc.constantFrom(511, 512, 513, 1_500).map((length) => Array.from({ length }, (_, i) => (i % 7) * 4)),
  );
const numbers = (item: fc.Arbitrary<number>) =>
  fc.record({ before: fc.string({ maxLength: 9 }), one: double, list: listOf(item), after: fc.integer() });

describe.each([
  ['double', double],
  ['float', double.map(Math.fround).filter(Number.isFinite)],
  // avsc itself loses the last bit of longs beyond 2^52.
  ['long', fc.integer({ min: -(2 ** 51), max: 2 ** 51 })],
])(`a list of %s in Avro (seed ${SEED})`, (items, item) => {
  const ours = avroType(recordOf(items));
  const plain = avro.Type.forSchema(recordOf(items) as unknown as avro.Schema);

  test('is the bytes that avsc writes, and comes back as it was', () => {
    fc.assert(
      fc.property(numbers(item), (value) => {
        const bytes = ours.toBuffer(value);
        expect(bytes.equals(plain.toBuffer(value))).toBe(true);
        expect({ ...ours.fromBuffer(bytes) }).toEqual(value);
        expect(frame(ours, 7, value).subarray(FRAME_BYTES).equals(bytes)).toBe(true);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('is read at any place of a buffer, and refused where it ends early', () => {
    fc.assert(
      fc.property(numbers(item), fc.nat(9), (value, offset) => {
        const bytes = ours.toBuffer(value);
        const within = Buffer.concat([Buffer.alloc(offset, 0xff), bytes, Buffer.alloc(3, 0xff)]).subarray(offset);
        expect({ ...(ours.decode(within, 0).value as Numbers) }).toEqual(value);
        for (let length = 0; length < Math.min(bytes.length, 200); length++) {
          expect(() => ours.fromBuffer(bytes.subarray(0, length))).toThrow(/truncated buffer|does not fit/);
        }
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test('that does not fit into a buffer says what it lacks, and writes nothing beyond', () => {
    fc.assert(
      fc.property(numbers(item), fc.nat(50), (value, room) => {
        const bytes = ours.toBuffer(value);
        const whole = Buffer.alloc(room + 4, 0xee);
        const end = ours.encode(value, whole.subarray(0, room), 0);
        expect(end).toBe(room >= bytes.length ? bytes.length : room - bytes.length);
        expect(whole.subarray(room).equals(Buffer.alloc(4, 0xee))).toBe(true);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

test('a list in several blocks, with their sizes or without, is one list', () => {
  const ours = avroType(recordOf('double'));
  const [a, b, c] = [1.5, 2.5, 3.5].map(doubleBytes) as [Buffer, Buffer, Buffer];
  // Two blocks: two items with the size of the block in front (a negative count), and one without.
  const list = Buffer.concat([Buffer.from([3, 32]), a, b, Buffer.from([2]), c, Buffer.from([0])]);
  const bytes = Buffer.concat([Buffer.from([0]), doubleBytes(0), list, Buffer.from([0])]);
  expect(ours.fromBuffer(bytes)).toMatchObject({ list: [1.5, 2.5, 3.5] });
});

test('a list written as floats is read as doubles', () => {
  const [floats, doubles] = [avroType(recordOf('float')), avroType(recordOf('double'))];
  const value: Numbers = { before: 'x', one: 1, list: [0.5, -2, 1024], after: 3 };
  const read = doubles.fromBuffer(floats.toBuffer(value), doubles.createResolver(floats));
  expect({ ...(read as Numbers) }).toEqual(value);
});

test.each([Number.NaN, Infinity, -Infinity])('%s among doubles is refused when read', (wrong) => {
  const ours = avroType(recordOf('double'));
  const value: Numbers = { before: '', one: 0, list: [1, wrong], after: 0 };
  expect(() => ours.fromBuffer(ours.toBuffer(value))).toThrow('not a finite number');
  expect(() => ours.fromBuffer(ours.toBuffer({ ...value, one: wrong, list: [] }))).toThrow('not a finite number');
});

test.each(['double', 'float'])('what is no number is refused when written among %s', (items) => {
  const ours = avroType(recordOf(items));
  const value = { before: '', one: 0, list: [1, '2'], after: 0 };
  expect(() => ours.toBuffer(value)).toThrow('2 is no number');
  expect(() => ours.toBuffer({ ...value, list: null })).toThrow('null is no array');
  expect(() => ours.toBuffer({ ...value, one: undefined, list: [] })).toThrow('undefined is no number');
});

test('a value larger than the draft is framed whole', () => {
  const ours = avroType(recordOf('double'));
  for (const length of [10, 600, 200_000, 3]) {
    const value: Numbers = { before: 'x', one: 1, list: Array.from({ length }, (_, i) => i / 8), after: 3 };
    const framed = frame(ours, 258, value);
    expect([...framed.subarray(0, FRAME_BYTES)]).toEqual([0, 0, 0, 1, 2]);
    expect(framed.subarray(FRAME_BYTES).equals(ours.toBuffer(value))).toBe(true);
  }
});

function doubleBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

const LONGS = {
  type: 'record',
  name: 'Longs',
  namespace: 'test',
  fields: [
    { name: 'one', type: 'long' },
    { name: 'maybe', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }] },
    { name: 'flag', type: ['null', 'boolean'] },
  ],
} as unknown as AvroRecord;

describe(`longs and what may be null (seed ${SEED})`, () => {
  const ours = avroType(LONGS);
  const plain = avro.Type.forSchema(LONGS as unknown as avro.Schema);
  /** Of every magnitude, and at the edges of one byte, of 28 bits, of 31 and of 52. */
  const long = fc
    .tuple(fc.double({ min: 0, max: 53, noNaN: true }), fc.boolean(), fc.integer({ min: -2, max: 2 }))
    .map(([bits, isNegative, beside]) => (isNegative ? -1 : 1) * Math.floor(2 ** bits) + beside)
    .filter((value) => Math.abs(value) < Number.MAX_SAFE_INTEGER);
  const edge = fc
    .tuple(fc.constantFrom(0, 6, 7, 13, 20, 27, 28, 30, 31, 34, 41, 48, 49, 52), fc.integer({ min: -2, max: 2 }))
    .map(([bits, beside]) => 2 ** bits + beside);
  const either = fc.oneof(
    long,
    edge,
    edge.map((value) => -value),
  );

  test('are the bytes that avsc writes', () => {
    const value = fc.record({ one: either, maybe: fc.option(either), flag: fc.option(fc.boolean()) });
    fc.assert(
      fc.property(value, (each) => {
        expect(ours.toBuffer(each).equals(plain.toBuffer(each))).toBe(true);
      }),
      { seed: SEED, numRuns: 5_000 },
    );
  });

  test('are read from whatever bytes as avsc reads them, or refused where it refuses', () => {
    const outcome = (type: avro.Type, bytes: Buffer) => {
      try {
        const { value, offset } = type.decode(bytes, 0);
        return { value: value === undefined ? null : { ...(value as object) }, offset };
      } catch (error) {
        return (error as Error).message;
      }
    };
    // High bits make long numbers, and a small one is a branch.
    const byte = fc.oneof(fc.nat(255), fc.integer({ min: 128, max: 255 }), fc.constantFrom(0, 1, 2, 4));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 30 }), (bytes) => {
        expect(outcome(ours, Buffer.from(bytes))).toEqual(outcome(plain, Buffer.from(bytes)));
      }),
      { seed: SEED, numRuns: 20_000 },
    );
  });

  test('are refused where they are none', () => {
    for (const wrong of [0.5, Number.MAX_SAFE_INTEGER, Infinity, '1', undefined, null]) {
      expect(() => ours.toBuffer({ one: wrong, maybe: null, flag: null })).toThrow(/invalid "long"/);
    }
    for (const wrong of ['true', undefined, {}]) {
      expect(() => ours.toBuffer({ one: 1, maybe: null, flag: wrong })).toThrow(/invalid "boolean"/);
      expect(() => ours.toBuffer({ one: 1, maybe: wrong, flag: null })).toThrow(/invalid "long"/);
    }
  });
});
