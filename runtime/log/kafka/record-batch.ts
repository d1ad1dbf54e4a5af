import { crc32c } from '@node-rs/crc32';
import type { Headers, NewRecord } from '../log.ts';
import {
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BEFORE_LENGTH_ENDS,
  COUNT_AT,
  CRC_AT,
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_AT,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORDS_AT,
  TRANSACTIONAL,
} from './batch-layout.ts';
import { LZ4 } from './compression.ts';
import { bytesOfName } from './header-names.ts';
import { compressFrame } from './lz4.ts';

/** Who writes: of an idempotent or transactional producer. */
export interface BatchProducer {
  readonly id: bigint;
  readonly epoch: number;
  /** Of the first record of the batch, in its partition. */
  readonly sequence: number;
  readonly isTransactional: boolean;
}

type BatchRecord = Pick<NewRecord, 'key' | 'value' | 'headers' | 'timestamp'>;

/** Far above what a broker takes (`message.max.bytes`, 1 MiB unless told); a bound for what a writer can hold. */
export const WRITER_BYTES_MAX = 256 * 1024 * 1024;

/** Collects records of one partition into one record batch v2 (Kafka protocol guide, "Record Batch"). */
export class BatchWriter {
  #bytes: Buffer;
  #at = RECORDS_AT;
  #count = 0;
  #timestampFirst = 0;
  #timestampMax = 0;

  /** @param bytesFirst What the writer reserves at first; it grows by itself. */
  constructor(bytesFirst = 16 * 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(bytesFirst, RECORDS_AT));
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of the batch so far, before compression. */
  get bytes(): number {
    return this.#at;
  }

  /** True where a batch of so many bytes takes the record too. An empty one takes any. */
  hasRoomFor({ key, value }: BatchRecord, bytesMax: number): boolean {
    return this.#count === 0 || this.#at + (key?.length ?? 0) + (value?.length ?? 0) <= bytesMax;
  }

  /** Copies the record. Timestamps are rounded to whole milliseconds. */
  add(record: BatchRecord): void {
    const { key, value, headers = NO_HEADERS } = record;
    const timestamp = Math.round(record.timestamp);
    const names = headers === NO_HEADERS ? NO_NAMES : Object.keys(headers);
    const keyBytes = key === null ? 0 : key.length;
    const valueBytes = value === null ? 0 : value.length;
    if (this.#count === 0) {
      this.#timestampFirst = timestamp;
      this.#timestampMax = timestamp;
    } else if (timestamp > this.#timestampMax) {
      this.#timestampMax = timestamp;
    }
    const delta = timestamp - this.#timestampFirst;
    if (!Number.isSafeInteger(delta)) throw new RangeError(noTimestamp(record.timestamp));
    const length =
      1 +
      zigzagBytes(delta) +
      zigzagBytes(this.#count) +
      (key === null ? 1 : zigzagBytes(keyBytes) + keyBytes) +
      (value === null ? 1 : zigzagBytes(valueBytes) + valueBytes) +
      (names.length === 0 ? 1 : headersBytes(headers, names));
    if (this.#at + length + LENGTH_BYTES_MAX > this.#bytes.length) this.#grow(length + LENGTH_BYTES_MAX);
    const bytes = this.#bytes;
    let at = putZigzag(bytes, this.#at, length);
    bytes[at++] = 0;
    at = putZigzag(bytes, at, delta);
    at = putZigzag(bytes, at, this.#count);
    at = putBytes(bytes, at, key);
    at = putBytes(bytes, at, value);
    if (names.length === 0) bytes[at++] = 0;
    else at = putHeaders(bytes, at, headers, names);
    this.#at = at;
    this.#count += 1;
  }

  /**
   * The batch, at base offset 0 as a broker expects it: valid until the writer, which is empty then, is used again. A
   * batch that does not shrink goes uncompressed. Throws a RangeError when there is no record.
   */
  finish(producer: BatchProducer | null, compression: 'none' | 'lz4'): Buffer {
    if (this.#count === 0) throw new RangeError('batch_empty: a batch holds at least one record; add one first');
    const written = this.#bytes.subarray(0, this.#at);
    const packed = compression === 'lz4' ? compressFrame(written.subarray(RECORDS_AT)) : null;
    const isPacked = packed !== null && packed.length < written.length - RECORDS_AT;
    const batch = isPacked ? Buffer.allocUnsafeSlow(RECORDS_AT + packed.length) : written;
    if (isPacked) batch.set(packed, RECORDS_AT);
    batch.fill(0, 0, LENGTH_AT);
    batch.writeInt32BE(batch.length - BEFORE_LENGTH_ENDS, LENGTH_AT);
    batch.writeInt32BE(-1, LEADER_EPOCH_AT);
    batch[MAGIC_AT] = MAGIC;
    batch.writeInt16BE((isPacked ? LZ4 : 0) | (producer?.isTransactional ? TRANSACTIONAL : 0), ATTRIBUTES_AT);
    batch.writeInt32BE(this.#count - 1, LAST_OFFSET_DELTA_AT);
    batch.writeBigInt64BE(BigInt(this.#timestampFirst), BASE_TIMESTAMP_AT);
    batch.writeBigInt64BE(BigInt(this.#timestampMax), MAX_TIMESTAMP_AT);
    batch.writeBigInt64BE(producer?.id ?? -1n, PRODUCER_ID_AT);
    batch.writeInt16BE(producer?.epoch ?? -1, PRODUCER_EPOCH_AT);
    batch.writeInt32BE(producer?.sequence ?? -1, BASE_SEQUENCE_AT);
    batch.writeInt32BE(this.#count, COUNT_AT);
    batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)), CRC_AT);
    this.#at = RECORDS_AT;
    this.#count = 0;
    return batch;
  }

  #grow(more: number): void {
    const needed = this.#at + more;
    if (needed > WRITER_BYTES_MAX) {
      throw new RangeError(
        `batch_too_large: ${needed} bytes, at most ${WRITER_BYTES_MAX} were expected; finish the batch before`,
      );
    }
    const larger = Buffer.allocUnsafeSlow(Math.min(WRITER_BYTES_MAX, Math.max(this.#bytes.length * 2, needed)));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

const NO_HEADERS: Headers = Object.freeze({});
const NO_NAMES: readonly string[] = [];
/** Of the varint before a record. */
const LENGTH_BYTES_MAX = 5;
/** Below this, a loop is faster than the call that copies. */
const LOOP_BYTES_MAX = 24;
/** Zigzag of a smaller magnitude fits the 32-bit operators. */
const INT_MAX = 2 ** 30;

function noTimestamp(timestamp: number): string {
  return `timestamp_invalid: ${timestamp}, whole milliseconds since 1970 were expected; give the time of the record`;
}

function zigzagBytes(value: number): number {
  if (value < INT_MAX && value >= -INT_MAX) {
    const zigzag = (value << 1) ^ (value >> 31);
    if (zigzag < 0x80) return 1;
    if (zigzag < 0x4000) return 2;
    if (zigzag < 0x200000) return 3;
    return zigzag < 0x10000000 ? 4 : 5;
  }
  let bytes = 1;
  for (let rest = value < 0 ? -(value + 1) : value; rest >= 0x40; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

function putZigzag(bytes: Buffer, from: number, value: number): number {
  let at = from;
  if (value < INT_MAX && value >= -INT_MAX) {
    let rest = (value << 1) ^ (value >> 31);
    while (rest >= 0x80) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    return at;
  }
  // Zigzag doubles, which may leave the safe integers; so the first seven bits are six of the value and its sign.
  const positive = value < 0 ? -(value + 1) : value;
  bytes[at++] = ((positive % 0x40) * 2 + (value < 0 ? 1 : 0)) | 0x80;
  let rest = Math.floor(positive / 0x40);
  while (rest >= 0x80) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[at++] = rest;
  return at;
}

function putBytes(bytes: Buffer, from: number, source: Uint8Array | null): number {
  if (source === null) {
    bytes[from] = 1;
    return from + 1;
  }
  const { length } = source;
  const at = putZigzag(bytes, from, length);
  if (length < LOOP_BYTES_MAX) for (let i = 0; i < length; i++) bytes[at + i] = source[i] as number;
  else bytes.set(source, at);
  return at + length;
}

function headersBytes(headers: Headers, names: readonly string[]): number {
  let bytes = zigzagBytes(names.length);
  for (const name of names) {
    const nameBytes = bytesOfName(name).length;
    const valueBytes = (headers[name] as Uint8Array).length;
    bytes += zigzagBytes(nameBytes) + nameBytes + zigzagBytes(valueBytes) + valueBytes;
  }
  return bytes;
}

function putHeaders(bytes: Buffer, from: number, headers: Headers, names: readonly string[]): number {
  let at = putZigzag(bytes, from, names.length);
  for (const name of names) {
    at = putBytes(bytes, at, bytesOfName(name));
    at = putBytes(bytes, at, headers[name] as Uint8Array);
  }
  return at;
}
