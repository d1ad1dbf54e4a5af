/** Entries in the byte order of their keys; null drops the entry. */
export type StoreChanges = Iterable<readonly [key: Uint8Array, value: Uint8Array | null]>;

/** How far a local copy has got. */
export interface Checkpoint {
  /** Identity of the log that it was derived from. */
  readonly logId: string;
  /** The changelog has been applied up to here: the next offset to read. */
  readonly changelogOffset: number;
  /** Schemas of the entries. A write adds those of its own, so one whose entries are gone may still be named. */
  readonly schemaIds: readonly number[];
}

/** A local copy of one processor's state in one partition. The changelog is the truth; losing this costs only time. */
export interface PartitionStore {
  /** Null when there is none, or when it cannot be trusted. */
  readonly checkpoint: Checkpoint | null;
  get(key: Uint8Array): Uint8Array | undefined;
  /** Entries with from <= key < to, in byte order. */
  range(from: Uint8Array, to: Uint8Array): Iterable<readonly [key: Uint8Array, value: Uint8Array]>;
  /** All or nothing: the changes and the checkpoint that they lead to. */
  write(changes: StoreChanges, checkpoint: Checkpoint): Promise<void>;
  /** Forgets everything. */
  clear(): Promise<void>;
}

/** Local copies of state on this machine. */
export interface StateStore {
  open(processor: string, partition: number): PartitionStore;
  close(): Promise<void>;
}

/** Every schema that one of two checkpoints names. */
export function schemaIdsOf(before: Checkpoint | null, { schemaIds }: Checkpoint): readonly number[] {
  return [...new Set([...(before?.schemaIds ?? []), ...schemaIds])];
}
