import { isUtf8 } from 'node:buffer';
import avro from 'avsc';
import type { AvroRecord } from '#sdk';
import { bytesOf, type Codec, FiniteDouble, readCount, readNumbers, type Tap, writeNumbers } from './avro-numbers.ts';
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
  const [high, middle, low, lowest] = [value[1] as number, value[2] as number, value[3] as number, value[4] as number];
  return ((high << 24) | (middle << 16) | (low << 8) | lowest) >>> 0;
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
  own.set(written.subarray(0, end));
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
  const kind = typeof schema === 'object' && !Array.isArray(schema) ? (schema as { type: unknown }).type : schema;
  switch (kind) {
    case 'map':
      return new OrderedMap(schema, opts);
    case 'array':
      return new BoundedArray(schema, opts);
    case 'string':
      return new Utf8String();
    case 'double':
      return new FiniteDouble();
    case 'bytes':
      return new AnyBytes();
    default:
      return undefined;
  }
}

/** Broken bytes decode to a replacement character, so only text that has one is looked at again. */
function readText(tap: Tap): string {
  const from = tap.pos;
  const length = tap.readLong();
  const { buf, pos } = tap;
  if (length >= 0 && length <= SHORT_MAX && pos + length <= buf.length) {
    const short = shortText(buf, pos, pos + length);
    if (short !== null) {
      tap.pos = pos + length;
      return short;
    }
  }
  tap.pos = from;
  const text = tap.readString();
  const end = tap.pos;
  // Beyond the end there is no text; the decoder refuses the record for being short.
  if (end > buf.length || !text.includes(REPLACEMENT)) return text;
  if (!isUtf8(buf.subarray(end - length, end))) throw new Error('a string is not UTF-8');
  return text;
}

const REPLACEMENT = '\ufffd';

/** Bytes of text worth remembering: names of devices, metrics and states come again and again; ids of 32 digits do not. */
const SHORT_MAX = 31;
const SHORT_SLOTS = 1 << 14;
/** By hash, the last one met: the same text is then the same string, which costs no memory and compares at once. */
const shorts: (string | undefined)[] = Array.from({ length: SHORT_SLOTS });

/** Short text of ASCII alone, as a string that may have been given out before; null where it holds other bytes. */
export function shortText(bytes: Buffer, from: number, to: number): string | null {
  let hash = to - from;
  let high = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    high |= byte;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  if (high >= 0x80) return null;
  const slot = (hash ^ (hash >>> 15)) & (SHORT_SLOTS - 1);
  const known = shorts[slot];
  if (known !== undefined && isText(known, bytes, from, to)) return known;
  const text = bytes.toString('latin1', from, to);
  shorts[slot] = text;
  return text;
}

function isText(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let at = from, i = 0; at < to; at++, i++) if (text.charCodeAt(i) !== bytes[at]) return false;
  return true;
}

/** Writes short text of ASCII alone as avsc would, without asking for its length in bytes first. */
function writeText(tap: Tap, text: string): void {
  const { buf, pos } = tap;
  const { length } = text;
  const end = pos + 1 + length;
  // Twice the length, the zigzag form, is one byte.
  if (length < 64 && end <= buf.length) {
    buf[pos] = length << 1;
    let i = 0;
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) break;
      buf[pos + 1 + i] = code;
    }
    if (i === length) {
      tap.pos = end;
      return;
    }
  }
  tap.writeString(text);
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

/** Sorts keys in place. Maps are small and nearly in order, for which the engine's sort costs ten times as much. */
function inByteOrder(keys: string[]): string[] {
  if (keys.length > FEW_KEYS || keys.some((key) => SURROGATE.test(key))) return keys.sort(byteOrder);
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string;
    let at = i;
    for (; at > 0 && key < (keys[at - 1] as string); at--) keys[at] = keys[at - 1] as string;
    keys[at] = key;
  }
  return keys;
}

const FEW_KEYS = 32;

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
