import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compressedBlocks, contentOf } from '#runtime/clickhouse/blocks.ts';
import { cityHash128 } from '#runtime/clickhouse/cityhash.ts';

const BYTES_MAX = 4 * 1024 * 1024;

/** A block of the method around packed bytes that unpack to `length`. */
function framed(method: number, packed: Buffer, length: number): Buffer {
  const block = Buffer.alloc(25 + packed.length);
  block[16] = method;
  block.writeUInt32LE(9 + packed.length, 17);
  block.writeUInt32LE(length, 21);
  packed.copy(block, 25);
  const [low, high] = cityHash128(block.subarray(16));
  block.writeBigUInt64LE(low, 0);
  block.writeBigUInt64LE(high, 8);
  return block;
}

describe('framed blocks', () => {
  test('hold what was put in, in one or many', () => {
    for (const length of [0, 1, 14, 15, 269, 270, 271, 1024 * 1024, 1024 * 1024 + 1, 2_500_000]) {
      const content = Buffer.alloc(length, 'a fleet of devices ');
      expect(contentOf(Buffer.concat([...compressedBlocks(content)]), BYTES_MAX).equals(content)).toBe(true);
    }
  });

  test('of another packer repeat what stood before, even what they are making', () => {
    // Three literals, a match of twelve bytes three before, and two literals.
    const packed = Buffer.from([0x38, 0x61, 0x62, 0x63, 3, 0, 0x20, 0x64, 0x65]);
    expect(contentOf(framed(0x82, packed, 17), BYTES_MAX).toString()).toBe('abcabcabcabcabcde');
    const long = Buffer.concat([Buffer.from([0x1f, 0x61, 1, 0, 255, 1, 0x10, 0x62])]);
    expect(contentOf(framed(0x82, long, 1 + 15 + 256 + 4 + 1), BYTES_MAX).toString()).toBe(`${'a'.repeat(276)}b`);
  });

  test('may be plain', () => {
    expect(contentOf(framed(0x02, Buffer.from('SELECT 1'), 8), BYTES_MAX).toString()).toBe('SELECT 1');
  });

  test.each<[string, Buffer]>([
    ['a method that is not served', framed(0x90, Buffer.from('SELECT 1'), 8)],
    ['a plain block of another length', framed(0x02, Buffer.from('SELECT 1'), 9)],
    ['less than it says', framed(0x82, Buffer.from([0x10, 0x61]), 2)],
    ['more than it says', framed(0x82, Buffer.from([0x20, 0x61, 0x62]), 1)],
    ['a match before the beginning', framed(0x82, Buffer.from([0x10, 0x61, 2, 0, 0x10, 0x62]), 6)],
    ['a match at no distance', framed(0x82, Buffer.from([0x10, 0x61, 0, 0, 0x10, 0x62]), 6)],
    ['a match beyond the end', framed(0x82, Buffer.from([0x1f, 0x61, 1, 0, 255, 255, 9, 0x10, 0x62]), 6)],
    ['an end within a length', framed(0x82, Buffer.from([0xf0, 255]), 6)],
    ['nothing', framed(0x82, Buffer.alloc(0), 0)],
    ['more than may be', framed(0x82, Buffer.from([0x10, 0x61]), BYTES_MAX + 1)],
    ['no whole head', Buffer.from('SELECT 1')],
  ])('with %s are refused', (_, bytes) => {
    expect(() => contentOf(bytes, BYTES_MAX)).toThrow(RangeError);
  });

  test('with a changed byte are refused, and random ones never unpack to more than they say', () => {
    const block = Buffer.concat([...compressedBlocks(Buffer.from('SELECT device FROM fleet.twins'))]);
    fc.assert(
      fc.property(fc.nat(block.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(block);
        changed[at] = (changed[at] ?? 0) ^ change;
        expect(() => contentOf(changed, BYTES_MAX)).toThrow(RangeError);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(200), (packed, length) => {
        expect(lengthOf(framed(0x82, Buffer.from(packed), length)) ?? length).toBe(length);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Of what the blocks hold, or null when they are refused. Anything else is thrown. */
function lengthOf(bytes: Buffer): number | null {
  try {
    return contentOf(bytes, BYTES_MAX).length;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
