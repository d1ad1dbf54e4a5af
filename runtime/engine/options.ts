import type { AnyProcessor } from '#sdk';
import type { GroupMember, Log } from '../log/log.ts';
import type { Registry } from '../registry/registry.ts';
import type { StateStore } from '../state/store.ts';
import type { EngineObserver } from './observer.ts';

/** Time as the engine's own loop needs it; no fold sees it. */
export interface EngineClock {
  /** Milliseconds, never going back. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Lets other work of the process run. */
  yield(): Promise<void>;
}

/** What an engine is made of. */
export interface EngineOptions {
  readonly app: string;
  readonly processors: readonly AnyProcessor[];
  /** Every processor of the log, wherever it runs: a second stage waits for all that write to it. By default these. */
  readonly all?: readonly AnyProcessor[];
  readonly log: Log;
  readonly registry: Registry;
  readonly store: StateStore;
  /** Partitions of the log. */
  readonly partitions: number;
  /** Those that this engine folds; all where it has no one to share with. */
  readonly assigned?: readonly number[];
  /** As whom it folds them, in a group that shares them. */
  readonly member?: GroupMember;
  /** Who writes in its name: a newer engine of the same writer fences this one. By default the app. */
  readonly writer?: string;
  readonly clock: EngineClock;
  /** Ends an opening that nobody waits for any more. */
  readonly signal?: AbortSignal;
  /** A commit is due after this time. */
  readonly commitMs?: number;
  /** A commit is due after so many records, whatever the time. */
  readonly commitRecordsMax?: number;
  /** Bytes of a second stage's records that wait in memory for their epoch. */
  readonly waitingBytesMax?: number;
  /** How often the local store is written; between two times the changelog holds the truth. */
  readonly saveMs?: number;
  /** Called between any two steps of the commit path. */
  readonly step?: (name: EngineStep) => void;
  readonly report?: (message: string, detail: Readonly<Record<string, unknown>>) => void;
  readonly observer?: EngineObserver | undefined;
}

/** The steps between which a crash may come. */
export type EngineStep = 'fetched' | 'folded' | 'commit.begin' | 'commit.done' | 'save.begin' | 'save.done';

/** Defaults of the options above. */
export const COMMIT_MS = 100;
export const COMMIT_RECORDS_MAX = 50_000;
/** A commit is due with so many bytes of outputs: a log takes only so much at once. */
export const COMMIT_BYTES_MAX = 4 * 1024 * 1024;
/** The same of changes of state, whose bytes are guessed by those of the commit before. */
export const CHANGED_BYTES_MAX = 16 * 1024 * 1024;
export const SAVE_MS = 5_000;
