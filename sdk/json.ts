import { type Rejection, reject, type Translated } from './connector.ts';
import { DEVICE_PATTERN, envelope, TENANT_PATTERN } from './envelope.ts';
import type { EventType } from './event.ts';
import { Envelope } from './generated/Envelope.ts';
import { type Fault, Faulty, type ReadMember, readerOf, readInteger, readString } from './members.ts';
import { DuplicateMember, NESTING_MAX, parseJsonUnique } from './parse-json.ts';
import type { AvroField } from './schema.ts';

/** Bytes of one event's JSON. */
export const PAYLOAD_BYTES_MAX = 256 * 1024;

/** What a connector knows of an event before it reads the JSON. */
export interface Arrival {
  readonly tenant: string;
  readonly device: string;
  readonly receivedAt: number;
  /** The numbering stream when the event names none: the connector's name. */
  readonly source: string;
  readonly sourceAddress: string | null;
  readonly region: string | null;
  /** The event's JSON as it came, which identifies an event without a sequence. */
  readonly text: string;
  readonly payloadBytes: number;
}

/** Reads the JSON form of one event type. Never throws. */
export type JsonReader = (body: unknown, arrival: Arrival) => Translated | Rejection;

/** A check of a member beyond its Avro type: null when it passes; the path is relative to the member. */
export type Check = (value: unknown) => Fault | null;

interface Options {
  /** Members of the object that address the event and have been read already. */
  readonly address?: readonly string[];
  /** Checks by field name. */
  readonly checks?: Readonly<Record<string, Check>>;
}

/**
 * The reader of an event's JSON form, which follows from its Avro schema: the record's own fields, and the meta members
 * `time`, `sequence`, `epoch`, `source`, `historical` and `correlationId`.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- Events are invariant in their value.
export function jsonReader(type: EventType<any>, options: Options = {}): JsonReader {
  const { address = [], checks = {} } = options;
  const members = type.record.avro.fields
    .filter(({ name }) => !ENVELOPE.has(name))
    .map((field) => memberOf(field, checks));
  const known = new Set([...address, ...META, ...members.map(({ name }) => name)]);
  return (body, arrival) => {
    if (!isObject(body)) return reject('invalid_type', 'an event is a JSON object');
    for (const name of Object.keys(body)) {
      if (!known.has(name)) return unknownField(name, type.route);
    }
    const value = head(body, type.route, arrival);
    if (isRejection(value)) return value;
    for (const { name, field, required, read, check } of members) {
      const raw = body[name];
      if (raw === undefined) {
        if (required) return reject('missing_field', `${type.route} needs "${name}"`, `/${name}`);
        value[name] = field.default;
        continue;
      }
      const taken = read(raw);
      if (taken instanceof Faulty) return refuse(taken.fault, name);
      const fault = check === null ? null : check(raw);
      if (fault !== null) return refuse(fault, name);
      value[name] = taken;
    }
    return { kind: 'event', type, value: value as unknown as Envelope };
  };
}

/** Why a tenant and a device cannot be names, or null. */
export function checkNames(tenant: unknown, device: unknown): Rejection | null {
  if (typeof tenant !== 'string' || !TENANT_PATTERN.test(tenant)) {
    return reject('invalid_name', 'a tenant has 1 to 64 letters, digits, and . _ -', '/tenant');
  }
  if (typeof device !== 'string' || !DEVICE_PATTERN.test(device)) {
    return reject('invalid_name', 'a device has 1 to 128 letters, digits, and . _ : -', '/device');
  }
  return null;
}

/** JSON bytes as text and value. */
export function parseJson(bytes: Uint8Array): { readonly text: string; readonly value: unknown } | Rejection {
  if (bytes.length > PAYLOAD_BYTES_MAX) {
    return reject('payload_too_large', `an event has at most ${PAYLOAD_BYTES_MAX} bytes, this one ${bytes.length}`);
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  // Only text with a replacement character can have come from broken bytes, so the strict decoder seldom runs.
  if (text.includes('\ufffd') && !isUtf8(bytes)) return reject('invalid_utf8', 'the payload is not UTF-8 text');
  try {
    return { text, value: parseJsonUnique(text) };
  } catch (error) {
    if (error instanceof DuplicateMember) {
      const detail = `an object has the member "${error.member.slice(0, NAME_SHOWN_MAX).toWellFormed()}" twice`;
      return reject('json_duplicate_member', detail);
    }
    return reject('json_malformed', `the payload is not valid JSON, or nests more than ${NESTING_MAX} deep`);
  }
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRejection(value: Record<string, unknown> | Rejection): value is Rejection {
  return (value as { readonly kind?: unknown }).kind === 'rejection';
}

const ENVELOPE: ReadonlySet<string> = new Set(Envelope.avro.fields.map(({ name }) => name));
const META = ['time', 'sequence', 'epoch', 'source', 'historical', 'correlationId'] as const;
const SOURCE_LENGTH_MAX = 128;

/** The range that a ClickHouse DateTime64(3) can hold: 1900 to 2299. */
const TIME_MS_MIN = Date.UTC(1900, 0, 1);
const TIME_MS_MAX = Date.UTC(2300, 0, 1) - 1;

interface Member {
  readonly name: string;
  readonly field: AvroField;
  readonly required: boolean;
  readonly read: ReadMember;
  readonly check: Check | null;
}

function memberOf(field: AvroField, checks: Readonly<Record<string, Check>>): Member {
  const { name } = field;
  return { name, field, required: !('default' in field), read: readerOf(field), check: checks[name] ?? null };
}

/** Reads the meta members and makes the envelope. */
function head(body: Record<string, unknown>, route: string, arrival: Arrival): Record<string, unknown> | Rejection {
  const { text, ...known } = arrival;
  const deviceTime = body['time'] === undefined ? null : readTime(body['time']);
  if (typeof deviceTime === 'object' && deviceTime !== null) return deviceTime;
  const sequence = counter(body, 'sequence');
  if (typeof sequence === 'object' && sequence !== null) return sequence;
  const epoch = counter(body, 'epoch');
  if (typeof epoch === 'object' && epoch !== null) return epoch;
  const { historical = false, source = arrival.source, correlationId = null } = body;
  if (typeof historical !== 'boolean') return reject('invalid_type', '"historical" is true or false', '/historical');
  const named = readString(source, SOURCE_LENGTH_MAX);
  if (typeof named !== 'string') return refuse(named.fault, 'source');
  if (named === '' || named.includes('\0')) return reject('invalid_name', '"source" is a name', '/source');
  const correlated = correlationId === null ? null : readString(correlationId, SOURCE_LENGTH_MAX);
  if (typeof correlated === 'object' && correlated !== null) return refuse(correlated.fault, 'correlationId');
  // The route belongs to the identity: the same JSON may be a start on one route and an end on another.
  const payload = sequence === null ? `${route}\0${text}` : '';
  return envelope({
    ...known,
    deviceTime,
    source: named,
    epoch,
    sequence,
    historical,
    correlationId: correlated,
    payload,
  }) as unknown as Record<string, unknown>;
}

/** A sequence or epoch: a safe integer from zero on; null or absent when the device numbers nothing. */
function counter(body: Record<string, unknown>, name: string): number | null | Rejection {
  const raw = body[name];
  if (raw === undefined || raw === null) return null;
  const taken = readInteger(raw, 0, Number.MAX_SAFE_INTEGER);
  return typeof taken === 'number' ? taken : refuse(taken.fault, name);
}

/** Milliseconds since 1970, or ISO 8601 with a zone. Other units are not guessed: they give another year, and the envelope judges it. */
function readTime(raw: unknown): number | null | Rejection {
  if (raw === null) return null;
  const time =
    typeof raw === 'string' ? isoTime(raw) : readInteger(raw, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  if (time === null) {
    return reject(
      'invalid_time',
      '"time" is ms since 1970, or ISO 8601 with a zone as in 2026-01-31T12:00:00Z',
      '/time',
    );
  }
  if (typeof time === 'object') return refuse(time.fault, 'time');
  if (time >= TIME_MS_MIN && time <= TIME_MS_MAX) return time;
  return reject(
    'invalid_time',
    '"time" lies outside the years 1900 to 2299; it is in milliseconds since 1970',
    '/time',
  );
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

function isoTime(text: string): number | null {
  const found = ISO.exec(text);
  if (found === null) return null;
  const [, year, month, day, minutes, seconds = '00', fraction = '', zone] = found;
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return null;
  // A leap second has no number of its own in POSIX time: it is the first second of the next minute.
  const leap = seconds === '60' && minutes?.endsWith(':59');
  const time = Date.parse(`${year}-${month}-${day}T${minutes}:${leap ? '59' : seconds}${fraction.slice(0, 4)}${zone}`);
  if (Number.isNaN(time)) return null;
  return leap ? time + 1000 : time;
}

function unknownField(name: string, route: string): Rejection {
  if (name === '__proto__') return reject('invalid_name', '"__proto__" cannot be a name', '/__proto__');
  const shown = name.slice(0, NAME_SHOWN_MAX);
  return reject(
    'unknown_field',
    `${route} has no member "${shown}"`,
    `/${shown.replaceAll('~', '~0').replaceAll('/', '~1')}`,
  );
}

const NAME_SHOWN_MAX = 128;

function refuse(fault: Fault, name: string): Rejection {
  return reject(fault.code, fault.detail, `/${name}${fault.path}`);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
