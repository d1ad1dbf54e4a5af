import type { AvroRecord } from '#sdk';

/** An Avro type without what changes neither bytes nor resolution: names are full, and docs are gone. */
export type Canonical = string | readonly Canonical[] | CanonicalNode;

/** A type with attributes. */
export interface CanonicalNode {
  /** `record`, `enum`, `fixed`, `array`, `map`, or a primitive's name. */
  readonly type: string;
  readonly name?: string | undefined;
  readonly fields?: readonly CanonicalField[] | undefined;
  readonly symbols?: readonly string[] | undefined;
  readonly items?: Canonical | undefined;
  readonly values?: Canonical | undefined;
  readonly size?: number | undefined;
  readonly logicalType?: string | undefined;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  readonly aliases?: readonly string[] | undefined;
  readonly default?: unknown;
}

/** A field of a record. */
export interface CanonicalField {
  readonly name: string;
  readonly type: Canonical;
  readonly aliases?: readonly string[] | undefined;
  readonly default?: unknown;
}

/** Definitions of a schema by full name. */
export type NamedTypes = ReadonlyMap<string, CanonicalNode>;

/** The canonical form of a record. */
export function canonicalOf(record: AvroRecord): Canonical {
  return canonical(record, '');
}

/** Every definition within a schema, its own included. */
export function namedTypesOf(type: Canonical): NamedTypes {
  const names = new Map<string, CanonicalNode>();
  collect(type, names);
  return names;
}

/** Follows a name to its definition; a union stays a union. Throws on a name that the schema does not define. */
export function resolve(type: Canonical, names: NamedTypes): CanonicalNode | readonly Canonical[] {
  if (typeof type !== 'string') return type;
  if (PRIMITIVES.has(type)) return { type };
  const found = names.get(type);
  if (found === undefined) throw new Error(`the schema does not define ${type}`);
  return found;
}

/** A type as a person would write it. */
export function shown(type: Canonical): string {
  if (typeof type === 'string') return type;
  if (isUnion(type)) return `[${type.map(shown).join(', ')}]`;
  if (type.type === 'array') return `array of ${shown(type.items ?? 'null')}`;
  if (type.type === 'map') return `map of ${shown(type.values ?? 'null')}`;
  if (type.type === 'fixed') return `fixed ${type.name} of ${type.size} bytes`;
  return type.name === undefined ? type.type : `${type.type} ${type.name}`;
}

export function isUnion(type: Canonical): type is readonly Canonical[] {
  return Array.isArray(type);
}

const PRIMITIVES = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);
const NAMED = new Set(['record', 'enum', 'fixed']);

interface RawNode extends Omit<CanonicalNode, 'type' | 'items' | 'values' | 'fields'> {
  readonly type: unknown;
  readonly namespace?: string;
  readonly items?: unknown;
  readonly values?: unknown;
  readonly fields?: readonly (Omit<CanonicalField, 'type'> & { readonly type: unknown })[];
}

function canonical(type: unknown, namespace: string): Canonical {
  if (Array.isArray(type)) return type.map((branch) => canonical(branch, namespace));
  if (typeof type === 'string') return PRIMITIVES.has(type) ? type : qualified(type, namespace);
  const node = type as RawNode;
  const kind = node.type;
  if (typeof kind !== 'string') return canonical(kind, namespace);
  const { logicalType, precision, scale, symbols, size, aliases } = node;
  const logical = { logicalType, precision, scale };
  if (kind === 'array') return { type: kind, items: canonical(node.items, namespace), ...logical };
  if (kind === 'map') return { type: kind, values: canonical(node.values, namespace), ...logical };
  if (!NAMED.has(kind))
    return PRIMITIVES.has(kind) && logicalType !== undefined ? { type: kind, ...logical } : canonical(kind, namespace);
  const name = qualified(node.name ?? '', node.namespace ?? namespace);
  const inner = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const fields = node.fields?.map((field) => ({
    name: field.name,
    type: canonical(field.type, inner),
    aliases: field.aliases,
    ...defaultOf(field),
  }));
  return { type: kind, name, fields, symbols, size, ...logical, aliases, ...defaultOf(node) };
}

/** A default of null is a default. */
function defaultOf(from: { readonly default?: unknown }): { readonly default?: unknown } {
  return Object.hasOwn(from, 'default') ? { default: from.default } : {};
}

function collect(type: Canonical, names: Map<string, CanonicalNode>): void {
  if (typeof type === 'string') return;
  if (isUnion(type)) {
    for (const branch of type) collect(branch, names);
    return;
  }
  if (type.name !== undefined) names.set(type.name, type);
  if (type.items !== undefined) collect(type.items, names);
  if (type.values !== undefined) collect(type.values, names);
  for (const field of type.fields ?? []) collect(field.type, names);
}

function qualified(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}
