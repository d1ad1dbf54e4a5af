import { type DeadLettered, redriven } from '#sdk';
import type { NewRecord, Transactor } from '../log/log.ts';
import { AGAIN_TOPIC } from '../webhook/letters.ts';
import { type Letter, type LetterFilter, type LettersOptions, readLetters } from './letters.ts';
import { Marks } from './marks.ts';
import { originalOf, rootOf } from './original.ts';

/** What is to be put in again, and how. */
export interface RedriveOptions extends LettersOptions {
  readonly filter: LetterFilter;
  /** Also what was put in again before. */
  readonly again: boolean;
  /** Writes nothing. */
  readonly dryRun: boolean;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** What became of letters that were read together: their records and marks are durable, in one transaction. */
export interface RedrivePart {
  readonly redrives: readonly Redrive[];
  readonly read: number;
  readonly of: number;
}

/** What became of one letter. */
export interface Redrive {
  readonly id: string;
  readonly state: 'redriven' | 'would_redrive' | 'already_redriven' | 'refused';
  /** Where its record stood first, as topic/partition/offset; null where it never was one. */
  readonly root: string | null;
  /** Of a refusal. */
  readonly code: string | null;
  readonly detail: string | null;
}

const WRITER = 'fleet-redrive';

/**
 * Puts the records of dead letters into their topic again, each with a mark in the same transaction, so that a second
 * run, or one after a crash, does what is left. A later run fences this one, which then rejects with `fenced`.
 */
export async function* redrive(options: RedriveOptions): AsyncGenerator<RedrivePart> {
  // Whoever held the id before is fenced, and its transaction ended, before the marks are read.
  const transactor = options.dryRun ? null : await opened(options);
  const marks = await Marks.read(options, !options.dryRun);
  const met = new Set<string>();
  for await (const { letters, read, of } of readLetters(options, options.filter)) {
    const redrives: Redrive[] = [];
    const records: NewRecord[] = [];
    for (const letter of letters) {
      const [redrive, ...again] = await judged(letter, options, marks, met);
      redrives.push(redrive);
      records.push(...again);
    }
    // Nothing is told as done before it is durable.
    if (records.length > 0) await transactor?.commit(records);
    yield { redrives, read, of };
  }
}

/** What becomes of a letter, and the records that make it so. */
async function judged(
  letter: Letter,
  { log, partitions, again, dryRun, clock }: RedriveOptions,
  marks: Marks,
  met: Set<string>,
): Promise<[Redrive, ...NewRecord[]]> {
  const { id, value } = letter;
  const root = rootOf(letter, { partitions });
  if ('code' in root) return [{ id, state: 'refused', root: null, ...root }];
  const known = { id, root: root.name, code: null, detail: null };
  // Two processors that gave one record up wrote two letters of it.
  if (met.has(root.name) || (marks.times(root) > 0 && !again)) return [{ ...known, state: 'already_redriven' }];
  const original = await originalOf(log, root, value as DeadLettered);
  if ('code' in original) return [{ ...known, state: 'refused', ...original }];
  met.add(root.name);
  if (dryRun) return [{ ...known, state: 'would_redrive' }];
  const time = clock();
  return [{ ...known, state: 'redriven' }, { ...original, timestamp: time }, marks.next(root, id, time)];
}

async function opened({ log, partitions }: RedriveOptions): Promise<Transactor> {
  await log.ensureTopics([
    { name: redriven.name, partitions: 1, cleanup: redriven.cleanup },
    { name: AGAIN_TOPIC, partitions, cleanup: 'delete' },
  ]);
  return log.transactor(WRITER);
}
