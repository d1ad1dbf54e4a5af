import type avro from 'avsc';
import type { AvroRecord, Schema } from '#sdk';
import { asBuffer, compiled, decodeBody, FRAME_BYTES, schemaIdOf } from '../avro.ts';
import type { Registry } from '../registry/registry.ts';

interface Writer {
  /** Full name of the record. */
  readonly name: string;
  readonly type: avro.Type;
}

/** A record in its current version. */
interface Current {
  /** Null of one that is read and never written. */
  readonly id: number | null;
  readonly type: avro.Type;
}

/** The record types that an app knows, under their registry ids, and readers for every older version met. */
export class Types {
  readonly #registry: Registry;
  /** By name. */
  readonly #current = new Map<string, Current>();
  readonly #writers = new Map<number, Writer | null>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Registers a record and learns its id. */
  async register(schema: Schema<unknown>): Promise<void> {
    if (this.#current.has(schema.name)) return;
    const id = await this.#registry.register(schema.avro);
    this.#current.set(schema.name, { id, type: compiled(schema.avro) });
    this.#writers.set(id, writerOf(schema.avro));
  }

  /** Knows a record that is read and never written: the registry is asked for what it was written as, and told nothing. */
  expect(schema: Schema<unknown>): void {
    this.#current.set(schema.name, { id: null, type: compiled(schema.avro) });
  }

  typeOf(schema: Schema<unknown>): avro.Type {
    return this.#currentOf(schema).type;
  }

  idOf(schema: Schema<unknown>): number {
    const { id } = this.#currentOf(schema);
    if (id === null) throw unknown(schema.name);
    return id;
  }

  /** True when the id is still to be asked for. One that was absent is asked again: junk may name the next id before it is given. */
  isUnasked(id: number): boolean {
    return !this.#writers.get(id);
  }

  /** Asks the registry for an id. Rejects when the registry is away. */
  async learn(id: number): Promise<void> {
    const record = await this.#registry.schemaOf(id);
    this.#writers.set(id, record === null ? null : writerOf(record));
    if (this.#writers.size > IDS_KNOWN_MAX) this.#forgetAbsent();
  }

  /** Asks for whatever these framed values are of and nobody has asked for yet. */
  async learnAll(records: readonly { readonly value: Uint8Array | null }[]): Promise<void> {
    for (const { value } of records) {
      const id = value === null ? null : schemaIdOf(value);
      if (id !== null && this.isUnasked(id)) await this.learn(id);
    }
  }

  /** Full record name behind an id; null when the registry has none. Asked for before. */
  nameOf(id: number): string | null {
    return this.#writers.get(id)?.name ?? null;
  }

  /** True when bytes with that id need no resolution to be read as that record. */
  isCurrent(schema: Schema<unknown>, id: number): boolean {
    return this.#current.get(schema.name)?.id === id;
  }

  /** Decodes a framed value as the current version of a record. Throws when the bytes are not one. */
  decode<T>(schema: Schema<T>, value: Uint8Array): T {
    const bytes = asBuffer(value);
    const id = schemaIdOf(bytes);
    if (id === null) throw new Error('the value is not framed');
    const current = this.#currentOf(schema);
    if (current.id === id) return decodeBody(current.type, bytes, FRAME_BYTES) as T;
    return decodeBody(current.type, bytes, FRAME_BYTES, this.#resolver(schema, id)) as T;
  }

  /** Decodes a record of the platform, whichever version wrote it. Rejects when the registry is away. */
  async read<T>(schema: Schema<T>, value: Uint8Array): Promise<T> {
    const id = schemaIdOf(value);
    if (id !== null && this.isUnasked(id)) await this.learn(id);
    return this.decode(schema, value);
  }

  #currentOf({ name }: Schema<unknown>): Current {
    const current = this.#current.get(name);
    if (current === undefined) throw unknown(name);
    return current;
  }

  #resolver(schema: Schema<unknown>, id: number): avro.Resolver {
    const writer = this.#writers.get(id);
    if (!writer) throw new Error(`schema id ${id} is unknown`);
    return resolverOf(this.typeOf(schema), writer.type);
  }

  /** Ids that nobody registered cost memory that an attacker chooses, so they are asked again. */
  #forgetAbsent(): void {
    for (const [id, writer] of this.#writers) if (writer === null) this.#writers.delete(id);
  }
}

/** Ids remembered, known or absent. */
const IDS_KNOWN_MAX = 10_000;

const resolvers = new WeakMap<avro.Type, WeakMap<avro.Type, avro.Resolver>>();

/** What reads bytes of one type as another, made once. Throws where they do not fit. */
function resolverOf(reader: avro.Type, writer: avro.Type): avro.Resolver {
  const known = resolvers.get(reader) ?? new WeakMap<avro.Type, avro.Resolver>();
  resolvers.set(reader, known);
  const resolver = known.get(writer) ?? reader.createResolver(writer);
  known.set(writer, resolver);
  return resolver;
}

function writerOf(record: AvroRecord): Writer {
  return { name: `${record.namespace}.${record.name}`, type: compiled(record) };
}

function unknown(name: string): Error {
  return new Error(`record ${name} was neither registered nor expected at start`);
}
