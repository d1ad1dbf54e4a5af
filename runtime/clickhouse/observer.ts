import type { Table } from '#sdk';
import type { Placed } from './batch.ts';

/** Told of every batch of a sink: it does the work that it is given, whose failure is its own. */
export interface SinkObserver {
  batch(table: Table, records: readonly Placed[], put: () => Promise<void>): Promise<void>;
}
