import type { AvroRecord, Derived, Table } from '#sdk';
import type { Realigned } from './alignment.ts';
import type { TableChange } from './table-plan.ts';

/** Records of one log partition that a batch holds: first and last offset, both included, and how many. */
export interface Edge {
  readonly partition: number;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** An Avro object container file: records of one schema, each with `_partition` and `_offset` behind its own fields. */
export interface Container {
  /** The schema that the records were written with, without the two appended fields. */
  readonly record: AvroRecord;
  readonly rows: number;
  readonly bytes: Buffer;
  /** Where the records begin in `bytes`, and where they end. */
  readonly body: readonly [from: number, to: number];
}

/** One insert. */
export interface Batch {
  readonly table: Table;
  /** Ascending by partition. */
  readonly edges: readonly Edge[];
  /** One for each schema id in the batch. */
  readonly containers: readonly Container[];
  /** The same rows always have the same token. */
  readonly token: string;
}

/** Where rows go. Rejects with a `TargetError` of code `row_refused` when a row can never go in; anything else may be tried again. */
export interface Target {
  /** Creates what is missing, changes what loses nothing. Rejects with `table_incompatible` where that is not enough. */
  prepare(tables: readonly Table[], derived: readonly Derived[]): Promise<void>;
  /** May be repeated with the same batch: the token keeps the rows single within the dedup window. */
  insert(batch: Batch): Promise<void>;
  /** After an unknown outcome that the window may have passed over: inserts the rows that are not there yet. */
  complete(batch: Batch): Promise<void>;
  /** Adds up again what the roll-ups of a table lack or count twice. Nothing may be inserted into it meanwhile. */
  align(table: Table): Promise<readonly Realigned[]>;
  /** The highest `_offset` of each partition that has rows. */
  watermarks(table: Table): Promise<ReadonlyMap<number, number>>;
  close(): Promise<void>;
}

/** Where tables are compared with their declarations, and brought to them. */
export interface TableAdmin {
  /** What differs; changes nothing. */
  plan(tables: readonly Table[], derived: readonly Derived[]): Promise<readonly TableChange[]>;
  /** Does what a plan says, one statement after the other. */
  apply(changes: readonly TableChange[]): Promise<void>;
  close(): Promise<void>;
}

/** A refusal by the target or by the sink before it, with a stable code. */
export class TargetError extends Error {
  readonly code:
    | 'chdb_missing'
    | 'cluster_unknown'
    | 'target_denied'
    | 'row_refused'
    | 'table_incompatible'
    | 'table_unsupported'
    | 'edge_mismatch'
    | 'log_mismatch';

  constructor(code: TargetError['code'], message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.name = 'TargetError';
    this.code = code;
  }
}

/** The log that an insert was begun from is not what it was. */
export function edgeMismatch(table: Table, edges: readonly Edge[]): TargetError {
  const places = edges.map(({ partition, first, last }) => `${partition}:${first}-${last}`).join(', ');
  const found = `the batch ${places} of ${table.from.name} that was begun for ${table.name} reads differently now`;
  return new TargetError('edge_mismatch', `${found}; restore the log that it was read from, or fill a new table`);
}

/** The table holds what the log never had. */
export function logMismatch(table: Table, partition: number, held: number, end: number): TargetError {
  const found = `${table.name} holds offset ${held} of ${table.from.name}/${partition}, where the log ends at ${end}`;
  const next = 'they are not of the same origin: restore the log, or drop the table';
  return new TargetError('log_mismatch', `${found}; ${next}`);
}
