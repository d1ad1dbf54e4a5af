import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { uncompressSync } from 'snappy';
import { LogError } from '../log.ts';
import { decompressFrame } from './lz4.ts';

/** Against bombs: what a batch may hold when decompressed. A broker takes 1 MiB compressed unless told. */
export const DECOMPRESSED_BYTES_MAX = 128 * 1024 * 1024;

/** Codec numbers in the attributes of a batch. */
const NONE = 0;
const GZIP = 1;
const SNAPPY = 2;
export const LZ4 = 3;
const ZSTD = 4;

/**
 * What a producer compressed with the codec of this number. Throws `record_corrupt` for bytes that are no such stream,
 * for more than `bytesMax` bytes, and for a codec that Kafka does not have.
 */
export function decompress(codec: number, bytes: Buffer, bytesMax = DECOMPRESSED_BYTES_MAX): Buffer {
  try {
    switch (codec) {
      case NONE:
        return bytes;
      case GZIP:
        return gunzipSync(bytes, { maxOutputLength: bytesMax });
      case SNAPPY:
        return decompressSnappy(bytes, bytesMax);
      case LZ4:
        return decompressFrame(bytes, bytesMax) ?? refuse(tooLarge(bytesMax));
      case ZSTD:
        return zstdDecompressSync(bytes, { maxOutputLength: bytesMax });
      default:
        throw corrupt(`codec ${codec}, one of 0 to 4 was expected`);
    }
  } catch (error) {
    if (error instanceof LogError) throw error;
    if (hasCode(error, 'ERR_BUFFER_TOO_LARGE')) throw tooLarge(bytesMax, error);
    throw corrupt(`${NAMES[codec]} cannot be decompressed: ${String(error)}`, error);
  }
}

const NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** Of snappy-java's stream: magic, then two versions, then blocks, each behind its length. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

function decompressSnappy(bytes: Buffer, bytesMax: number): Buffer {
  const isXerial = bytes.length >= XERIAL_HEADER_BYTES && bytes.subarray(0, 8).equals(XERIAL_MAGIC);
  if (!isXerial) return decompressBlock(bytes, bytesMax, 0);
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    if (at + 4 > bytes.length) throw corrupt('a snappy block has no length');
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0 || at + length > bytes.length) throw corrupt('a snappy block ends beyond the batch');
    const block = decompressBlock(bytes.subarray(at, at + length), bytesMax, total);
    total += block.length;
    blocks.push(block);
    at += length;
  }
  return blocks.length === 1 ? (blocks[0] as Buffer) : Buffer.concat(blocks, total);
}

function decompressBlock(bytes: Buffer, bytesMax: number, bytesBefore: number): Buffer {
  let length = 0;
  for (let at = 0, scale = 1; at < 5; at++, scale *= 0x80) {
    const byte = bytes[at];
    if (byte === undefined) throw corrupt('a snappy block has no length');
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  if (bytesBefore + length > bytesMax) throw tooLarge(bytesMax);
  // Bytes outside of V8's heap cost more than the copy.
  return uncompressSync(bytes, { copyOutputData: true }) as Buffer;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function refuse(error: LogError): never {
  throw error;
}

function tooLarge(bytesMax: number, cause?: unknown): LogError {
  return corrupt(`a batch holds more than ${bytesMax} bytes when decompressed; write smaller batches`, cause);
}

function corrupt(message: string, cause?: unknown): LogError {
  return new LogError('record_corrupt', message, { cause });
}
