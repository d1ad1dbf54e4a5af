import avro from 'avsc';
import type { AvroRecord } from '#sdk';
import { asBuffer, compiled, FRAME_BYTES } from '../avro.ts';
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
  const head = headOf(record);
  let size = head.length + 2 * POSITION_BYTES_MAX + SYNC.length;
  for (const { value } of records) size += value.length - FRAME_BYTES + POSITION_BYTES_MAX;
  const bytes = Buffer.allocUnsafeSlow(size);
  // The block's size stands before it in a varint of unknown length, so the records go in behind the longest one.
  const from = head.length + 2 * POSITION_BYTES_MAX;
  let to = from;
  for (const { partition, offset, value } of records) {
    bytes.set(value.subarray(FRAME_BYTES), to);
    to = writeLong(bytes, to + value.length - FRAME_BYTES, partition);
    to = writeLong(bytes, to, offset);
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

/** A non-negative Avro long: zigzag, then seven bits a byte. Gives the place behind it. */
function writeLong(bytes: Uint8Array, at: number, value: number): number {
  let next = at;
  let rest = value * 2;
  // Bit operations hold 32 bits, and offsets grow beyond.
  while (rest > 0x7fffffff) {
    bytes[next++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 128) {
    bytes[next++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[next++] = rest;
  return next;
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
