import { setTimeout as pause } from 'node:timers/promises';
import { EVENTS_TOPIC } from '#sdk';
import type { Sink } from './clickhouse/sink.ts';
import type { ProcessorCounts, Standing } from './engine/standing.ts';
import type { Log } from './log/log.ts';

/** Whether something is there, or a sentence on each part of it that is not. */
type There = boolean | readonly string[];

/** What a process needs to do its work, by name; each says whether it is there. */
export type Needs = Readonly<Record<string, () => There | Promise<There>>>;

/** An answer that takes longer is none. */
const ANSWER_MS_MAX = 2_000;

/** Gives the names of what is missing, each time it is asked. */
export function missingOf(needs: Needs, answerMsMax = ANSWER_MS_MAX): () => Promise<readonly string[]> {
  const asked = new Map<string, Promise<There>>();
  const isThere = async (name: string, ask: () => There | Promise<There>): Promise<There> => {
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
    const names = Object.entries(needs).map(async ([name, ask]) => {
      const there = await isThere(name, ask);
      return typeof there === 'object' ? there : there ? [] : [name];
    });
    return (await Promise.all(names)).flat();
  };
}

/** A question that fails is a no. */
async function asking(ask: () => There | Promise<There>): Promise<There> {
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

/** What a stage stands behind may take so long to start, or to come again. */
export const UPSTREAM_MS_MAX = 60_000;

/**
 * Says which processors are missing that others stand behind, and what to do, once they have been missing for long.
 * Asked again and again; `now` are milliseconds of any clock.
 */
export function upstreamsOf(
  standings: () => Promise<readonly Standing[]>,
  now: () => number,
  report: (code: string, detail: Readonly<Record<string, unknown>>) => void = () => undefined,
): () => Promise<readonly string[]> {
  const since = new Map<string, { readonly at: number; isTold: boolean }>();
  return async () => {
    const missing = (await standings()).flatMap(({ processor, missing: names }) =>
      names.map((upstream) => ({ processor, upstream })),
    );
    const sentences = missing.map(({ processor, upstream }) => sentenceOf(processor, upstream));
    for (const sentence of since.keys()) if (!sentences.includes(sentence)) since.delete(sentence);
    return sentences.filter((sentence, index) => {
      const met = since.get(sentence) ?? { at: now(), isTold: false };
      since.set(sentence, met);
      const isLong = now() - met.at >= UPSTREAM_MS_MAX;
      if (isLong && !met.isTold) report('upstream_missing', { ...missing[index], next: sentence });
      met.isTold ||= isLong;
      return isLong;
    });
  };
}

function sentenceOf(processor: string, upstream: string): string {
  return `${upstream}, which ${processor} waits for; run ${upstream} in an app too, or take it out of FLEETSTREAM_PROCESSORS`;
}

/** A table may wait so long for ClickHouse, the log or the registry; what it waits for may only restart. */
export const SINK_WAITS_MS_MAX = 60_000;

/** Whether no table waits beyond its bound. `now` is of the sink's clock. */
export function allFeed(sink: Pick<Sink, 'stats'>, now: number): boolean {
  return sink.stats().every(({ waitingSince }) => waitingSince === null || now - waitingSince <= SINK_WAITS_MS_MAX);
}
