/** What kind of data a field or table holds; retention and erasure are decided by class. */
export type DataClass = 'identity' | 'telemetry' | 'connectivity' | 'location' | 'configuration' | 'operational';

/** An Avro type as JSON: a name, a union, or an object. */
export type AvroType = string | readonly AvroType[] | AvroObject;

/** An Avro complex or annotated type. */
export interface AvroObject {
  readonly type: AvroType;
  readonly name?: string;
  readonly doc?: string;
  readonly symbols?: readonly string[];
  readonly items?: AvroType;
  readonly values?: AvroType;
  readonly fields?: readonly AvroField[];
  readonly logicalType?: string;
  readonly default?: unknown;
}

/** A field of an Avro record, with the project's `dataClass`. */
export interface AvroField {
  readonly name: string;
  readonly type: AvroType;
  readonly doc: string;
  readonly dataClass: string;
  /** A string that holds JSON text: the JSON form of the record has the value itself there. */
  readonly embeds?: 'json';
  readonly default?: unknown;
}

/** An Avro record as JSON, with the project's own attributes. */
export interface AvroRecord {
  readonly type: 'record';
  readonly name: string;
  readonly namespace: string;
  readonly doc: string;
  /** Begins with the fields of `Envelope`. */
  readonly envelope?: boolean;
  /** Holds the fields of this other record. */
  readonly includes?: string;
  /** Ends with the fields of `Cause`. */
  readonly derived?: boolean;
  readonly fields: readonly AvroField[];
}

/** An Avro record schema that carries its TypeScript type. */
export interface Schema<T> {
  /** Full name, which is also the registry's subject: `fleetstream.TwinChanged`. */
  readonly name: string;
  readonly avro: AvroRecord;
  /** Phantom: never present, only carries the type. */
  readonly T?: T;
}

/** Declares a record schema; the generated modules call it. */
export function schema<T>(avro: AvroRecord): Schema<T> {
  return { name: `${avro.namespace}.${avro.name}`, avro };
}

/** The TypeScript type that a declaration carries. */
export type ValueOf<D> = D extends { readonly T?: infer T } ? T : never;
