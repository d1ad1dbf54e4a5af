import { gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { compressSync as snappy } from 'snappy';
import { describe, expect, test } from 'vitest';
import { DECOMPRESSED_BYTES_MAX, decompress } from '../../../../runtime/log/kafka/compression.ts';
import { compressFrame } from '../../../../runtime/log/kafka/lz4.ts';
import { BatchWriter } from '../../../../runtime/log/kafka/record-batch.ts';
import { readRecords } from '../../../../runtime/log/kafka/record-reader.ts';
import { LogError } from '../../../../runtime/log/log.ts';
import { plain } from './records.ts';
import { repack } from './repack.ts';

const SEED = Math.trunc(Math.random() * 2 ** 31);
const [GZIP, SNAPPY, LZ4, ZSTD] = [1, 2, 3, 4];

function xerial(bytes: Buffer, blockBytes: number): Buffer {
  const parts: Buffer[] = [Buffer.from('82534e41505059000000000100000001', 'hex')];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = snappy(bytes.subarray(at, at + blockBytes));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length, 0);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

const compressors: readonly (readonly [string, number, (bytes: Buffer) => Buffer])[] = [
  ['gzip', GZIP, gzipSync],
  ['snappy, as librdkafka writes it', SNAPPY, snappy],
  ['snappy in blocks of 32 KiB, as snappy-java writes it', SNAPPY, (bytes) => xerial(bytes, 32 * 1024)],
  ['lz4', LZ4, (bytes) => compressFrameSync(bytes)],
  ['lz4 with all checksums', LZ4, (bytes) => compressFrameSync(bytes, { contentChecksum: true, blockChecksums: true })],
  ['our lz4', LZ4, compressFrame],
  ['zstd', ZSTD, zstdCompressSync],
];

const someBytes = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 3_000 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.integer({ min: 1, max: 3_000 }))
    .map(([unit, times]) => Buffer.concat(Array.from({ length: times }, () => unit))),
);

describe(`what another writer compressed (seed ${SEED})`, () => {
  test.each(compressors)('is decompressed from %s', (_, codec, compress) => {
    fc.assert(
      fc.property(someBytes, (bytes) => {
        expect(decompress(codec, compress(Buffer.from(bytes))).equals(bytes)).toBe(true);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  test.each(compressors)('is a batch with the same records, of %s', (_, codec, compress) => {
    const records = Array.from({ length: 2_000 }, (_unused, i) => ({
      key: Buffer.from(`device-${i % 9}`),
      value: Buffer.from(JSON.stringify({ temperature: i % 40, battery: i })),
      timestamp: i,
    }));
    const writer = new BatchWriter();
    for (const record of records) writer.add(record);
    const batch = writer.finish(null, 'none');
    const { records: read, next } = readRecords(repack(batch, codec, compress(batch.subarray(61))), 0, []);
    expect(read.map(plain)).toEqual(records.map(plain));
    expect(next).toBe(2_000);
  });

  test('may be an lz4 frame whose blocks refer to those before, as some writers link them', () => {
    const first = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * i * 31 + (i >> 3)) & 0xff));
    const frame = Buffer.concat([
      // Flags of version 1 alone, and blocks of 64 KiB; the checksum of the header is not looked at.
      Buffer.from('04224d18404000', 'hex'),
      // A block that is not compressed, of 65536 bytes.
      Buffer.from([0, 0, 1, 0x80]),
      first,
      // A block of a match of 19 + 255 bytes, 65535 bytes back, and then, as a block must end, of five literals.
      Buffer.from([11, 0, 0, 0, 0x0f, 0xff, 0xff, 0xff, 0x00, 0x50, 1, 2, 3, 4, 5]),
      Buffer.alloc(4),
    ]);
    const expected = Buffer.concat([first, first.subarray(1, 1 + 19 + 255), Buffer.from([1, 2, 3, 4, 5])]);
    expect(decompress(LZ4, frame).equals(expected)).toBe(true);
  });
});

test(`our lz4 frames are read by another reader (seed ${SEED})`, () => {
  fc.assert(
    fc.property(someBytes, (bytes) => {
      expect(decompressFrameSync(compressFrame(Buffer.from(bytes))).equals(bytes)).toBe(true);
    }),
    { seed: SEED, numRuns: 100 },
  );
});

describe('a bomb is refused', () => {
  const bomb = Buffer.alloc(DECOMPRESSED_BYTES_MAX + 1);

  test.each(compressors)('of %s', (_, codec, compress) => {
    const packed = compress(bomb);
    expect(packed.length).toBeLessThan(bomb.length / 20);
    expect(() => decompress(codec, packed)).toThrow(/^record_corrupt: a batch holds more than 134217728 bytes/);
  });

  test.each(compressors)('and its bound is exact, of %s', (_, codec, compress) => {
    const packed = compress(Buffer.alloc(200_000));
    expect(decompress(codec, packed, 200_000).length).toBe(200_000);
    expect(() => decompress(codec, packed, 199_999)).toThrow('record_corrupt');
  });
});

test('a fetch of many batches that unpack to much is read in steps', () => {
  const writer = new BatchWriter();
  writer.add({ key: null, value: Buffer.alloc(50 * 1024 * 1024), timestamp: 0 });
  const one = writer.finish(null, 'lz4');
  const batches = Array.from({ length: 5 }, (_, base) => {
    const batch = Buffer.from(one);
    batch.writeInt32BE(base, 4);
    return batch;
  });
  const first = readRecords(Buffer.concat(batches), 0, []);
  expect([first.records.length, first.next]).toEqual([3, 3]);
  const second = readRecords(Buffer.concat(batches), first.next, []);
  expect(second.records.map(({ offset }) => offset)).toEqual([3, 4]);
});

test('a codec that Kafka does not have is refused', () => {
  expect(() => decompress(5, Buffer.alloc(10))).toThrow('record_corrupt: codec 5');
});

/** Any error but `record_corrupt` is thrown. */
function attempt(codec: number, packed: Buffer): 'refused' | 'read' {
  try {
    decompress(codec, packed, 1 << 20);
    return 'read';
  } catch (error) {
    if (error instanceof LogError && error.code === 'record_corrupt') return 'refused';
    throw error;
  }
}

describe(`damaged streams (seed ${SEED})`, () => {
  test.each(compressors)('of %s give record_corrupt or some bytes, never another error', (_, codec, compress) => {
    const outcomes = { refused: 0, read: 0 };
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 10, maxLength: 300 }),
        fc.nat(),
        fc.nat(7),
        fc.boolean(),
        (bytes, place, bit, cut) => {
          const packed = compress(Buffer.from(bytes));
          const at = place % packed.length;
          packed[at] = (packed[at] as number) ^ (1 << bit);
          outcomes[attempt(codec, cut ? packed.subarray(0, at) : packed)] += 1;
        },
      ),
      { seed: SEED, numRuns: 500 },
    );
    expect(outcomes.refused).toBeGreaterThan(200);
  });
});
