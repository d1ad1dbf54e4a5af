import type { AvroRecord } from '#sdk';
import type { Incompatibility } from './compatibility.ts';

/** A Confluent-compatible schema registry: record schemas by global id. */
export interface Registry {
  /** Registers the schema under its full name if it is new, and gives its id. Rejects with `schema_incompatible`. */
  register(record: AvroRecord): Promise<number>;
  /** The record schema with that id, or null where there is none. Rejects with `registry_away` where nobody can say. */
  schemaOf(id: number): Promise<AvroRecord | null>;
}

/** A registry that can be asked before anything is registered. */
export interface JudgingRegistry extends Registry {
  /** How a record stands to what is registered under its name. Changes nothing. */
  judge(record: AvroRecord): Promise<Standing>;
}

/** How a record stands to the versions of its subject. */
export type Standing =
  /** Registered: a version differs at most in what changes no byte, such as docs and data classes. */
  | { readonly state: 'same'; readonly version: number; readonly id: number }
  | { readonly state: 'new_subject' }
  /** It would be another version, and fits all earlier ones. */
  | { readonly state: 'new_version' }
  /** The first version that it does not fit, and where. */
  | { readonly state: 'incompatible'; readonly version: number; readonly problems: readonly Incompatibility[] };

/** A refusal by the registry, with a stable code. Only `registry_away` is worth another try. */
export class RegistryError extends Error {
  readonly code: 'schema_incompatible' | 'registry_away' | 'registry_denied' | 'registry_refused';

  constructor(code: RegistryError['code'], message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.name = 'RegistryError';
    this.code = code;
  }
}
