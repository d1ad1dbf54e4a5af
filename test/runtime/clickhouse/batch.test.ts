import { describe, expect, test } from 'vitest';
import { tables } from '#schemas';
import { edgesOf, hashOf, isSameBatch, type Placed } from '#runtime/clickhouse/batch.ts';
import { sampleTable } from './records.ts';

const bytes = (text: string) => Buffer.from(text);

const records: readonly Placed[] = [
  { partition: 0, offset: 4, timestamp: 1_000, key: bytes('acme/d1'), headers: { a: bytes('1') }, value: bytes('one') },
  { partition: 0, offset: 5, timestamp: 1_001, key: null, headers: {}, value: null },
  { partition: 3, offset: 9, timestamp: 1_002, key: bytes('acme/d2'), headers: { b: bytes('') }, value: bytes('two') },
];

/** The same with something else in the first record. */
const but = (change: Partial<Placed>) => [{ ...(records[0] as Placed), ...change }, ...records.slice(1)];

const CHANGES: readonly (readonly [what: string, changed: readonly Placed[]])[] = [
  ['a key', but({ key: bytes('acme/d9') })],
  ['no key', but({ key: null })],
  ['a header', but({ headers: { a: bytes('2') } })],
  ['the name of a header', but({ headers: { b: bytes('1') } })],
  ['one header more', but({ headers: { a: bytes('1'), z: bytes('') } })],
  ['a timestamp', but({ timestamp: 999 })],
  ['bytes that moved from the key to the value', but({ key: bytes('acme/d'), value: bytes('1one') })],
];

describe('the hash that is kept with the edges of a batch', () => {
  test.each(CHANGES)('of the archive covers %s', (_, changed) => {
    const { logArchive } = tables;
    expect(hashOf(logArchive, [...records])).toBe(hashOf(logArchive, records));
    expect(hashOf(logArchive, changed)).not.toBe(hashOf(logArchive, records));
    const pending = { edges: edgesOf(records), hash: hashOf(logArchive, records) };
    expect(isSameBatch(logArchive, records, pending)).toBe(true);
    expect(isSameBatch(logArchive, changed, pending)).toBe(false);
  });

  test('of an earlier version covers values, and still tells them apart', () => {
    const { logArchive } = tables;
    const pending = { edges: edgesOf(records), hash: hashOf(logArchive, records, 'values'), hashes: 'values' } as const;
    expect(isSameBatch(logArchive, records, pending)).toBe(true);
    expect(isSameBatch(logArchive, but({ value: bytes('One') }), pending)).toBe(false);
    expect(isSameBatch(logArchive, but({ key: null }), pending)).toBe(true);
    expect(isSameBatch(logArchive, records, { edges: pending.edges, hash: pending.hash })).toBe(false);
  });

  test('of other tables covers what becomes a row: the value', () => {
    expect(hashOf(sampleTable, but({ key: null, timestamp: 0 }))).toBe(hashOf(sampleTable, records));
    expect(hashOf(sampleTable, but({ value: bytes('One') }))).not.toBe(hashOf(sampleTable, records));
  });
});
