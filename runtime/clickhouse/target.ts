import type { Table, View } from '#sdk';

/** Records of one log partition that a batch holds: first and last offset, both included, and how many. */
export interface Edge {
  readonly partition: number;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** One insert: an Avro container with `_partition` and `_offset` behind each record's own fields. */
export interface Batch {
  readonly table: Table;
  readonly edges: readonly Edge[];
  /** One Avro object container file for each schema id in the batch. */
  readonly containers: readonly Uint8Array[];
  /** The same rows always have the same token. */
  readonly token: string;
}

/** Where rows go. */
export interface Target {
  /** Creates what is missing, adds columns that are new. */
  prepare(tables: readonly Table[], views: readonly View[]): Promise<void>;
  /** May be repeated with the same batch: the token keeps the rows single within the dedup window. */
  insert(batch: Batch): Promise<void>;
  /** After an unknown outcome and a restart: inserts the rows that are not there yet, whatever the window. */
  complete(batch: Batch): Promise<void>;
  /** The highest `_offset` of each partition that has rows. */
  watermarks(table: Table): Promise<ReadonlyMap<number, number>>;
  close(): Promise<void>;
}
