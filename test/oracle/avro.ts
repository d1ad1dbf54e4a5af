import { readdirSync, readFileSync } from 'node:fs';

/** An Avro schema as JSON. */
export type AvroJson = string | readonly AvroJson[] | { readonly [attribute: string]: unknown };

export interface RecordJson {
  readonly name: string;
  readonly namespace: string;
  readonly envelope?: boolean;
  readonly derived?: boolean;
  readonly fields: readonly { readonly name: string; readonly type: AvroJson; readonly default?: unknown }[];
}

/** The committed `.avsc` files by full name. */
export const declared: ReadonlyMap<string, RecordJson> = new Map(
  ['sdk/avro', 'schemas/avro'].flatMap((folder) => {
    const directory = new URL(`../../${folder}/`, import.meta.url);
    return readdirSync(directory).map((file) => {
      const record = JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as RecordJson;
      return [`${record.namespace}.${record.name}`, record] as const;
    });
  }),
);

/** Reads an Avro body that must end with the bytes, as the Avro specification says. Throws on anything else. */
export function decode(written: AvroJson, bytes: Buffer, from: number): unknown {
  const input: Input = { bytes, at: from };
  const value = reader(written)(input);
  if (input.at !== bytes.length) throw new Error('bytes follow the record');
  return value;
}

/** What a record of another version means today: unknown fields are dropped, absent ones take their default. */
export function today(value: unknown, record: RecordJson): unknown {
  const given = value as Record<string, unknown>;
  const names = Object.keys(given);
  if (names.length === record.fields.length && record.fields.every(({ name }, i) => name === names[i])) return given;
  return Object.fromEntries(
    record.fields.map(({ name, default: missing }) => {
      if (name in given) return [name, given[name]];
      if (missing === undefined) throw new Error(`${name} is absent and has no default`);
      return [name, missing];
    }),
  );
}

interface Input {
  readonly bytes: Buffer;
  at: number;
}

type Read = (input: Input) => unknown;

const readers = new WeakMap<object, Read>();

function reader(schema: AvroJson): Read {
  if (typeof schema === 'string') return read(schema, new Map());
  const known = readers.get(schema);
  if (known !== undefined) return known;
  const made = read(schema, new Map());
  readers.set(schema, made);
  return made;
}

function read(schema: AvroJson, named: Map<string, Read>): Read {
  if (Array.isArray(schema)) {
    const branches = schema.map((branch: AvroJson) => read(branch, named));
    return (input) => {
      const branch = branches[long(input)];
      if (branch === undefined) throw new Error('no such branch');
      return branch(input);
    };
  }
  if (typeof schema === 'string') return PRIMITIVES[schema] ?? ((input) => (named.get(schema) as Read)(input));
  const { type, name } = schema as { type: AvroJson; name?: string };
  const made = complex(type, schema as Readonly<Record<string, unknown>>, named);
  if (name !== undefined) named.set(name, made);
  return made;
}

function complex(type: AvroJson, schema: Readonly<Record<string, unknown>>, named: Map<string, Read>): Read {
  switch (type) {
    case 'record': {
      const fields = schema['fields'] as RecordJson['fields'];
      const names = fields.map(({ name }) => name);
      const reads = fields.map((field) => read(field.type, named));
      return (input) => {
        const record: Record<string, unknown> = {};
        for (let i = 0; i < names.length; i++) record[names[i] as string] = (reads[i] as Read)(input);
        return record;
      };
    }
    case 'enum':
      return (input) => {
        const symbol = (schema['symbols'] as readonly string[])[long(input)];
        if (symbol === undefined) throw new Error('no such symbol');
        return symbol;
      };
    case 'array': {
      const item = read(schema['items'] as AvroJson, named);
      return (input) => blocks(input, item);
    }
    case 'map': {
      const value = read(schema['values'] as AvroJson, named);
      // Entries one by one would give `__proto__` a meaning.
      return (input) => Object.fromEntries(blocks(input, () => [text(input), value(input)] as const));
    }
    default:
      return read(type, named);
  }
}

function blocks<T>(input: Input, item: (input: Input) => T): T[] {
  const items: T[] = [];
  for (let count = long(input); count !== 0; count = long(input)) {
    if (count < 0) long(input);
    for (let left = Math.abs(count); left > 0; left--) items.push(item(input));
  }
  return items;
}

const PRIMITIVES: Readonly<Record<string, Read>> = {
  null: () => null,
  boolean: (input) => input.bytes[taken(input, 1)] !== 0,
  int: (input) => {
    const value = long(input);
    if (value !== (value | 0)) throw new Error('no int');
    return value;
  },
  long,
  double: (input) => input.bytes.readDoubleLE(taken(input, 8)),
  bytes(input) {
    const length = size(input);
    const from = taken(input, length);
    return Buffer.from(input.bytes.subarray(from, from + length));
  },
  string: text,
};

/** Zigzag of base-128 groups; beyond 2^53 no number of this language is exact. */
function long(input: Input): number {
  const first = input.bytes[input.at];
  if (first !== undefined && first < 128) {
    input.at++;
    return first & 1 ? -((first + 1) / 2) : first / 2;
  }
  // Of seven bytes, 49 bits are exact in a number.
  let exact = 0;
  let scale = 1;
  for (let at = input.at; at < input.at + 7; at++, scale *= 128) {
    const byte = input.bytes[at];
    if (byte === undefined) break;
    exact += (byte & 127) * scale;
    if (byte >= 128) continue;
    input.at = at + 1;
    return exact % 2 === 0 ? exact / 2 : -((exact + 1) / 2);
  }
  let zigzag = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = input.bytes[input.at++];
    if (byte === undefined) throw new Error('the bytes end before the record does');
    zigzag |= BigInt(byte & 127) << shift;
    if (byte < 128) break;
    if (shift > 63n) throw new Error('a number of more than 64 bits');
  }
  const value = zigzag & 1n ? -((zigzag + 1n) / 2n) : zigzag / 2n;
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER))
    throw new Error('not a safe integer');
  return Number(value);
}

function size(input: Input): number {
  const bytes = long(input);
  if (bytes < 0) throw new Error('a negative size');
  return bytes;
}

function text(input: Input): string {
  const length = size(input);
  const from = taken(input, length);
  return input.bytes.toString('utf8', from, from + length);
}

/** Goes over so many bytes; gives where they begin. */
function taken(input: Input, bytes: number): number {
  const from = input.at;
  if (from + bytes > input.bytes.length) throw new Error('the bytes end before the record does');
  input.at = from + bytes;
  return from;
}
