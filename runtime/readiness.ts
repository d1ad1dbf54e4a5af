import { setTimeout as pause } from 'node:timers/promises';
import { EVENTS_TOPIC } from '#sdk';
import type { Sink } from './clickhouse/sink.ts';
import type { ProcessorCounts } from './engine/standing.ts';
import type { Log } from './log/log.ts';

/** What a process needs to do its work, by name; each says whether it is there. */
export type Needs = Readonly<Record<string, () => boolean | Promise<boolean>>>;

/** An answer that takes longer is none. */
const ANSWER_MS_MAX = 2_000;

/** Gives the names of what is missing, each time it is asked. */
export function missingOf(needs: Needs, answerMsMax = ANSWER_MS_MAX): () => Promise<readonly string[]> {
  const asked = new Map<string, Promise<boolean>>();
  const isThere = async (name: string, ask: () => boolean | Promise<boolean>): Promise<boolean> => {
    // Whatever does not answer is not asked again before it has.
    const answer = asked.get(name) ?? asking(ask);
    asked.set(name, answer);
    void answer.then(() => asked.delete(name));
    const over = new AbortController();
    const late = pause(answerMsMax, false, { signal: over.signal }).catch(() => false);
    try {
      return await Promise.race([answer, late]);
    } finally {
      over.abort();
    }
  };
  return async () => {
    const names = Object.entries(needs).map(async ([name, ask]) => ((await isThere(name, ask)) ? [] : [name]));
    return (await Promise.all(names)).flat();
  };
}

/** A question that fails is a no. */
async function asking(ask: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await ask();
  } catch {
    return false;
  }
}

/** What a probe over HTTP is answered. */
export function readiness(missing: readonly string[]) {
  return missing.length === 0
    ? { status: 200, body: { status: 'ready' } }
    : { status: 503, body: { status: 'not_ready', missing } };
}

/** Whether the log answers. */
export async function answers(log: Pick<Log, 'endOffset'>): Promise<boolean> {
  return (await log.endOffset(EVENTS_TOPIC, 0)) >= 0;
}

/** Whether no processor stands still. */
export function allFold(counts: ReadonlyMap<string, Pick<ProcessorCounts, 'failed'>>): boolean {
  return [...counts.values()].every(({ failed }) => failed === 0);
}

/** A table may wait so long for ClickHouse, the log or the registry; what it waits for may only restart. */
export const SINK_WAITS_MS_MAX = 60_000;

/** Whether no table waits beyond its bound. `now` is of the sink's clock. */
export function allFeed(sink: Pick<Sink, 'stats'>, now: number): boolean {
  return sink.stats().every(({ waitingSince }) => waitingSince === null || now - waitingSince <= SINK_WAITS_MS_MAX);
}
