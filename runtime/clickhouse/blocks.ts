import { cityHash128 } from './cityhash.ts';

/** Bytes of one block before compression. */
const BLOCK_BYTES = 1024 * 1024;
const CHECKSUM_BYTES = 16;
/** Method, size with this head, and size of the content. */
const HEAD_BYTES = 9;
const LZ4 = 0x82;
const PLAIN = 0x02;
const MATCH_BYTES_MIN = 4;

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

/** Reads framed blocks, as drivers send by `decompress=1`. Throws where they are damaged, or hold more than `bytesMax`. */
export function contentOf(framed: Buffer, bytesMax: number): Buffer {
  const contents: Buffer[] = [];
  let left = bytesMax;
  for (let at = 0; at < framed.length; ) {
    const head = at + CHECKSUM_BYTES;
    if (head + HEAD_BYTES > framed.length) throw new RangeError('a block ends within its head');
    const size = framed.readUInt32LE(head + 1);
    const length = framed.readUInt32LE(head + 5);
    const end = head + size;
    if (size < HEAD_BYTES || end > framed.length) throw new RangeError('a block ends before its size');
    left -= length;
    if (left < 0) throw new RangeError(`the blocks hold more than ${bytesMax} bytes`);
    const [low, high] = cityHash128(framed.subarray(head, end));
    if (framed.readBigUInt64LE(at) !== low || framed.readBigUInt64LE(at + 8) !== high) {
      throw new RangeError('the checksum of a block differs');
    }
    contents.push(unpacked(framed[head], framed.subarray(head + HEAD_BYTES, end), length));
    at = end;
  }
  return Buffer.concat(contents);
}

function unpacked(method: number | undefined, packed: Buffer, length: number): Buffer {
  if (method === PLAIN && packed.length === length) return packed;
  if (method === LZ4) return lz4Decoded(packed, length);
  throw new RangeError('a block is neither of LZ4 nor plain');
}

/** Sequences of literals and of matches, which repeat what stands some bytes before and may overlap what they make. */
function lz4Decoded(packed: Buffer, length: number): Buffer {
  const content = Buffer.alloc(length);
  let [at, made] = [0, 0];
  const more = (start: number) => {
    let [sum, next] = [start, start === 15 ? 255 : 0];
    for (; next === 255; sum += next) next = packed.readUInt8(at++);
    return sum;
  };
  for (;;) {
    const token = packed.readUInt8(at++);
    const literals = more(token >> 4);
    if (at + literals > packed.length || made + literals > length) throw new RangeError('a block of LZ4 is too long');
    packed.copy(content, made, at, at + literals);
    at += literals;
    made += literals;
    if (at === packed.length) break;
    const distance = packed.readUInt16LE(at);
    at += 2;
    const end = made + more(token & 15) + MATCH_BYTES_MIN;
    if (distance === 0 || distance > made || end > length) throw new RangeError('a match of LZ4 reaches outside');
    for (; made < end; made++) content.writeUInt8(content.readUInt8(made - distance), made);
  }
  if (made !== length) throw new RangeError('a block of LZ4 is too short');
  return content;
}
