import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CollectionEntries } from '#runtime/engine/collection.ts';

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

function entriesOf(subkeys: readonly string[]) {
  return new CollectionEntries('acme/d1', 'test', new Map(subkeys.map((subkey) => [subkey, subkey])));
}

test('a subkey beyond U+FFFF lies in the range where its bytes lie', () => {
  const entries = entriesOf(['a', '\uffee', '\u{1f600}']);
  const subkeys = (from: string, to: string) => [...entries.range(from, to)].map(([subkey]) => subkey);
  expect(subkeys('\uff00', '\u{1f601}')).toEqual(['\uffee', '\u{1f600}']);
  expect(subkeys('\ud7ff', '\ue000')).toEqual([]);
  expect(subkeys('\u{1f600}', '\u{1f601}')).toEqual(['\u{1f600}']);
  expect([...entries.all()].map(([subkey]) => subkey)).toEqual(['a', '\uffee', '\u{1f600}']);
});

test('every range holds what lies within it by bytes, in their order', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '~', '\u0000', '\ud7ff', '\ue000', '\uffff', '\u{10000}'),
    maxLength: 3,
  });
  fc.assert(
    fc.property(fc.uniqueArray(text), text, text, (subkeys, from, to) => {
      const expected = subkeys.filter((subkey) => byBytes(subkey, from) >= 0 && byBytes(subkey, to) < 0).sort(byBytes);
      expect([...entriesOf(subkeys).range(from, to)].map(([subkey]) => subkey)).toEqual(expected);
    }),
  );
});
