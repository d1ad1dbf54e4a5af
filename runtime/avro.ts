import avro from 'avsc';
import type { AvroRecord } from '#sdk';
import {
  bytesOf,
  type Codec,
  FiniteDouble,
  readCount,
  readNumbers,
  SafeLong,
  type Tap,
  writeNumbers,
} from './avro-numbers.ts';
import { readText, writeText } from './avro-texts.ts';
import { setOwn } from './own.ts';

/** Bytes before the Avro body of a framed value: a zero byte and the schema id, big-endian. */
export const FRAME_BYTES = 5;

/**
 * The avsc type of a record: maps in the byte order of their keys; counts that a short input cannot back, text that is
 * not UTF-8, and numbers that are not finite are refused when read.
 */
export function avroType(record: AvroRecord): avro.Type {
  return avro.Type.forSchema(record as unknown as avro.Schema, { typeHook: strict });
}

const types = new WeakMap<AvroRecord, avro.Type>();

/** The type of a record, compiled once: it takes a third of a millisecond, and every part asks for the same ones. */
export function compiled(record: AvroRecord): avro.Type {
  const known = types.get(record);
  if (known !== undefined) return known;
  const type = avroType(record);
  types.set(record, type);
  return type;
}

/** The schema id of a Confluent-framed value, or null when it is not framed. */
export function schemaIdOf(value: Uint8Array): number | null {
  if (value.length < FRAME_BYTES || value[0] !== 0) return null;
  const high = ((value[1] as number) << 24) | ((value[2] as number) << 16);
  return (high | ((value[3] as number) << 8) | (value[4] as number)) >>> 0;
}

/** The same bytes as a Buffer, without a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A Confluent-framed value in a buffer of its own. */
export function frame(type: avro.Type, id: number, value: unknown): Buffer {
  let end = type.encode(value, draft, FRAME_BYTES);
  if (end < 0) {
    // The encoder says by how many bytes the draft was too short.
    const larger = Buffer.allocUnsafeSlow(draft.length - end);
    end = type.encode(value, larger, FRAME_BYTES);
    if (larger.length <= DRAFT_BYTES_MAX) draft = larger;
    return framed(larger, id, end);
  }
  return framed(draft, id, end);
}

function framed(written: Buffer, id: number, end: number): Buffer {
  written[0] = 0;
  written.writeUInt32BE(id, 1);
  const own = Buffer.allocUnsafe(end);
  written.copy(own, 0, 0, end);
  return own;
}

/** Where a value is written before its length is known; larger ones leave nothing behind. */
let draft = Buffer.allocUnsafeSlow(4096);
const DRAFT_BYTES_MAX = 1024 * 1024;

/** Decodes an Avro body that must fill the buffer to its end. Throws on anything else. */
export function decodeBody(type: avro.Type, bytes: Buffer, from: number, resolver?: avro.Resolver): unknown {
  const { value, offset } = resolver === undefined ? type.decode(bytes, from) : type.decode(bytes, from, resolver);
  if (offset < 0) throw new Error('the bytes end before the record does');
  if (offset !== bytes.length) throw new Error(`${bytes.length - offset} bytes follow the record`);
  return value as unknown;
}

function strict(schema: avro.Schema, opts: unknown): avro.Type | undefined {
  if (Array.isArray(schema) && schema.length === 2 && schema[0] === 'null') return new Nullable(schema, opts);
  const kind = typeof schema === 'object' && !Array.isArray(schema) ? (schema as { type: unknown }).type : schema;
  switch (kind) {
    case 'map':
      return new OrderedMap(schema, opts);
    case 'array':
      return new BoundedArray(schema, opts);
    case 'string':
      return new Utf8String();
    case 'long':
      return new SafeLong();
    case 'double':
      return new FiniteDouble();
    case 'bytes':
      return new AnyBytes();
    default:
      return undefined;
  }
}

class Utf8String extends (avro.types.StringType as unknown as new () => avro.Type) {
  _read(tap: Tap): string {
    return readText(tap);
  }

  _write(tap: Tap, text: unknown): void {
    if (typeof text !== 'string') throw new Error(`${String(text)} is no string`);
    writeText(tap, text);
  }
}

/** Bytes that need not be a Buffer when written, as the parts that know no Node have none. */
class AnyBytes extends (avro.types.BytesType as unknown as new () => avro.Type) {
  _write(tap: Tap, bytes: unknown): void {
    if (!(bytes instanceof Uint8Array)) throw new Error(`${String(bytes)} is no bytes`);
    tap.writeBytes(asBuffer(bytes));
  }
}

/** Null or one other, as most unions are: the branch is one byte, and need not be searched for. */
class Nullable extends (avro.types.UnwrappedUnionType as unknown as new (
  schema: unknown,
  opts: unknown,
) => avro.Type & Codec) {
  declare readonly types: readonly [Codec, Codec];

  override _read(tap: Tap): unknown {
    const branch = tap.buf[tap.pos];
    if (branch !== 0 && branch !== 2) return super._read(tap);
    tap.pos++;
    return branch === 0 ? null : this.types[1]._read(tap);
  }

  override _write(tap: Tap, value: unknown): void {
    tap.buf[tap.pos++] = value === null ? 0 : 2;
    if (value !== null) this.types[1]._write(tap, value);
  }
}

class OrderedMap extends (avro.types.MapType as unknown as new (schema: unknown, opts: unknown) => avro.Type) {
  _read(tap: Tap): Record<string, unknown> {
    const values = (this as unknown as { valuesType: Codec }).valuesType;
    const map: Record<string, unknown> = {};
    for (let count = readCount(tap); count > 0; count = readCount(tap)) {
      for (let i = 0; i < count; i++) {
        const key = readText(tap);
        setOwn(map, key, values._read(tap));
      }
    }
    return map;
  }

  _write(tap: Tap, map: unknown): void {
    if (map === null || typeof map !== 'object' || Array.isArray(map)) throw new Error('a map must be an object');
    const values = (this as unknown as { valuesType: Codec }).valuesType;
    const entries = map as Record<string, unknown>;
    const keys = inByteOrder(Object.keys(entries));
    if (keys.length > 0) tap.writeLong(keys.length);
    for (const key of keys) {
      writeText(tap, key);
      values._write(tap, entries[key]);
    }
    tap.writeLong(0);
  }
}

/** Keys of the map that was written last, and the same in order: most maps have the keys of the one before. */
let keysLast: readonly string[] = [];
let orderedLast: readonly string[] = [];

function inByteOrder(keys: readonly string[]): readonly string[] {
  if (areSame(keys, keysLast)) return orderedLast;
  keysLast = keys;
  orderedLast = sorted([...keys]);
  return orderedLast;
}

function areSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return true;
}

/** Sorts keys in place. Maps are small and nearly in order, for which the engine's sort costs ten times as much. */
function sorted(keys: string[]): string[] {
  if (keys.length > FEW_KEYS) return keys.sort(byteOrder);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if (hasSurrogate(key)) return keys.sort(byteOrder);
    let at = i;
    for (; at > 0 && key < (keys[at - 1] as string); at--) keys[at] = keys[at - 1] as string;
    keys[at] = key;
  }
  return keys;
}

const FEW_KEYS = 32;

/** The same as the pattern, in a fifth of its time for a short key. */
function hasSurrogate(text: string): boolean {
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xf800) === 0xd800) return true;
  return false;
}

class BoundedArray extends (avro.types.ArrayType as unknown as new (schema: unknown, opts: unknown) => avro.Type) {
  _read(tap: Tap): unknown[] {
    const items = (this as unknown as { itemsType: Codec }).itemsType;
    const bytes = bytesOf(items);
    if (bytes !== null) return readNumbers(tap, bytes);
    const array: unknown[] = [];
    for (let count = readCount(tap); count > 0; count = readCount(tap)) {
      for (let i = 0; i < count; i++) array.push(items._read(tap));
    }
    return array;
  }

  _write(tap: Tap, array: unknown): void {
    if (!Array.isArray(array)) throw new Error(`${String(array)} is no array`);
    const items = (this as unknown as { itemsType: Codec }).itemsType;
    const bytes = bytesOf(items);
    if (array.length > 0) tap.writeLong(array.length);
    if (bytes !== null) writeNumbers(tap, array, bytes);
    else for (const item of array) items._write(tap, item);
    tap.writeLong(0);
  }
}

/** UTF-8 byte order, which UTF-16 order leaves only at surrogates. */
export function byteOrder(a: string, b: string): number {
  if (a === b) return 0;
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

const SURROGATE = /[\ud800-\udfff]/;
