import type { AvroRecord } from '#sdk';

/** A Confluent-compatible schema registry: record schemas by global id. */
export interface Registry {
  /** Registers the schema under its full name if it is new, and gives its id. Rejects with `schema_incompatible`. */
  register(record: AvroRecord): Promise<number>;
  /** The schema with that id, or null where there is none. */
  schemaOf(id: number): Promise<AvroRecord | null>;
}

/** A refusal by the registry, with a stable code. */
export class RegistryError extends Error {
  readonly code: 'schema_incompatible' | 'registry_away';

  constructor(code: RegistryError['code'], message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.name = 'RegistryError';
    this.code = code;
  }
}
