import type { AvroField, AvroObject, AvroType } from './schema.ts';

/** Entries of one map, as the metrics of an event. */
export const ENTRIES_MAX = 256;

/** Items of one list, as the open ports of a device. */
export const ITEMS_MAX = 1_024;

/** UTF-16 units of a key of a map, as a metric's name. */
export const KEY_LENGTH_MAX = 512;

/** UTF-16 units of a text, as a label's value. */
export const STRING_LENGTH_MAX = 4096;

/** Levels of JSON within JSON that is stored as text. */
export const DEPTH_MAX = 32;

/** What is wrong with a part of a member; the path is a JSON Pointer from the member on. */
export interface Fault {
  readonly code: string;
  readonly detail: string;
  readonly path: string;
}

/** A refused member; a class, since what is taken may be an object with any members. */
export class Faulty {
  readonly fault: Fault;

  constructor(fault: Fault) {
    this.fault = fault;
  }
}

/** Takes a JSON value for an Avro field, or gives a Faulty. */
export type ReadMember = (raw: unknown) => unknown;

/** The reader of a field's JSON form. */
export function readerOf(field: AvroField): ReadMember {
  if (field.embeds === 'json') return readEmbedded;
  return readerOfType(field.type);
}

/** An integer between two bounds, both included. */
export function readInteger(raw: unknown, min: number, max: number): number | Faulty {
  if (typeof raw !== 'number') return faulty('invalid_type', 'an integer is expected');
  if (!Number.isFinite(raw)) return faulty('invalid_number', 'the number is not finite');
  if (Number.isSafeInteger(raw) && raw >= min && raw <= max) return raw === 0 ? 0 : raw;
  return faulty('invalid_integer', `an integer from ${min} to ${max} is expected`);
}

/** A well-formed text of bounded length. */
export function readString(raw: unknown, lengthMax = STRING_LENGTH_MAX): string | Faulty {
  if (typeof raw !== 'string') return faulty('invalid_type', 'a string is expected');
  if (raw.length > lengthMax) return faulty('string_too_long', `a text has at most ${lengthMax} characters here`);
  if (!raw.isWellFormed()) return faulty('invalid_text', 'the text has half a surrogate pair, which UTF-8 cannot hold');
  return raw;
}

/** A Fault as the outcome of a read. */
export function faulty(code: string, detail: string, path = ''): Faulty {
  return new Faulty({ code, detail, path });
}

const INT_MAX = 2 ** 31 - 1;

function readerOfType(type: AvroType): ReadMember {
  if (typeof type === 'string') return readerOfPrimitive(type);
  if (!('type' in type)) return readerOfUnion(type);
  switch (type.type) {
    case 'enum':
      return readerOfEnum(type);
    case 'map':
      return readerOfMap(readerOfType(type.values as AvroType));
    case 'array':
      return readerOfArray(readerOfType(type.items as AvroType));
    default:
      return type.logicalType === 'timestamp-millis' ? readTimestamp : readerOfType(type.type);
  }
}

function readerOfPrimitive(type: string): ReadMember {
  switch (type) {
    case 'string':
      return (raw) => readString(raw);
    case 'double':
      return readDouble;
    case 'int':
      return (raw) => readInteger(raw, -INT_MAX - 1, INT_MAX);
    case 'long':
      return (raw) => readInteger(raw, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    case 'boolean':
      return (raw) => (typeof raw === 'boolean' ? raw : faulty('invalid_type', 'true or false is expected'));
    default:
      throw new Error(`the JSON form of events has no ${type}; use another type in the schema`);
  }
}

function readTimestamp(raw: unknown): number | Faulty {
  if (typeof raw !== 'number') return faulty('invalid_type', 'a time is expected, in milliseconds since 1970');
  return readInteger(raw, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
}

function readDouble(raw: unknown): number | Faulty {
  if (typeof raw !== 'number') return faulty('invalid_type', 'a number is expected');
  return Number.isFinite(raw) ? raw : faulty('invalid_number', 'the number is beyond a 64-bit float');
}

function readerOfUnion(branches: readonly AvroType[]): ReadMember {
  const [first, second] = branches;
  if (branches.length !== 2 || first !== 'null' || second === undefined) {
    throw new Error('the JSON form of events knows unions only of null and one other type');
  }
  const read = readerOfType(second);
  return (raw) => (raw === null ? null : read(raw));
}

function readerOfEnum({ symbols = [] }: AvroObject): ReadMember {
  const known = new Set<unknown>(symbols);
  return (raw) => {
    if (typeof raw !== 'string') return faulty('invalid_type', 'a string is expected');
    return known.has(raw) ? raw : faulty('unknown_symbol', `one of ${symbols.join(', ')} is expected`);
  };
}

function readerOfMap(read: ReadMember): ReadMember {
  return (raw) => {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
      return faulty('invalid_type', 'an object is expected');
    const entries = raw as Record<string, unknown>;
    const names = Object.keys(entries);
    if (names.length > ENTRIES_MAX)
      return faulty('too_many_entries', `at most ${ENTRIES_MAX} entries fit, here are ${names.length}`);
    for (const name of names) {
      const fault = faultOfKey(name);
      if (fault !== null) return new Faulty(fault);
      const found = faultOf(read(entries[name]), pointer(name));
      if (found !== null) return found;
    }
    return entries;
  };
}

function readerOfArray(read: ReadMember): ReadMember {
  return (raw) => {
    if (!Array.isArray(raw)) return faulty('invalid_type', 'a list is expected');
    if (raw.length > ITEMS_MAX)
      return faulty('too_many_items', `at most ${ITEMS_MAX} items fit, here are ${raw.length}`);
    for (const [index, item] of raw.entries()) {
      const found = faultOf(read(item), String(index));
      if (found !== null) return found;
    }
    return raw as unknown;
  };
}

/** What is wrong with a part that was read at this step of a path; null when nothing is. */
function faultOf(taken: unknown, step: string): Faulty | null {
  if (!(taken instanceof Faulty)) return null;
  const { code, detail, path } = taken.fault;
  return faulty(code, detail, `/${step}${path}`);
}

function faultOfKey(name: string): Fault | null {
  const refuse = (code: string, detail: string): Fault => ({ code, detail, path: `/${pointer(name)}` });
  if (name === '') return refuse('invalid_name', 'a name cannot be empty');
  if (name === '__proto__') return refuse('invalid_name', '"__proto__" cannot be a name');
  if (name.length > KEY_LENGTH_MAX) return refuse('name_too_long', `a name has at most ${KEY_LENGTH_MAX} characters`);
  if (!name.isWellFormed())
    return refuse('invalid_text', 'the name has half a surrogate pair, which UTF-8 cannot hold');
  return null;
}

/** A JSON object that is stored as text. */
function readEmbedded(raw: unknown): string | Faulty {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return faulty('invalid_type', 'an object is expected');
  const fault = faultWithin(raw, '', 1);
  return fault === null ? JSON.stringify(raw) : new Faulty(fault);
}

function faultWithin(value: unknown, path: string, depth: number): Fault | null {
  if (typeof value === 'number') return faultOfNumber(value, path);
  if (typeof value !== 'object' || value === null) return null;
  if (depth > DEPTH_MAX) return { code: 'too_deep', detail: `at most ${DEPTH_MAX} levels are stored`, path };
  for (const name of Object.keys(value)) {
    const at = `${path}/${pointer(name)}`;
    if (name === '__proto__') return { code: 'invalid_name', detail: '"__proto__" cannot be a name', path: at };
    const fault = faultWithin((value as Record<string, unknown>)[name], at, depth + 1);
    if (fault !== null) return fault;
  }
  return null;
}

/** From here on JavaScript writes an integer with an exponent, so that nobody takes its digits for exact. */
const DIGITS_WRITTEN_BELOW = 1e21;

function faultOfNumber(value: number, path: string): Fault | null {
  if (!Number.isFinite(value)) return { code: 'invalid_number', detail: 'the number is beyond a 64-bit float', path };
  if (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= DIGITS_WRITTEN_BELOW) return null;
  return {
    code: 'invalid_integer',
    detail: 'an integer beyond 2^53 would change its digits; send it as a string',
    path,
  };
}

/** A name as one step of a JSON Pointer, cut to a length that a log line bears. */
function pointer(name: string): string {
  const shown = name.length > NAME_SHOWN_MAX ? name.slice(0, NAME_SHOWN_MAX) : name;
  return shown.includes('~') || shown.includes('/') ? shown.replaceAll('~', '~0').replaceAll('/', '~1') : shown;
}

const NAME_SHOWN_MAX = 128;
