import type { AvroRecord } from '#sdk';
import {
  type Canonical,
  type CanonicalNode,
  canonicalOf,
  isUnion,
  type NamedTypes,
  namedTypesOf,
  resolve,
  shown,
} from './canonical.ts';

/** A place where two versions of a record cannot read each other's bytes. */
export interface Incompatibility {
  /** The field, with `[]` for items and `{}` for map values: `links[].rssi`. Empty for the record itself. */
  readonly path: string;
  /** What changed, as a predicate of the path. */
  readonly problem: string;
  /** What to do instead. */
  readonly remedy: string;
}

/**
 * Where the newer version cannot read what the older one wrote, or the other way round, by the Avro specification's
 * rules of schema resolution; stricter in one thing: another logicalType is another meaning. Empty when FULL holds.
 */
export function incompatibilities(older: AvroRecord, newer: AvroRecord): Incompatibility[] {
  const [from, to] = [canonicalOf(older), canonicalOf(newer)];
  const backward = new Check('backward', namedTypesOf(from), namedTypesOf(to));
  backward.types(from, to, '');
  const forward = new Check('forward', namedTypesOf(to), namedTypesOf(from));
  forward.types(to, from, '');
  // A change that breaks both directions is told once.
  return [...new Map([...backward.found, ...forward.found].map((one) => [`${one.path} ${one.problem}`, one])).values()];
}

/** Backward: the newer version reads what the older one wrote. */
type Direction = 'backward' | 'forward';

const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};
const KEEP_TYPE = 'keep the type, and add a new field under another name, with a default';
const KEEP_UNION = 'keep the types that it may have, and add a new field with a default';
const ENUM_GROWS = 'an enum may grow once every version of it has a default; until then add a new field with a default';

class Check {
  readonly found: Incompatibility[] = [];
  readonly #direction: Direction;
  readonly #writerNames: NamedTypes;
  readonly #readerNames: NamedTypes;
  /** Records may hold themselves. */
  readonly #visited = new Set<string>();

  constructor(direction: Direction, writerNames: NamedTypes, readerNames: NamedTypes) {
    this.#direction = direction;
    this.#writerNames = writerNames;
    this.#readerNames = readerNames;
  }

  types(written: Canonical, read: Canonical, path: string): void {
    const writer = resolve(written, this.#writerNames);
    const reader = resolve(read, this.#readerNames);
    if (isUnion(writer) || isUnion(reader)) return this.#unions(writer, reader, path);
    const promoted = PROMOTIONS[writer.type]?.includes(reader.type) ?? false;
    if (!promoted && !isSame(writer, reader)) return this.#changed(writer, reader, path);
    this.#logicalTypes(writer, reader, path);
    if (writer.type === 'record') this.#records(writer, reader, path);
    if (writer.type === 'enum') this.#symbols(writer, reader, path);
    if (writer.type === 'array') this.types(writer.items as Canonical, reader.items as Canonical, `${path}[]`);
    if (writer.type === 'map') this.types(writer.values as Canonical, reader.values as Canonical, `${path}{}`);
  }

  #records(writer: CanonicalNode, reader: CanonicalNode, path: string): void {
    const name = writer.name as string;
    if (this.#visited.has(name)) return;
    this.#visited.add(name);
    const written = new Map((writer.fields ?? []).map((field) => [field.name, field]));
    for (const field of reader.fields ?? []) {
      const known = [field.name, ...(field.aliases ?? [])].find((alias) => written.has(alias));
      const fieldPath = path === '' ? field.name : `${path}.${field.name}`;
      const match = known === undefined ? undefined : written.get(known);
      if (match !== undefined) this.types(match.type, field.type, fieldPath);
      else if (!Object.hasOwn(field, 'default')) this.#missing(fieldPath);
    }
  }

  #missing(path: string): void {
    if (this.#direction === 'backward') {
      this.#tell(path, 'is new and has no default, so records written before cannot be read', 'give it a default');
    } else {
      this.#tell(
        path,
        'was dropped, and readers of the earlier version require it',
        'keep it, since it had no default',
      );
    }
  }

  #symbols(writer: CanonicalNode, reader: CanonicalNode, path: string): void {
    if (Object.hasOwn(reader, 'default')) return;
    for (const symbol of writer.symbols ?? []) {
      if (reader.symbols?.includes(symbol)) continue;
      if (this.#direction === 'backward') {
        this.#tell(
          path,
          `drops the symbol ${symbol}, which stands in stored records`,
          'keep it, or give the enum a default',
        );
      } else {
        this.#tell(path, `adds the symbol ${symbol}, which readers of the earlier version do not know`, ENUM_GROWS);
      }
    }
  }

  /** Every type that may have been written must find one that reads it. */
  #unions(
    writer: CanonicalNode | readonly Canonical[],
    reader: CanonicalNode | readonly Canonical[],
    path: string,
  ): void {
    const choices = branchesOf(reader, this.#readerNames);
    for (const branch of branchesOf(writer, this.#writerNames)) {
      const same = choices.find((choice) => isSame(branch, choice));
      const promoted = choices.find(({ type }) => PROMOTIONS[branch.type]?.includes(type));
      const match = same ?? promoted;
      if (match !== undefined) this.types(branch, match, path);
      else if (this.#direction === 'backward') {
        this.#tell(path, `may no longer be ${shown(branch)}, which stands in stored records`, KEEP_UNION);
      } else {
        this.#tell(path, `may now be ${shown(branch)}, which readers of the earlier version cannot read`, KEEP_UNION);
      }
    }
  }

  #logicalTypes(writer: CanonicalNode, reader: CanonicalNode, path: string): void {
    const [from, to] = this.#inTime(logicalTypeOf(writer), logicalTypeOf(reader));
    if (from !== to) this.#tell(path, `changed its logicalType from ${from} to ${to}`, KEEP_TYPE);
  }

  #changed(writer: CanonicalNode, reader: CanonicalNode, path: string): void {
    const [from, to] = this.#inTime(shown(writer), shown(reader));
    this.#tell(path, `changed from ${from} to ${to}`, KEEP_TYPE);
  }

  /** The older one first. */
  #inTime(writer: string, reader: string): readonly [string, string] {
    return this.#direction === 'backward' ? [writer, reader] : [reader, writer];
  }

  #tell(path: string, problem: string, remedy: string): void {
    this.found.push({ path, problem, remedy });
  }
}

function branchesOf(type: CanonicalNode | readonly Canonical[], names: NamedTypes): readonly CanonicalNode[] {
  return isUnion(type) ? type.map((branch) => resolve(branch, names) as CanonicalNode) : [type];
}

function isSame(a: CanonicalNode, b: CanonicalNode): boolean {
  return a.type === b.type && a.name === b.name && a.size === b.size;
}

function logicalTypeOf({ logicalType, precision, scale }: CanonicalNode): string {
  if (logicalType === undefined) return 'none';
  return precision === undefined ? logicalType : `${logicalType}(${precision}, ${scale ?? 0})`;
}
