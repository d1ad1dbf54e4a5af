import { asBuffer } from '../avro.ts';
import { QueryError } from './error.ts';

/** From this version of the protocol on, a byte behind the type of each column tells whether it is written otherwise. */
export const COLUMNS_MARKED = 54_454;
/** Before each block: no rows of totals beyond a limit, and no number of a bucket. */
const BLOCK_INFO = Buffer.from([1, 0, 2, 255, 255, 255, 255, 0]);
const AS_USUAL = Buffer.from([0]);

/**
 * Blocks of the format Native as a client of a protocol version from `COLUMNS_MARKED` on reads them, of those that the
 * embedded engine writes, which knows no client's version. Throws `QueryError` at a type whose end only the engine can
 * tell.
 */
export function markedBlocks(bytes: Uint8Array): Buffer {
  const source = asBuffer(bytes);
  const parts: Buffer[] = [];
  for (let at = 0; at < source.length; ) {
    const [columns, behindColumns] = varint(source, at);
    const [rows, behindRows] = varint(source, behindColumns);
    parts.push(BLOCK_INFO, source.subarray(at, behindRows));
    at = behindRows;
    for (let column = 0; column < columns; column++) {
      const [nameLength, name] = varint(source, at);
      const [typeLength, type] = varint(source, name + nameLength);
      const head = type + typeLength;
      if (head > source.length) throw new RangeError('a block of Native ends within the head of a column');
      const { prefix, end } = layoutOf(source.toString('utf8', type, head));
      const next = rows === 0 ? head : end(source, head + prefix, rows);
      if (next > source.length) throw new RangeError('a column of Native ends behind its block');
      parts.push(source.subarray(at, head), AS_USUAL, source.subarray(head, next));
      at = next;
    }
  }
  return Buffer.concat(parts);
}

/** How the values of a type lie: bytes before them, once a block, and where those of so many rows end. */
interface Layout {
  readonly prefix: number;
  readonly end: (source: Buffer, at: number, rows: number) => number;
}

const WIDTHS: Readonly<Record<string, number>> = {
  Bool: 1,
  Int8: 1,
  UInt8: 1,
  Enum8: 1,
  Nothing: 1,
  Int16: 2,
  UInt16: 2,
  Enum16: 2,
  BFloat16: 2,
  Date: 2,
  Int32: 4,
  UInt32: 4,
  Float32: 4,
  Date32: 4,
  DateTime: 4,
  Time: 4,
  IPv4: 4,
  Int64: 8,
  UInt64: 8,
  Float64: 8,
  DateTime64: 8,
  Time64: 8,
  Int128: 16,
  UInt128: 16,
  UUID: 16,
  IPv6: 16,
  Int256: 32,
  UInt256: 32,
};

/** Names of types that are made of others. */
const ALIASES: Readonly<Record<string, string>> = {
  Point: 'Tuple(Float64, Float64)',
  Ring: 'Array(Point)',
  LineString: 'Array(Point)',
  Polygon: 'Array(Ring)',
  MultiLineString: 'Array(LineString)',
  MultiPolygon: 'Array(Polygon)',
};

function layoutOf(type: string): Layout {
  const [, name = '', list = ''] = /^(\w+)(?:\(([^]*)\))?$/.exec(type) ?? [];
  const width = name.startsWith('Interval') ? 8 : WIDTHS[name];
  if (width !== undefined) return fixed(width);
  const alias = ALIASES[name];
  if (alias !== undefined) return layoutOf(alias);
  const of = argumentsOf(list);
  switch (name) {
    case 'String':
      return { prefix: 0, end: endOfStrings };
    case 'FixedString':
      return fixed(Number(of[0]));
    case 'Decimal':
      return fixed(widthOfDecimal(Number(of[0])));
    case 'Nullable':
      return nullable(layoutOf(of[0] ?? ''));
    case 'Array':
      return array(layoutOf(of[0] ?? ''));
    case 'Map':
    case 'Nested':
      return array(tuple(of));
    case 'Tuple':
      if (of.length > 0) return tuple(of);
      break;
    case 'LowCardinality':
      return lowCardinality(layoutOf(/^Nullable\(([^]*)\)$/.exec(list)?.[1] ?? list));
    case 'SimpleAggregateFunction':
      return layoutOf(of.at(-1) ?? '');
  }
  const next = 'cast it, leave it out, or ask for another format than Native';
  throw new QueryError(48, 'NOT_IMPLEMENTED', `A column of type ${type} is not served to this client; ${next}`);
}

function fixed(width: number): Layout {
  return { prefix: 0, end: (_, at, rows) => at + width * rows };
}

/** By the digits that it holds. */
function widthOfDecimal(precision: number): number {
  if (precision <= 9) return 4;
  if (precision <= 18) return 8;
  return precision <= 38 ? 16 : 32;
}

function endOfStrings(source: Buffer, at: number, rows: number): number {
  let next = at;
  for (let row = 0; row < rows; row++) {
    const [length, from] = varint(source, next);
    next = from + length;
  }
  return next;
}

/** A byte for each row, then values for all of them. */
function nullable({ prefix, end }: Layout): Layout {
  return { prefix, end: (source, at, rows) => end(source, at + rows, rows) };
}

/** Where the values of each row end, then the values of all. */
function array({ prefix, end }: Layout): Layout {
  return {
    prefix,
    end: (source, at, rows) => {
      const values = at + 8 * rows;
      const count = rows === 0 ? 0 : Number(source.readBigUInt64LE(values - 8));
      return end(source, values, count);
    },
  };
}

function tuple(elements: readonly string[]): Layout {
  const layouts = elements.map((element) =>
    layoutOf(/^(?:\w+|`(?:[^`\\]|\\[^])*`)\s+([^]+)$/.exec(element)?.[1] ?? element),
  );
  return {
    prefix: layouts.reduce((sum, { prefix }) => sum + prefix, 0),
    end: (source, at, rows) => layouts.reduce((next, { end }) => end(source, next, rows), at),
  };
}

/** A version before the block; then flags, a dictionary, and for each row a number of 1 to 8 bytes. */
function lowCardinality({ end }: Layout): Layout {
  return {
    prefix: 8,
    end: (source, at, rows) => {
      if (rows === 0) return at;
      const width = 1 << source.readUInt8(at);
      const keys = Number(source.readBigUInt64LE(at + 8));
      const indexes = end(source, at + 16, keys);
      return indexes + 8 + width * Number(source.readBigUInt64LE(indexes));
    },
  };
}

/** What stands between commas, outside brackets and quotes. */
function argumentsOf(list: string): string[] {
  const parts: string[] = [];
  let [depth, from] = [0, 0];
  for (const { 0: sign, index } of list.matchAll(/'(?:[^'\\]|\\[^])*'|`(?:[^`\\]|\\[^])*`|[(),]/g)) {
    if (sign === '(') depth++;
    else if (sign === ')') depth--;
    else if (sign === ',' && depth === 0) {
      parts.push(list.slice(from, index).trim());
      from = index + 1;
    }
  }
  return list === '' ? [] : [...parts, list.slice(from).trim()];
}

function varint(source: Buffer, from: number): [value: number, next: number] {
  let [value, factor, at] = [0, 1, from];
  for (;;) {
    const byte = source.readUInt8(at++);
    value += (byte & 127) * factor;
    if (byte < 128) return [value, at];
    factor *= 128;
  }
}
