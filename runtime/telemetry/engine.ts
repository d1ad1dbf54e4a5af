import type { EngineObserver } from '../engine/observer.ts';
import { codeOf, type FoldSpans } from './traces.ts';

/** What an engine measures as it works; plain data, so that a thread can be told of another's. */
export interface EngineMeasures {
  sliced(slice: { readonly records: number; readonly decodeMs: number; readonly foldMs: number }): void;
  /** A commit of so many records has ended; `error` is null for one that stands. */
  committed(records: number, ms: number, error: string | null): void;
  restores(processor: string, partition: number, remaining: number): void;
}

/** `folds` is null where no device is traced. */
export function engineObserver(measures: EngineMeasures, folds: FoldSpans | null): EngineObserver {
  return {
    sliced: (slice) => measures.sliced(slice),
    commits(records) {
      const begun = performance.now();
      const ended = folds?.commits();
      return (error) => {
        measures.committed(records, performance.now() - begun, error === null ? null : codeOf(error));
        ended?.(error);
      };
    },
    abandoned: () => folds?.abandoned(),
    restores: (processor, partition, remaining) => measures.restores(processor, partition, remaining),
    ...(folds === null ? {} : { traced: (record, fold) => folds.fold(record, fold) }),
  };
}
