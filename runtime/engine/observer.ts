import type { Headers, LogRecord, Position } from '../log/log.ts';
import type { DecodedEvent } from './reader.ts';

/** Header of W3C Trace Context that a record carries from ingress to the sink. */
export const TRACEPARENT = 'traceparent';

/** What the header holds, as JSON Schema; its bytes are UTF-8. */
export const TRACEPARENT_SCHEMA = {
  type: 'string',
  pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}',
  description:
    'W3C Trace Context of the event that this is or follows from, in UTF-8. ' +
    'Only of devices that are traced (telemetry.traces.share); no value, key or id depends on it.',
};

/** What an engine tells of its work: a call a slice of records, a commit, or a record that is traced; never one an event. */
export interface EngineObserver {
  /** A slice of one partition was decoded, then folded. */
  sliced(slice: { readonly records: number; readonly decodeMs: number; readonly foldMs: number }): void;
  /** A commit of so many records begins. What it gives is told of the end; null is a commit that stands. */
  commits(records: number): (error: Error | null) => void;
  /** The engine ends without a commit of what it has folded. */
  abandoned(): void;
  /** So many offsets of the processor's changelog are still to be read for one partition. */
  restores(processor: string, partition: number, remaining: number): void;
  /** Folds a record that carries a trace; where it is missing no record is looked at. */
  readonly traced?: (traced: TracedRecord, fold: () => void) => void;
}

/** A record of `fleet.events` that carries a trace. */
export interface TracedRecord {
  readonly record: LogRecord;
  readonly partition: number;
  readonly event: DecodedEvent;
}

/** Tells the observer how a commit of so many records ends. */
export async function observed(
  observer: EngineObserver | undefined,
  records: number,
  commit: () => Promise<readonly Position[]>,
): Promise<readonly Position[]> {
  const ended = observer?.commits(records);
  let ends: readonly Position[];
  try {
    ends = await commit();
  } catch (error) {
    ended?.(error as Error);
    throw error;
  }
  ended?.(null);
  return ends;
}

/** The trace of a record, as its derived records carry it on; null where it has none. */
export function traceOf({ headers }: LogRecord): Headers | null {
  const traceparent = headers[TRACEPARENT];
  return traceparent === undefined ? null : { [TRACEPARENT]: traceparent };
}
