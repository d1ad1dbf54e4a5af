import type { AvroField, AvroRecord, AvroType, Table } from '#sdk';
import { identifier, literal } from './sql.ts';
import { TargetError } from './target.ts';

/** A column of a ClickHouse table. */
export interface Column {
  readonly name: string;
  /** As ClickHouse spells it in `system.columns`. */
  readonly type: string;
  /** SQL of the value that rows written before the column was added have; null for the zero of the type. */
  readonly default: string | null;
  readonly comment: string;
  readonly codec: string;
}

/** Fields of few distinct values, by name: stored as a dictionary. */
const LOW_CARDINALITY = new Set([
  'tenant',
  'source',
  'region',
  'technology',
  'cell',
  'code',
  'processor',
  'eventType',
  'origin',
  'topic',
  'reason',
  'causeTopic',
  'causePath',
]);

const PRIMITIVES: Readonly<Record<string, string>> = {
  boolean: 'Bool',
  int: 'Int32',
  long: 'Int64',
  float: 'Float32',
  double: 'Float64',
  string: 'String',
  bytes: 'String',
};

const LOGICAL: Readonly<Record<string, string>> = {
  'timestamp-millis': "DateTime64(3, 'UTC')",
  'timestamp-micros': "DateTime64(6, 'UTC')",
  date: 'Date32',
};

/** Where a row stands in the log, behind the record's own fields. */
export const POSITION: readonly Column[] = [
  position('_partition', 'Int32', 'Partition of the log that the row was read from.'),
  position('_offset', 'Int64', 'Offset of the row in that partition.'),
];

/** The columns of a table, in the order of its record. Throws `table_unsupported` for what ClickHouse cannot hold. */
export function columnsOf(table: Table): readonly Column[] {
  const without = new Set(table.without);
  const own = table.from.value.avro.fields.filter(({ name }) => !without.has(name));
  return [...own.map((field) => column(table.name, field)), ...POSITION];
}

/** Columns of the table that a record of this (perhaps older) schema fills. */
export function columnsFrom(table: Table, record: AvroRecord): readonly Column[] {
  const written = new Set(record.fields.map(({ name }) => name));
  return columnsOf(table).filter(({ name }) => written.has(name) || name === '_partition' || name === '_offset');
}

function position(name: string, type: string, comment: string): Column {
  return { name, type, default: null, comment, codec: codecOf(type) };
}

function column(table: string, field: AvroField): Column {
  const type = typeOf(`${table}.${field.name}`, field.type, LOW_CARDINALITY.has(field.name));
  return { name: field.name, type, default: defaultOf(field), comment: field.doc, codec: codecOf(type) };
}

/** What was smallest over the tables of a fleet (docs/decisions/0024). */
function codecOf(type: string): string {
  if (/^(Nullable\()?(DateTime64|Date32)/.test(type)) return 'DoubleDelta, ZSTD(1)';
  if (/^(Nullable\()?Int64/.test(type)) return 'Delta, ZSTD(1)';
  if (/^(Nullable\()?Float/.test(type)) return 'Gorilla, ZSTD(1)';
  return /^(Array|Map|Tuple)\(/.test(type) ? 'ZSTD(3)' : 'ZSTD(1)';
}

function typeOf(place: string, type: AvroType, low: boolean): string {
  if (typeof type === 'string') return primitive(place, type, low);
  if ('length' in type) return union(place, type, low);
  const logical = type.logicalType === undefined ? undefined : LOGICAL[type.logicalType];
  if (logical !== undefined) return logical;
  switch (type.type) {
    case 'enum':
      // A dictionary takes a new symbol without an ALTER, which Enum8 does not.
      return 'LowCardinality(String)';
    case 'map':
      return `Map(LowCardinality(String), ${typeOf(`${place}.value`, type.values ?? 'null', false)})`;
    case 'array':
      return `Array(${typeOf(place, type.items ?? 'null', false)})`;
    case 'record':
      return `Tuple(${(type.fields ?? []).map((member) => tupleMember(place, member)).join(', ')})`;
    default:
      return typeOf(place, type.type, low);
  }
}

function tupleMember(place: string, { name, type }: AvroField): string {
  return `${identifier(name)} ${typeOf(`${place}.${name}`, type, false)}`;
}

function primitive(place: string, type: string, low: boolean): string {
  const known = PRIMITIVES[type];
  if (known === undefined) throw unsupported(place, `an Avro ${type}`);
  return low && type === 'string' ? 'LowCardinality(String)' : known;
}

function union(place: string, branches: readonly AvroType[], low: boolean): string {
  const [branch, ...others] = branches.filter((one) => one !== 'null');
  if (branch === undefined || others.length > 0) throw unsupported(place, 'a union of several types');
  const type = typeOf(place, branch, low);
  if (branches.length === 1) return type;
  if (type.startsWith('LowCardinality('))
    return `LowCardinality(Nullable(${type.slice('LowCardinality('.length, -1)}))`;
  if (/^(Map|Array|Tuple)\(/.test(type)) throw unsupported(place, 'a null beside a map, an array or a record');
  return `Nullable(${type})`;
}

function unsupported(place: string, what: string): TargetError {
  const next = 'make it a plain or a nullable value, or leave it out by the table’s `without`';
  return new TargetError('table_unsupported', `${place} is ${what}, which no ClickHouse column holds; ${next}`);
}

/** Avro's default, where it is not what ClickHouse gives a new column anyway. */
function defaultOf({ default: value }: AvroField): string | null {
  if (typeof value === 'string' && value !== '') return literal(value);
  if (typeof value === 'number' && value !== 0) return String(value);
  return value === true ? 'true' : null;
}
