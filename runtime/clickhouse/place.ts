/** The database of all tables of the embedded engine, and of a server where the settings name no other. */
export const DATABASE = 'fleet';

/** Where tables stand. */
export interface Place {
  readonly database: string;
  /** Whose replicas hold every table; null for one server. */
  readonly cluster: string | null;
  /** The cluster has several shards, which share the rows of every table. */
  readonly sharded: boolean;
}

/** The engine of this process. */
export const HERE: Place = { database: DATABASE, cluster: null, sharded: false };
