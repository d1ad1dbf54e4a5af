import avro from 'avsc';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AvroField, AvroRecord, AvroType } from '#sdk';
import { incompatibilities } from '../../../runtime/registry/compatibility.ts';

const ENUM: AvroType = { type: 'enum', name: 'Mode', symbols: ['A', 'B'] };
const ENUM_MORE: AvroType = { type: 'enum', name: 'Mode', symbols: ['A', 'B', 'C'] };
const POINT = (fields: AvroField[]): AvroType => ({ type: 'record', name: 'Point', fields });

describe('two versions of a record', () => {
  test.for<[string, AvroType, AvroType, string | null]>([
    ['the same', 'int', 'int', null],
    ['int becomes long', 'int', 'long', 'a changed from int to long'],
    ['long becomes int', 'long', 'int', 'a changed from long to int'],
    ['float becomes double', 'float', 'double', 'a changed from float to double'],
    ['string becomes bytes, which read each other', 'string', 'bytes', null],
    ['string becomes int', 'string', 'int', 'a changed from string to int'],
    [
      'a type becomes a union',
      'int',
      ['null', 'int'],
      'a may now be null, which readers of the earlier version cannot read',
    ],
    [
      'a union loses a type',
      ['null', 'int', 'string'],
      ['null', 'int'],
      'a may no longer be string, which stands in stored records',
    ],
    ['a union is reordered', ['null', 'int'], ['int', 'null'], null],
    ['a union of one', ['int'], 'int', null],
    ['an enum grows', ENUM, ENUM_MORE, 'a adds the symbol C, which readers of the earlier version do not know'],
    ['an enum shrinks', ENUM_MORE, ENUM, 'a drops the symbol C, which stands in stored records'],
    ['an enum with a default grows', { ...ENUM, default: 'A' }, { ...ENUM_MORE, default: 'A' }, null],
    [
      'a name changes',
      ENUM,
      { type: 'enum', name: 'Kind', symbols: ['A', 'B'] },
      'a changed from enum test.Mode to enum test.Kind',
    ],
    [
      'items change',
      { type: 'array', items: 'int' },
      { type: 'array', items: 'string' },
      'a[] changed from int to string',
    ],
    [
      'map values change',
      { type: 'map', values: 'int' },
      { type: 'map', values: 'long' },
      'a{} changed from int to long',
    ],
    [
      'a map becomes an array',
      { type: 'map', values: 'int' },
      { type: 'array', items: 'int' },
      'a changed from map of int to array of int',
    ],
    [
      'a nested field without default',
      POINT([field('x', 'int')]),
      POINT([field('x', 'int'), field('y', 'int')]),
      'a.y is new and has no default, so records written before cannot be read',
    ],
    ['a nested field with default', POINT([field('x', 'int')]), POINT([field('x', 'int'), field('y', 'int', 0)]), null],
    [
      'a field in an array of records in a union',
      ['null', { type: 'array', items: POINT([field('x', 'int')]) }],
      ['null', { type: 'array', items: POINT([field('x', 'long')]) }],
      'a[].x changed from int to long',
    ],
    [
      'a logicalType changes',
      { type: 'long', logicalType: 'timestamp-millis' },
      { type: 'long', logicalType: 'timestamp-micros' },
      'a changed its logicalType from timestamp-millis to timestamp-micros',
    ],
    [
      'a logicalType goes',
      { type: 'long', logicalType: 'timestamp-millis' },
      'long',
      'a changed its logicalType from timestamp-millis to none',
    ],
  ])('%s', ([, older, newer, expected]) => {
    const found = incompatibilities(record([field('a', older)]), record([field('a', newer)]));
    expect(found.map(({ path, problem }) => `${path} ${problem}`)).toEqual(expected === null ? [] : [expected]);
    for (const { remedy } of found) expect(remedy).not.toBe('');
  });

  test('a dropped field needs a default in the version that had it', () => {
    const kept = field('b', 'int');
    expect(incompatibilities(record([kept, field('a', 'int')]), record([kept]))).toEqual([
      {
        path: 'a',
        problem: 'was dropped, and readers of the earlier version require it',
        remedy: 'keep it, since it had no default',
      },
    ]);
    expect(incompatibilities(record([kept, field('a', 'int', 0)]), record([kept]))).toEqual([]);
  });

  test('a record that holds itself is judged once', () => {
    const node = (value: AvroType) => record([field('value', value), field('next', ['null', 'test.Reading'], null)]);
    expect(incompatibilities(node('int'), node('int'))).toEqual([]);
    expect(incompatibilities(node('int'), node('string')).map(({ path }) => path)).toEqual(['value']);
  });

  test('another implementation agrees on random versions', () => {
    let refused = 0;
    const property = fc.property(versionOf, someField, fc.boolean(), (older, changed, replaces) => {
      // Small changes, so that a good part of them is compatible.
      const rest = older.fields.filter(({ name }) => name !== changed.name);
      const newer = record(replaces ? [...rest, changed] : rest.length > 0 ? rest : older.fields);
      const ours = incompatibilities(older, newer);
      refused += ours.length > 0 ? 1 : 0;
      expect(ours.length === 0, JSON.stringify({ older, newer, ours })).toBe(avscAgrees(older, newer));
    });
    fc.assert(property, {
      numRuns: 2000,
      reporter: (run) => {
        console.log(`seed ${run.seed}, ${run.numRuns} runs, ${refused} refused`);
        if (run.failed) throw new Error(fc.defaultReportMessage(run) ?? 'failed');
      },
    });
    expect(refused).toBeGreaterThan(200);
    expect(refused).toBeLessThan(1800);
  });
});

const primitive = fc.constantFrom<AvroType>('null', 'boolean', 'int', 'long', 'float', 'double', 'string', 'bytes');
const simple = fc.oneof(
  { weight: 4, arbitrary: primitive },
  { weight: 1, arbitrary: primitive.map((items): AvroType => ({ type: 'array', items })) },
  { weight: 1, arbitrary: primitive.map((values): AvroType => ({ type: 'map', values })) },
);
const union = fc.uniqueArray(fc.constantFrom<AvroType>('null', 'boolean', 'string', 'int', 'double'), {
  minLength: 1,
  maxLength: 3,
});
const symbols = fc.subarray(['A', 'B', 'C'], { minLength: 1 });
const enumeration = symbols.map((chosen): AvroType => ({ type: 'enum', name: 'Mode', symbols: chosen }));
const someField = fc.oneof(
  simple.map((type) => field('a', type)),
  union.map((type) => field('a', type)),
  enumeration.map((type) => field('a', type)),
  fc.constantFrom(field('b', 'int'), field('b', 'int', 0)),
  fc.constantFrom(
    field('c', 'string', ''),
    field('c', POINT([field('x', 'int')])),
    field('c', POINT([field('x', 'int'), field('y', 'int', 1)])),
  ),
);
const versionOf = fc
  .uniqueArray(someField, { selector: ({ name }) => name, minLength: 1, maxLength: 3 })
  .map((fields) => record(fields));

/** Both directions, as avsc resolves them. */
function avscAgrees(older: AvroRecord, newer: AvroRecord): boolean {
  const [a, b] = [older, newer].map((one) => avro.Type.forSchema(one as unknown as avro.Schema)) as [
    avro.Type,
    avro.Type,
  ];
  try {
    a.createResolver(b);
    b.createResolver(a);
    return true;
  } catch {
    return false;
  }
}

function record(fields: readonly AvroField[]): AvroRecord {
  return { type: 'record', name: 'Reading', namespace: 'test', doc: 'A reading.', fields };
}

function field(name: string, type: AvroType, ...defaults: unknown[]): AvroField {
  const declared = { name, type, doc: 'A field.', dataClass: 'operational' };
  return defaults.length > 0 ? { ...declared, default: defaults[0] } : declared;
}
