import { expect, test } from 'vitest';
import { fnv1a, fnv1aHex } from '#sdk';

// Of ASCII a unit is a byte, so these are the published vectors of FNV-1a with 32 bits.
test.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
])('%j hashes as FNV-1a does', (text, hash) => {
  expect(fnv1a(text)).toBe(hash);
  expect(fnv1aHex(text)).toBe(hash.toString(16));
});

test('the digits are always eight', () => {
  const texts = Array.from({ length: 1_000 }, (_, each) => String(each));
  expect(texts.some((text) => fnv1a(text) < 2 ** 28)).toBe(true);
  for (const text of texts) expect(fnv1aHex(text)).toMatch(/^[0-9a-f]{8}$/);
});
