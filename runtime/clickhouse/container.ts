import avro from 'avsc';
import type { AvroRecord, Table } from '#sdk';
import { asBuffer, compiled, FRAME_BYTES } from '../avro.ts';
import { LONG_BYTES_MAX, writeLong } from '../avro-numbers.ts';
import type { Headers } from '../log/log.ts';
import type { Placed } from './batch.ts';
import { type Container, TargetError } from './target.ts';

/** Bytes that an Avro int of 32 bits and a long of 64 may take as varints. */
const POSITION_BYTES_MAX = 5 + 10;

/** Ends each block; fixed, so that the same records give the same bytes. */
const SYNC = Buffer.from('fleetstream.sync', 'latin1');

/** A record as it stands in the log: framed, with its place. */
export interface Framed {
  readonly partition: number;
  readonly offset: number;
  readonly value: Uint8Array;
}

/**
 * The records of one schema as an Avro object container file, with `_partition` and `_offset` behind each. Nothing is
 * decoded: an Avro record is the concatenation of its fields. A value that does not end with its last field would
 * shift every later row, so only what this project encoded may go in.
 */
export function container(record: AvroRecord, records: readonly Framed[]): Container {
  let size = 0;
  for (const { value } of records) size += value.length - FRAME_BYTES;
  return assembled(record, records, size, (bytes, at, { value }) => {
    // A view of each value would be one more object a row.
    return at + asBuffer(value).copy(bytes, at, FRAME_BYTES);
  });
}

/** Records of the log as they lie there, as `Logged` of a raw table: no byte of a key, header or value is looked at. */
export function rawContainer({ from }: Table, records: readonly Placed[]): Container {
  const topic = Buffer.from(from.name);
  let size = 0;
  for (const { key, value, headers } of records) {
    size += topic.length + (key?.length ?? 0) + (value?.length ?? 0) + RAW_LENGTHS_BYTES_MAX;
    for (const name of Object.keys(headers)) {
      size += Buffer.byteLength(name) + (headers[name] as Uint8Array).length + 2 * LONG_BYTES_MAX;
    }
  }
  return assembled(from.value.avro, records, size, (bytes, start, { timestamp, key, value, headers }) => {
    let at = writeLong(bytes, writeBytes(bytes, start, topic), timestamp);
    at = writeHeaders(bytes, writeOptional(bytes, at, key), headers);
    return writeOptional(bytes, at, value);
  });
}

/** Of the topic's length, the timestamp, a branch and a length for key and value, and a count before and behind the headers. */
const RAW_LENGTHS_BYTES_MAX = 8 * LONG_BYTES_MAX;

function writeBytes(bytes: Uint8Array, at: number, value: Uint8Array): number {
  const from = writeLong(bytes, at, value.length);
  bytes.set(value, from);
  return from + value.length;
}

/** The first branch of its union is null. */
function writeOptional(bytes: Uint8Array, at: number, value: Uint8Array | null): number {
  if (value === null) return writeLong(bytes, at, 0);
  return writeBytes(bytes, writeLong(bytes, at, 1), value);
}

function writeHeaders(bytes: Uint8Array, at: number, headers: Headers): number {
  const names = Object.keys(headers);
  if (names.length === 0) return writeLong(bytes, at, 0);
  let next = writeLong(bytes, at, names.length);
  for (const name of names) {
    next = writeBytes(bytes, writeBytes(bytes, next, Buffer.from(name)), headers[name] as Uint8Array);
  }
  return writeLong(bytes, next, 0);
}

/** A container of one block. `write` puts the fields of a record at a place, and gives the place behind them. */
function assembled<R extends Pick<Framed, 'partition' | 'offset'>>(
  record: AvroRecord,
  records: readonly R[],
  sizeMax: number,
  write: (bytes: Buffer, at: number, each: R) => number,
): Container {
  const head = headOf(record);
  const bytes = Buffer.allocUnsafeSlow(
    head.length + 2 * POSITION_BYTES_MAX + SYNC.length + sizeMax + records.length * POSITION_BYTES_MAX,
  );
  // The block's size stands before it in a varint of unknown length, so the records go in behind the longest one.
  const from = head.length + 2 * POSITION_BYTES_MAX;
  let to = from;
  for (const each of records) {
    to = write(bytes, to, each);
    to = writeLong(bytes, to, each.partition);
    to = writeLong(bytes, to, each.offset);
  }
  SYNC.copy(bytes, to);
  const prefix = Buffer.allocUnsafe(2 * POSITION_BYTES_MAX);
  const prefixBytes = writeLong(prefix, writeLong(prefix, 0, records.length), to - from);
  const start = from - prefixBytes - head.length;
  head.copy(bytes, start);
  prefix.copy(bytes, start + head.length, 0, prefixBytes);
  return {
    record,
    rows: records.length,
    bytes: bytes.subarray(start, to + SYNC.length),
    body: [from - start, to - start],
  };
}

const heads = new WeakMap<AvroRecord, Buffer>();

function headOf(record: AvroRecord): Buffer {
  const known = heads.get(record);
  if (known !== undefined) return known;
  const positions = [
    { name: '_partition', type: 'int' },
    { name: '_offset', type: 'long' },
  ];
  const schema = Buffer.from(JSON.stringify({ ...record, fields: [...record.fields, ...positions] }));
  const length = Buffer.allocUnsafe(POSITION_BYTES_MAX);
  // Magic, a map of two entries: the codec, and the schema, whose length comes last.
  const head = Buffer.concat([
    Buffer.from('Obj\x01\x04\x14avro.codec\x08null\x16avro.schema', 'latin1'),
    length.subarray(0, writeLong(length, 0, schema.length)),
    schema,
    Buffer.from([0]),
    SYNC,
  ]);
  heads.set(record, head);
  return head;
}

/** The records of a container, as bytes. */
export function bodyOf({ bytes, body: [from, to] }: Container): Buffer {
  return asBuffer(bytes).subarray(from, to);
}

const LONG = avro.Type.forSchema('long');

/**
 * The records of a container, each with its place. They are views into its bytes, with whatever stands before them in
 * the frame's place. Throws `row_refused` where a record does not end with its last field.
 */
export function rowsIn({ record, bytes, body: [from, to] }: Container): Framed[] {
  const buffer = asBuffer(bytes);
  const type = compiled(record);
  const rows: Framed[] = [];
  for (let at = from; at < to; ) {
    try {
      const end = type.decode(buffer, at).offset;
      const partition = LONG.decode(buffer, end) as Decoded;
      const offset = LONG.decode(buffer, partition.offset) as Decoded;
      if (offset.offset < 0 || offset.offset > to) throw new Error('the bytes end before the record does');
      rows.push({ partition: partition.value, offset: offset.value, value: buffer.subarray(at - FRAME_BYTES, end) });
      at = offset.offset;
    } catch (cause) {
      const where = `record ${rows.length} of a batch of ${record.name}`;
      throw new TargetError('row_refused', `${where} cannot be read: ${(cause as Error).message}`, { cause });
    }
  }
  return rows;
}

interface Decoded {
  readonly value: number;
  readonly offset: number;
}
