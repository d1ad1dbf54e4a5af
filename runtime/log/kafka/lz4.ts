import { compressSync, uncompressSync } from 'lz4-napi';

/**
 * LZ4 frames around the blocks of lz4-napi, since its own frames are several times slower. Checksums are not looked
 * at: the record batch has its own.
 */
const MAGIC = 0x184d2204;
/** Version 1 with independent blocks, blocks of up to 64 KiB, and the checksum of these two bytes. */
const HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
const BLOCK_BYTES = 64 * 1024;
const RAW = 0x80000000;
/** What lz4-napi puts before a block, little-endian: its bytes when decompressed. */
const PREFIX_BYTES = 4;
/** How far back a match reaches. */
const WINDOW_BYTES = 64 * 1024;

const IS_INDEPENDENT = 0x20;
const HAS_BLOCK_CHECKSUM = 0x10;
const HAS_SIZE = 0x08;
const HAS_CHECKSUM = 0x04;
const HAS_DICTIONARY = 0x01;

/** One frame of independent blocks without checksums, which every client reads. */
export function compressFrame(bytes: Buffer): Buffer {
  const parts: Buffer[] = [HEADER];
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const plain = bytes.subarray(at, at + BLOCK_BYTES);
    const block = compressSync(plain);
    if (block.length - PREFIX_BYTES < plain.length) {
      block.writeUInt32LE(block.length - PREFIX_BYTES, 0);
      parts.push(block);
    } else {
      parts.push(uint32(plain.length + RAW), plain);
    }
  }
  parts.push(uint32(0));
  return Buffer.concat(parts);
}

/** Null when the frame holds more than `bytesMax`. Throws an Error for bytes that are no whole frame. */
export function decompressFrame(bytes: Buffer, bytesMax: number): Buffer | null {
  if (bytes.length < HEADER.length || bytes.readUInt32LE(0) !== MAGIC) throw new Error('no frame');
  const flags = bytes[4] as number;
  if ((flags & HAS_DICTIONARY) !== 0) throw new Error('a frame with a dictionary');
  const checksumBytes = (flags & HAS_BLOCK_CHECKSUM) === 0 ? 0 : 4;
  const plain: Buffer[] = [];
  let total = 0;
  for (let at = HEADER.length + ((flags & HAS_SIZE) === 0 ? 0 : 8); at + 4 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at);
    at += 4;
    if (size === 0) {
      if (at + ((flags & HAS_CHECKSUM) === 0 ? 0 : 4) !== bytes.length) throw new Error('bytes behind the frame');
      return plain.length === 1 ? (plain[0] as Buffer) : Buffer.concat(plain, total);
    }
    const isRaw = size >= RAW;
    const end = at + (isRaw ? size - RAW : size);
    if (end + checksumBytes > bytes.length) throw new Error('a block without its end');
    const blockBytes = isRaw ? end - at : plainBytes(bytes, at, end);
    total += blockBytes;
    if (total > bytesMax) return null;
    const window = (flags & IS_INDEPENDENT) === 0 ? windowOf(plain) : undefined;
    plain.push(isRaw ? bytes.subarray(at, end) : decompressBlock(bytes.subarray(at, end), blockBytes, window));
    at = end + checksumBytes;
  }
  throw new Error('a frame without its end');
}

function decompressBlock(block: Buffer, bytes: number, window: Buffer | undefined): Buffer {
  const prefixed = Buffer.allocUnsafe(PREFIX_BYTES + block.length);
  prefixed.writeUInt32LE(bytes, 0);
  prefixed.set(block, PREFIX_BYTES);
  const plain = uncompressSync(prefixed, window);
  if (plain.length !== bytes) throw new Error(`a block of ${plain.length} bytes that should be ${bytes}`);
  return plain;
}

/** The last bytes before a block that is not independent. */
function windowOf(plain: readonly Buffer[]): Buffer | undefined {
  let bytes = 0;
  let first = plain.length;
  while (first > 0 && bytes < WINDOW_BYTES) bytes += (plain[--first] as Buffer).length;
  return bytes === 0 ? undefined : Buffer.concat(plain.slice(first)).subarray(-WINDOW_BYTES);
}

/** What a block holds: each sequence has a length of literals and one of a match, which go on while a byte is 255. */
function plainBytes(bytes: Buffer, from: number, end: number): number {
  let total = 0;
  let at = from;
  while (at < end) {
    const token = bytes[at++] as number;
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255 && at < end) {
        more = bytes[at++] as number;
        literals += more;
      }
    }
    total += literals;
    // The last sequence has no match.
    at += literals + 2;
    if (at > end) break;
    let match = (token & 15) + 4;
    if (match === 19) {
      let more = 255;
      while (more === 255 && at < end) {
        more = bytes[at++] as number;
        match += more;
      }
    }
    total += match;
  }
  return total;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}
