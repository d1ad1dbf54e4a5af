import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AvroRecord } from '#sdk';
import { recordBreaches, tableBreaches } from '../../scripts/contract.ts';

const avsc = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as AvroRecord;
const envelope = avsc('sdk/avro/Envelope.avsc').fields;
const cause = avsc('sdk/avro/Cause.avsc').fields;

const place = { name: 'place', type: 'string', doc: 'Where it stands.', dataClass: 'location' } as const;
const record: AvroRecord = { type: 'record', name: 'Moved', namespace: 'fleet', doc: 'It moved.', fields: [place] };
const breaches = (change: Partial<AvroRecord>) =>
  recordBreaches({ ...record, ...change }, envelope, cause).map((breach) => `${breach.place} ${breach.problem}`);

describe('a record of the contract', () => {
  test('that has its words and classes breaks nothing', () => {
    expect(breaches({})).toEqual([]);
    expect(breaches({ envelope: true, derived: true, fields: [...envelope, place, ...cause] })).toEqual([]);
  });

  test('has a doc, and so has each field', () => {
    expect(breaches({ doc: ' ' })).toEqual(['Moved record has no doc']);
    expect(breaches({ fields: [{ ...place, doc: '' }] })).toEqual(['Moved.place field has no doc']);
  });

  test('has a known data class on each field', () => {
    expect(breaches({ fields: [{ ...place, dataClass: 'secret' }] })).toEqual([
      'Moved.place has the unknown dataClass "secret"',
    ]);
    const { dataClass: _, ...bare } = place;
    expect(breaches({ fields: [bare as typeof place] })).toEqual(['Moved.place has no dataClass']);
  });

  test.each([
    ['an array', (type: object) => ({ type: 'array', items: type })],
    ['a map', (type: object) => ({ type: 'map', values: type })],
    ['a union', (type: object) => ['null', type]],
    ['a union in an array', (type: object) => ({ type: 'array', items: ['null', type] })],
  ])('answers for the fields of a record in %s', (_, wrap) => {
    const inner = { type: 'record', name: 'Part', doc: 'A part.', fields: [{ name: 'x', type: 'int', doc: '' }] };
    const fields = [{ ...place, type: wrap(inner) }] as unknown as AvroRecord['fields'];
    expect(breaches({ fields })).toEqual(['Moved.place.x field has no doc', 'Moved.place.x has no dataClass']);
  });

  test('gives each enum a default among its symbols', () => {
    const kind = { type: 'enum', name: 'Kind', symbols: ['A', 'B'] };
    expect(breaches({ fields: [{ ...place, type: kind }] })).toEqual([
      'Moved.place enum Kind has no default among its symbols',
    ]);
    expect(breaches({ fields: [{ ...place, type: { ...kind, default: 'C' } }] })).toHaveLength(1);
    expect(breaches({ fields: [{ ...place, type: { ...kind, default: 'A' } }] })).toEqual([]);
  });

  test('begins with the envelope when it is an event, and ends with the cause when it is derived', () => {
    expect(breaches({ envelope: true, fields: [place, ...envelope] })).toEqual([
      'Moved does not begin with the envelope',
    ]);
    expect(breaches({ derived: true, fields: [...cause, place] })).toEqual(['Moved does not end with the cause']);
  });
});

test('a table has a doc and a data class', () => {
  expect(tableBreaches({ name: 'moves', doc: 'All moves.', dataClass: 'location' })).toEqual([]);
  const bare = tableBreaches({ name: 'moves', doc: '' } as unknown as Parameters<typeof tableBreaches>[0]);
  expect(bare.map(({ problem }) => problem)).toEqual(['table has no doc', 'has no dataClass']);
});
