import avro from 'avsc';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { avroType } from '#runtime/avro.ts';
import { shortText } from '#runtime/avro-texts.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

const schema = {
  type: 'record',
  name: 'Texts',
  namespace: 'test',
  fields: [
    { name: 'text', type: 'string' },
    { name: 'maybe', type: ['null', 'string'] },
    { name: 'map', type: { type: 'map', values: 'string' } },
  ],
} as const;
const ours = avroType(schema as unknown as Parameters<typeof avroType>[0]);
const plain = avro.Type.forSchema(schema as unknown as avro.Schema);

/** Whole code points only: half of a pair has no UTF-8. */
const text = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 80 }),
  // The ends of what is written and remembered by a faster way.
  fc.constantFrom(...[0, 30, 31, 32, 63, 64, 65].flatMap((length) => ['x'.repeat(length), 'é'.repeat(length)])),
);
const value = fc.record({
  text,
  maybe: fc.option(text),
  map: fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor')), text, {
    maxKeys: 40,
    noNullPrototype: true,
  }),
});

describe(`text in Avro (seed ${SEED})`, () => {
  test('is the bytes that avsc writes, the keys of maps in the order of their bytes', () => {
    fc.assert(
      fc.property(value, ({ map, ...rest }) => {
        const keys = Object.keys(map).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        const sorted = Object.fromEntries(keys.map((key) => [key, map[key]]));
        // Keys that look like numbers come first in an object, whatever the order of their insertion.
        fc.pre(Object.keys(sorted).every((key, i) => key === keys[i]));
        expect(ours.toBuffer({ ...rest, map }).equals(plain.toBuffer({ ...rest, map: sorted }))).toBe(true);
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  test('comes back as it was', () => {
    fc.assert(
      fc.property(value, (written) => {
        expect({ ...ours.fromBuffer(ours.toBuffer(written)) }).toEqual(written);
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  test('that ends early, or is no UTF-8, is refused at every length', () => {
    for (let length = 1; length < 70; length++) {
      const bytes = ours.toBuffer({ text: 'é'.repeat(length), maybe: null, map: {} });
      expect(() => ours.fromBuffer(bytes.subarray(0, length))).toThrow(/truncated buffer|does not fit/);
      const broken = Buffer.from(bytes);
      broken[length > 31 ? 2 : 1] = 0xff;
      expect(() => ours.fromBuffer(broken)).toThrow('not UTF-8');
    }
  });
});

test('short text is one string, whatever else was read in between', () => {
  const bytes = Buffer.from('device-1');
  expect(shortText(bytes, 0, 8)).toBe('device-1');
  for (let i = 0; i < 100_000; i++) {
    const other = `device-${i}`;
    const from = Buffer.from(`<${other}>`);
    expect(shortText(from, 1, from.length - 1) === other).toBe(true);
  }
  expect(shortText(Buffer.from('é'), 0, 2)).toBe(null);
  expect(shortText(bytes, 3, 3)).toBe('');
});
