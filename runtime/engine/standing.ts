import type { Log } from '../log/log.ts';
import type { Fold } from './fold.ts';
import type { FoldCounts } from './steps.ts';
import { positionsOf, type Task } from './tasks.ts';

/** What a processor has counted over all its partitions, and how many of them stand still. */
export type ProcessorCounts = FoldCounts & { failed: number };

/** How far a processor is behind, over all its partitions. */
export interface Standing {
  readonly processor: string;
  /** Records of what it reads that are still to be folded. */
  readonly lag: number;
  /** Smallest log time of its partitions, in ms; 0 before the first tick. */
  readonly logTime: number;
  /** Event time that folding has reached in the partition furthest behind, in ms; null when nothing is behind. */
  readonly eventTime: number | null;
  /** Keys held decoded. */
  readonly hotKeys: number;
  /** Processors before it that tell of no time, so that it stands: none of theirs runs, or part of it stands still. */
  readonly missing: readonly string[];
}

/** Ticks, about one a second: who is further behind than the others does not run. */
const TICKS_BEHIND_MAX = 60;

/** Counts of every processor over these folds. */
export function countsOf(folds: readonly Fold[]): ReadonlyMap<string, ProcessorCounts> {
  const sums = new Map<string, ProcessorCounts>();
  for (const { processor, counts, failure } of folds) {
    addCounts(sums, processor.name, { ...counts, failed: failure === null ? 0 : 1 });
  }
  return sums;
}

/** Adds to what is counted of a processor. */
export function addCounts(sums: Map<string, ProcessorCounts>, processor: string, counts: ProcessorCounts): void {
  const sum = sums.get(processor);
  if (sum === undefined) sums.set(processor, { ...counts });
  else for (const name of Object.keys(sum) as (keyof ProcessorCounts)[]) sum[name] += counts[name];
}

/** How far every processor is behind the log's end. */
export async function standingsOf(log: Log, tasks: readonly Task[]): Promise<readonly Standing[]> {
  const standings = tasks.flatMap(({ folds, eventTime }) =>
    folds.map(async (fold) => {
      const { processor, topic, partition, nextOffset, logTime, keyed } = fold;
      const lag = Math.max((await log.endOffset(topic, partition)) - nextOffset, 0);
      // A fold that has met no event since it began stands where its ticks do.
      const behind = lag > 0 ? (eventTime ?? logTime) : null;
      const missing = missingOf(fold);
      return { processor: processor.name, lag, logTime, eventTime: behind, hotKeys: keyed.hotKeys, missing };
    }),
  );
  return together(await Promise.all(standings));
}

function missingOf({ behind }: Fold): readonly string[] {
  return [...behind].filter(([, ticks]) => ticks === null || ticks > TICKS_BEHIND_MAX).map(([name]) => name);
}

/** Records of each topic that the slowest of its processors has not yet folded. */
export async function lagOf(log: Log, tasks: readonly Task[]): Promise<number> {
  let lag = 0;
  for (const { topic, partition, offset } of positionsOf(tasks, 0, ({ nextOffset }) => nextOffset)) {
    lag += Math.max(0, (await log.endOffset(topic, partition)) - offset);
  }
  return lag;
}

/** One standing a processor: of parts of it, as it stands as a whole. */
export function together(parts: readonly Standing[]): readonly Standing[] {
  const wholes = new Map<string, Standing>();
  for (const part of parts) {
    const known = wholes.get(part.processor);
    const whole = known && {
      processor: part.processor,
      lag: known.lag + part.lag,
      logTime: Math.min(known.logTime, part.logTime),
      eventTime: earlier(known.eventTime, part.eventTime),
      hotKeys: known.hotKeys + part.hotKeys,
      missing: [...new Set([...known.missing, ...part.missing])].sort(),
    };
    wholes.set(part.processor, whole ?? part);
  }
  return [...wholes.values()];
}

/** The state of a key, in whichever of these folds has it. */
export function stateIn(folds: readonly Fold[], processor: string, key: string): unknown {
  for (const fold of folds) {
    if (fold.processor.name !== processor) continue;
    for (const { key: known, entry } of fold.keyed.all()) if (known === key) return entry.state;
  }
  return undefined;
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
