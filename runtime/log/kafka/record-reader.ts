import { crc32c } from '@node-rs/crc32';
import { setOwn } from '../../own.ts';
import { type Headers, LogError, type LogRecord } from '../log.ts';
import {
  ATTRIBUTES_AT,
  BASE_TIMESTAMP_AT,
  BEFORE_LENGTH_ENDS,
  COMPRESSION_MASK,
  CONTROL,
  COUNT_AT,
  CRC_AT,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LOG_APPEND_TIME,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_ID_AT,
  RECORDS_AT,
  TRANSACTIONAL,
} from './batch-layout.ts';
import { DECOMPRESSED_BYTES_MAX, decompress } from './compression.ts';
import { nameOfBytes } from './header-names.ts';
import { type AbortedTransaction, Transactions } from './transactions.ts';

/**
 * Records at or beyond `from` of finished, committed transactions, out of consecutive batches of one partition as a
 * broker sends them at isolation level 1; `next` is where to read on, beyond control batches, aborted ones and gaps. A
 * partial batch at the end is left for the next fetch, and so is what follows once DECOMPRESSED_BYTES_MAX are unpacked.
 *
 * Keys, values and headers are views on `records`, or on what a batch decompressed to: a retained record retains those
 * bytes. Of headers with one name the last is given, and a header without value is given as empty. A timestamp beyond
 * 2^53 loses precision.
 *
 * Throws `record_corrupt` when a checksum is wrong, a batch is malformed or of a message format before v2, or when the
 * first batch is partial, which no broker sends.
 */
export function readRecords(
  records: Buffer,
  from: number,
  aborted: readonly AbortedTransaction[],
): { records: LogRecord[]; next: number } {
  const into: LogRecord[] = [];
  const transactions = new Transactions(aborted);
  let next = from;
  let at = 0;
  let covered = -1;
  const unpacked = { bytes: 0 };
  while (records.length - at > MAGIC_AT && unpacked.bytes < DECOMPRESSED_BYTES_MAX) {
    const end = endOfBatch(records, at);
    if (end > records.length) break;
    const batch = openBatch(records, at, end);
    if (batch.base <= covered) throw malformed(`offset ${batch.base} stands after ${covered}`);
    covered = batch.lastOffset;
    if (isReadable(batch, transactions) && covered >= next) next = readBatch(batch, next, into, unpacked);
    next = Math.max(next, covered + 1);
    at = end;
  }
  if (at === 0 && records.length > 0) throw malformed(`${records.length} bytes hold no whole batch`);
  return { records: into, next };
}

interface Batch {
  /** From the base offset to the end of the records. */
  readonly bytes: Buffer;
  readonly attributes: number;
  readonly base: number;
  readonly lastOffset: number;
  readonly count: number;
}

function endOfBatch(records: Buffer, at: number): number {
  const magic = records[at + MAGIC_AT] as number;
  if (magic < MAGIC) {
    throw malformed(
      `message format v${magic}, v2 of Kafka 0.11 and later was expected; copy the topic with a client of today`,
    );
  }
  if (magic > MAGIC) throw malformed(`message format v${magic}, v2 was expected`);
  const length = records.readInt32BE(at + LENGTH_AT);
  if (length < RECORDS_AT - BEFORE_LENGTH_ENDS)
    throw malformed(`a batch of ${length} bytes is shorter than its header`);
  return at + BEFORE_LENGTH_ENDS + length;
}

function openBatch(records: Buffer, at: number, end: number): Batch {
  const bytes = records.subarray(at, end);
  const base = offsetAt(bytes, 0);
  const crc = bytes.readUInt32BE(CRC_AT);
  if (crc32c(bytes.subarray(ATTRIBUTES_AT)) !== crc) {
    throw malformed(`the checksum of the batch at offset ${base} does not fit its bytes`);
  }
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
  const lastOffsetDelta = bytes.readInt32BE(LAST_OFFSET_DELTA_AT);
  const count = bytes.readInt32BE(COUNT_AT);
  const lastOffset = base + lastOffsetDelta;
  if (lastOffsetDelta < 0 || count < 0 || count > lastOffsetDelta + 1 || !Number.isSafeInteger(lastOffset)) {
    throw malformed(`the batch at offset ${base} tells of ${count} records and of offsets up to ${lastOffset}`);
  }
  return { bytes, attributes, base, lastOffset, count };
}

/** Of a committed transaction or of none, and no marker of a transaction's end. */
function isReadable(batch: Batch, transactions: Transactions): boolean {
  const isControl = (batch.attributes & CONTROL) !== 0;
  if (transactions.isEmpty) return !isControl;
  const producerId = batch.bytes.readBigInt64BE(PRODUCER_ID_AT);
  if (producerId < 0n) return !isControl;
  transactions.advanceTo(batch.lastOffset);
  if (isControl) {
    if (isAbortMarker(batch)) transactions.end(producerId);
    return false;
  }
  return (batch.attributes & TRANSACTIONAL) === 0 || !transactions.isAborted(producerId);
}

/** Its key is a version and a type, both i16; type 0 is an abort. */
function isAbortMarker(batch: Batch): boolean {
  const markers: LogRecord[] = [];
  readBatch(batch, batch.base, markers, { bytes: 0 });
  const key = markers[0]?.key;
  if (key === undefined) return false;
  if (key === null || key.length < 4) throw malformed(`the control record at offset ${batch.base} has no type`);
  return key[2] === 0 && key[3] === 0;
}

/** Gives the offset after the last record. */
function readBatch(batch: Batch, from: number, into: LogRecord[], unpacked: { bytes: number }): number {
  const { bytes, attributes, base, count } = batch;
  if (count === 0) return from;
  const codec = attributes & COMPRESSION_MASK;
  const plain = codec === 0 ? bytes : decompress(codec, bytes.subarray(RECORDS_AT));
  if (codec !== 0) unpacked.bytes += plain.length;
  const cursor: Cursor = { bytes: plain, at: codec === 0 ? RECORDS_AT : 0, end: plain.length };
  const isAppendTime = (attributes & LOG_APPEND_TIME) !== 0;
  const timestamp = timestampAt(bytes, isAppendTime ? MAX_TIMESTAMP_AT : BASE_TIMESTAMP_AT);
  const deltaMax = batch.lastOffset - base;
  let next = from;
  for (let i = 0; i < count; i++) {
    const length = varint(cursor);
    cursor.end = cursor.at + length;
    if (length < 0 || cursor.end > plain.length) throw brokenRecord(base, i);
    cursor.at += 1;
    const timestampDelta = varlong(cursor);
    const offsetDelta = varint(cursor);
    if (offsetDelta < 0 || offsetDelta > deltaMax) throw brokenRecord(base, i);
    const keyBytes = varint(cursor);
    const keyAt = cursor.at;
    cursor.at += keyBytes < 0 ? 0 : keyBytes;
    const valueBytes = varint(cursor);
    const valueAt = cursor.at;
    cursor.at += valueBytes < 0 ? 0 : valueBytes;
    const headerCount = varint(cursor);
    if (keyBytes < -1 || valueBytes < -1) throw brokenRecord(base, i);
    const headers = headerCount === 0 ? NO_HEADERS : readHeaders(cursor, headerCount);
    if (headers === null || cursor.at !== cursor.end) throw brokenRecord(base, i);
    const offset = base + offsetDelta;
    if (offset < next) continue;
    next = offset + 1;
    into.push({
      offset,
      key: keyBytes < 0 ? null : plain.subarray(keyAt, keyAt + keyBytes),
      value: valueBytes < 0 ? null : plain.subarray(valueAt, valueAt + valueBytes),
      headers,
      timestamp: isAppendTime ? timestamp : timestamp + timestampDelta,
    });
  }
  if (cursor.at !== plain.length) throw malformed(`bytes stand behind the ${count} records at offset ${base}`);
  return next;
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
  /** Of the record. */
  end: number;
}

const NO_HEADERS: Headers = Object.freeze({});

/** Null when they do not fit their record. */
function readHeaders(cursor: Cursor, count: number): Headers | null {
  const { bytes, end } = cursor;
  // A header takes two bytes at least, so that a lying count cannot keep the loop busy.
  if (count < 0 || count > (end - cursor.at) / 2) return null;
  const headers: Record<string, Uint8Array> = {};
  for (let i = 0; i < count; i++) {
    const nameBytes = varint(cursor);
    const nameAt = cursor.at;
    if (nameBytes < 0 || nameAt + nameBytes > end) return null;
    cursor.at += nameBytes;
    const valueBytes = varint(cursor);
    const valueAt = cursor.at;
    if (valueBytes < -1 || valueAt + valueBytes > end) return null;
    cursor.at += valueBytes < 0 ? 0 : valueBytes;
    const name = nameOfBytes(bytes, nameAt, nameAt + nameBytes);
    setOwn(headers, name, bytes.subarray(valueAt, cursor.at));
  }
  return headers;
}

/** A zigzag varint of 32 bits. Behind the end of the bytes it reads zeros, so that the record's end is missed. */
function varint(cursor: Cursor): number {
  const { bytes } = cursor;
  let byte = bytes[cursor.at++] as number;
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
  let value = byte & 0x7f;
  for (let shift = 7; shift < 35; shift += 7) {
    byte = bytes[cursor.at++] as number;
    value |= (byte & 0x7f) << shift;
    if (!(byte >= 0x80)) return (value >>> 1) ^ -(value & 1);
  }
  throw malformed('a number of 32 bits is longer than 5 bytes');
}

/** A zigzag varint of 64 bits, whose sign is kept where a number cannot hold the last digits. */
function varlong(cursor: Cursor): number {
  const { bytes } = cursor;
  let byte = bytes[cursor.at++] as number;
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
  const isNegative = (byte & 1) === 1;
  let value = (byte & 0x7f) >>> 1;
  for (let i = 1, scale = 0x40; i < 10; i++, scale *= 0x80) {
    byte = bytes[cursor.at++] as number;
    value += (byte & 0x7f) * scale;
    if (!(byte >= 0x80)) return isNegative ? -value - 1 : value;
  }
  throw malformed('a number of 64 bits is longer than 10 bytes');
}

function offsetAt(bytes: Buffer, at: number): number {
  const offset = bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
  if (offset < 0 || !Number.isSafeInteger(offset)) throw malformed(`offset ${offset} is beyond what a number holds`);
  return offset;
}

function timestampAt(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}

function brokenRecord(base: number, index: number): LogError {
  return malformed(`record ${index} of the batch at offset ${base} does not fit its length`);
}

function malformed(message: string): LogError {
  return new LogError('record_corrupt', `${message}; read from another replica, or skip beyond it knowingly`);
}
