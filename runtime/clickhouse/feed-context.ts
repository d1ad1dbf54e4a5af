import type { Table } from '#sdk';
import type { Log } from '../log/log.ts';
import type { RefusedRow, Sorter } from './batch.ts';
import type { Edges } from './edges.ts';
import type { SinkObserver } from './observer.ts';
import type { Target } from './target.ts';

/** What all tables of a sink share. */
export interface FeedContext {
  readonly log: Log;
  readonly target: Target;
  readonly edges: Edges;
  readonly sorter: Sorter;
  readonly partitions: number;
  readonly rowsMax: number;
  readonly bytesMax: number;
  readonly flushMsMax: number;
  readonly clock: { now(): number; sleep(ms: number): Promise<void> };
  /** Runs work when one of few places is free. */
  readonly limit: <T>(work: () => Promise<T>) => Promise<T>;
  readonly deadLetter: (table: Table, refused: readonly RefusedRow[]) => Promise<void>;
  readonly step: (name: string) => void | Promise<void>;
  readonly report: (code: string, detail: Readonly<Record<string, unknown>>) => void;
  readonly stopping: () => boolean;
  /** Told to stop, and time is over: what is not under way is left to the next start. */
  readonly late: () => boolean;
  readonly observer: SinkObserver | undefined;
  /** Somebody else may have taken over: nothing more is read or written. */
  readonly abandoned: () => boolean;
}
