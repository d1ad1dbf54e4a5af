import { crc32c } from '@node-rs/crc32';
import type { Headers, LogRecord, NewRecord } from '../log.ts';

/**
 * A stored batch: consecutive offsets of one partition, under the key (topic u16, partition u16, base offset u64).
 *
 *     0 u8   format version
 *     1 u8   flags: 1 = offsets have gaps
 *     2 u16  zero
 *     4 u32  CRC32C of the key and of all other bytes of the value
 *     8 u32  span: offsets that the batch covers, those of records dropped by compaction included
 *    12 u32  records
 *    16 f64  timestamp that the deltas count from
 *    24      records: [gap before] timestamp delta, key length + 1, value length + 1, header count, key, value, headers
 *
 * Big-endian; lengths and counts are varints, the timestamp delta a zigzag varint. Length zero is null.
 */
const HEADER_BYTES = 24;
const FORMAT_VERSION = 1;
const SPARSE = 1;

/** Batches are closed at this size; a larger record stands alone. */
export const BATCH_BYTES_MAX = 64 * 1024;

/** Builds one batch from records that it copies. */
export class BatchBuilder {
  readonly base: number;
  /** Offset after the last one covered. */
  end: number;
  count = 0;
  #bytes: Buffer;
  #at = HEADER_BYTES;
  readonly #sparse: boolean;
  #timestamp = 0;

  constructor(base: number, sparse = false) {
    this.base = base;
    this.end = base;
    this.#sparse = sparse;
    this.#bytes = Buffer.allocUnsafeSlow(BUILDER_BYTES_FIRST);
  }

  /** Bytes so far. */
  get size(): number {
    return this.#at;
  }

  /** Adds a record at the next offset, or at a later one in a batch with gaps. */
  add(record: Pick<NewRecord, 'key' | 'value' | 'headers' | 'timestamp'>, offset = this.end): void {
    const { key, value, headers = NO_HEADERS, timestamp } = record;
    const names = headers === NO_HEADERS ? NONE : Object.keys(headers);
    this.#reserve(recordBytesMax(record));
    if (this.count === 0) this.#timestamp = timestamp;
    if (this.#sparse) this.#varint(offset - this.end);
    const delta = Math.round(timestamp - this.#timestamp);
    this.#varint(delta >= 0 ? delta * 2 : -delta * 2 - 1);
    this.#varint(key === null ? 0 : key.length + 1);
    this.#varint(value === null ? 0 : value.length + 1);
    this.#varint(names.length);
    if (key !== null) this.#copy(key);
    if (value !== null) this.#copy(value);
    for (const name of names) {
      const text = Buffer.from(name, 'utf8');
      const bytes = headers[name] as Uint8Array;
      this.#varint(text.length);
      this.#copy(text);
      this.#varint(bytes.length);
      this.#copy(bytes);
    }
    this.end = offset + 1;
    this.count += 1;
  }

  /** The stored value, for this key. Nothing may be added afterwards. */
  finish(key: Buffer): Buffer {
    const bytes = this.#bytes.subarray(0, this.#at);
    bytes[0] = FORMAT_VERSION;
    bytes[1] = this.#sparse ? SPARSE : 0;
    bytes.writeUInt16BE(0, 2);
    bytes.writeUInt32BE(this.end - this.base, 8);
    bytes.writeUInt32BE(this.count, 12);
    bytes.writeDoubleBE(this.#timestamp, 16);
    bytes.writeUInt32BE(checksum(key, bytes), 4);
    return bytes;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 4, this.#at + bytes));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }

  #copy(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at++] = rest;
  }
}

/** What a record takes in a batch at most, in bytes. */
export function recordBytesMax({ key, value, headers }: Pick<NewRecord, 'key' | 'value' | 'headers'>): number {
  let bytes = RECORD_OVERHEAD_MAX + (key === null ? 0 : key.length) + (value === null ? 0 : value.length);
  if (headers === undefined || headers === NO_HEADERS) return bytes;
  // A UTF-16 unit takes at most three bytes in UTF-8.
  for (const name of Object.keys(headers)) bytes += name.length * 3 + (headers[name] as Uint8Array).length + 10;
  return bytes;
}

/** The key of a batch. */
export function batchKey(topicId: number, partition: number, base: number): Buffer {
  const key = Buffer.allocUnsafe(12);
  key.writeUInt16BE(topicId, 0);
  key.writeUInt16BE(partition, 2);
  key.writeUInt32BE(Math.floor(base / 2 ** 32), 4);
  key.writeUInt32BE(base % 2 ** 32, 8);
  return key;
}

/** The topic id, partition and base offset in the key of a batch. */
export function parseBatchKey(key: Buffer): readonly [topicId: number, partition: number, base: number] {
  return [key.readUInt16BE(0), key.readUInt16BE(2), key.readUInt32BE(4) * 2 ** 32 + key.readUInt32BE(8)];
}

/** A batch whose checksum was found right. */
export interface Batch {
  readonly key: Buffer;
  readonly base: number;
  /** Offset after the last one covered. */
  readonly end: number;
  readonly count: number;
  readonly bytes: Buffer;
}

/** The batch in a stored value, or null when its checksum does not fit the key and the bytes. */
export function openBatch(key: Buffer, bytes: Buffer): Batch | null {
  if (bytes.length < HEADER_BYTES || bytes[0] !== FORMAT_VERSION) return null;
  if (bytes.readUInt32BE(4) !== checksum(key, bytes)) return null;
  const base = parseBatchKey(key)[2];
  return { key, base, end: base + bytes.readUInt32BE(8), count: bytes.readUInt32BE(12), bytes };
}

/** How many bytes of records may still be read; the record that crosses the bound still comes. */
export interface Allowance {
  bytes: number;
}

/**
 * Appends the batch's records from an offset on to `into`, while the allowance lasts, and gives the offset to read on
 * from. Keys and values are views on the batch.
 */
export function readBatch(batch: Batch, from: number, allowance: Allowance, into: LogRecord[]): number {
  const { bytes, count } = batch;
  const sparse = bytes[1] === SPARSE;
  const first = bytes.readDoubleBE(16);
  const cursor: Cursor = { bytes, at: HEADER_BYTES };
  let offset = batch.base - 1;
  for (let i = 0; i < count; i++) {
    if (allowance.bytes <= 0) return Math.max(from, offset + 1);
    offset += 1 + (sparse ? varint(cursor) : 0);
    const delta = varint(cursor);
    const keyBytes = varint(cursor) - 1;
    const valueBytes = varint(cursor) - 1;
    const headerCount = varint(cursor);
    const keyAt = cursor.at;
    const valueAt = keyAt + (keyBytes > 0 ? keyBytes : 0);
    const end = valueAt + (valueBytes > 0 ? valueBytes : 0);
    cursor.at = end;
    const headers = headerCount === 0 ? NO_HEADERS : readHeaders(cursor, headerCount);
    if (offset < from) continue;
    into.push({
      offset,
      key: keyBytes < 0 ? null : bytes.subarray(keyAt, valueAt),
      value: valueBytes < 0 ? null : bytes.subarray(valueAt, end),
      headers,
      timestamp: first + (delta % 2 === 0 ? delta / 2 : -(delta + 1) / 2),
    });
    allowance.bytes -= end - keyAt + RECORD_OVERHEAD_MAX;
  }
  return batch.end;
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

const NO_HEADERS: Headers = Object.freeze({});
const NONE: readonly string[] = [];
const BUILDER_BYTES_FIRST = 1024;
/** Offset gap of up to 5 bytes, timestamp delta of up to 9, and three lengths of up to 5. */
const RECORD_OVERHEAD_MAX = 29;

function readHeaders(cursor: Cursor, count: number): Headers {
  const entries: [string, Uint8Array][] = [];
  for (let i = 0; i < count; i++) {
    const name = take(cursor).toString('utf8');
    entries.push([name, take(cursor)]);
  }
  return Object.fromEntries(entries);
}

function take(cursor: Cursor): Buffer {
  const length = varint(cursor);
  const bytes = cursor.bytes.subarray(cursor.at, cursor.at + length);
  cursor.at += length;
  return bytes;
}

function varint(cursor: Cursor): number {
  const { bytes } = cursor;
  const byte = bytes[cursor.at++] as number;
  if (byte < 0x80) return byte;
  let value = byte & 0x7f;
  for (let scale = 0x80; ; scale *= 0x80) {
    const next = bytes[cursor.at++] as number;
    value += (next & 0x7f) * scale;
    if (next < 0x80) return value;
  }
}

/** The checksum's own four bytes are left out. */
function checksum(key: Buffer, bytes: Buffer): number {
  return crc32c(bytes.subarray(8), crc32c(bytes.subarray(0, 4), crc32c(key)));
}
