import { cityHash128 } from './cityhash.ts';

/** Bytes of one block before compression. */
const BLOCK_BYTES = 1024 * 1024;
const CHECKSUM_BYTES = 16;
/** Method, size with this head, and size of the content. */
const HEAD_BYTES = 9;
const LZ4 = 0x82;

/**
 * ClickHouse's own framing of compressed data, which drivers ask for by `compress=1`: a CityHash128, a head, an LZ4
 * block. The blocks hold literals only: on the loopback, speed is worth more than size.
 */
export function* compressedBlocks(bytes: Uint8Array): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += BLOCK_BYTES) yield block(bytes.subarray(from, from + BLOCK_BYTES));
}

function block(content: Uint8Array): Buffer {
  const packed = lz4Literals(content);
  const framed = Buffer.allocUnsafe(CHECKSUM_BYTES + HEAD_BYTES + packed.length);
  framed[CHECKSUM_BYTES] = LZ4;
  framed.writeUInt32LE(HEAD_BYTES + packed.length, CHECKSUM_BYTES + 1);
  framed.writeUInt32LE(content.length, CHECKSUM_BYTES + 5);
  packed.copy(framed, CHECKSUM_BYTES + HEAD_BYTES);
  const [low, high] = cityHash128(framed.subarray(CHECKSUM_BYTES));
  framed.writeBigUInt64LE(low, 0);
  framed.writeBigUInt64LE(high, 8);
  return framed;
}

/** One LZ4 sequence without a match, as the last one of a block may be: four bits of length, then more by 255 each. */
function lz4Literals(content: Uint8Array): Buffer {
  const { length } = content;
  if (length < 15) return Buffer.concat([Buffer.from([length << 4]), content]);
  const full = Math.floor((length - 15) / 255);
  const head = Buffer.alloc(2 + full, 255);
  head[0] = 0xf0;
  head[full + 1] = (length - 15) % 255;
  return Buffer.concat([head, content]);
}
