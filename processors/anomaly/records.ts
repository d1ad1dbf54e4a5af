import { exp, log } from '#sdk';
import type { Baseline } from './baseline.ts';
import type { Forecast } from './forecast.ts';

/**
 * The greatest that was seen, in lists of RANKS numbers, greatest first: of values, of values with their sign turned,
 * of residuals, of residuals turned. A point beyond all of a list is a record.
 */
export const RANKS = 5;

/** The records in the order of the lists. */
export const RECORDS = ['record high', 'record low', 'record rise', 'record fall'] as const;

/** Those of values; a cohort lends none of them, since its members have levels of their own. */
const OWN_LISTS = 2;

/** The first points teach the baseline itself, and no list. */
const START_POINTS = 20;

/** A list stands for so many points at most: from then on it sinks as fast as new entries raise it. */
const MEMORY = 20_000;
const SINK_POINTS = 100;

/** Values that enter their lists are counted over so many points. */
const ENTRY_POINTS = 500;

/** What each list is compared with. */
export function comparedOf(value: number, { residual }: Forecast): readonly number[] {
  return [value, -value, residual, -residual];
}

/**
 * The logarithm of the probability of a point beyond all of a list, 0 if it is not. One of n + 1 like points is among
 * the RANKS greatest with RANKS / (n + 1), and what it exceeds the last of the others by, over the sum of what those
 * do, has a Lomax distribution where the tail is exponential, whatever its scale (spacings, Rényi 1953).
 */
export function logRecord(baseline: Baseline, list: number, compared: number, floor: number): number {
  if (filledOf(baseline, list) < RANKS || compared <= (baseline.records[list * RANKS] as number)) return 0;
  return Math.min(0, logEntry(baseline, list) - (RANKS - 1) * log(excessOf(baseline, list, compared, floor)));
}

/** By how much a point exceeds the last of a list, in the sum of what the others do, and one. */
export function excessOf({ records }: Baseline, list: number, compared: number, floor: number): number {
  const last = records[list * RANKS + RANKS - 1] as number;
  return 1 + Math.max(0, compared - last) / spanOf(records, list, floor);
}

/** The excess at which a record has the probability of that logarithm. */
export function excessAt(baseline: Baseline, list: number, logProbability: number): number {
  return exp(Math.max(0, logEntry(baseline, list) - logProbability) / (RANKS - 1));
}

/** The least that is a record with that probability; infinite while the list is not full. */
export function recordAt(baseline: Baseline, list: number, logProbability: number, floor: number): number {
  if (filledOf(baseline, list) < RANKS) return Infinity;
  const { records } = baseline;
  const beyond = (excessAt(baseline, list, logProbability) - 1) * spanOf(records, list, floor);
  return Math.max(records[list * RANKS] as number, (records[list * RANKS + RANKS - 1] as number) + beyond);
}

/** The lists with one more point, and how often values enter theirs. Most points enter none, and cost no copy. */
export function recorded(
  baseline: Baseline,
  compared: readonly number[],
): Pick<Baseline, 'records' | 'recorded' | 'entries'> {
  const { count, records, recorded, entries } = baseline;
  if (count < START_POINTS) return { records, recorded, entries };
  let next = recorded > MEMORY && recorded % SINK_POINTS === 0 ? sunk(records) : records;
  let entered = 0;
  for (let list = 0; list < RECORDS.length; list++) {
    const filled = filledOf(baseline, list);
    const one = compared[list] as number;
    if (filled === RANKS && one <= (next[list * RANKS + RANKS - 1] as number)) continue;
    if (filled === RANKS && list < OWN_LISTS) entered = 1;
    next = inserted(next, list * RANKS, filled, one);
  }
  return { records: next, recorded: recorded + 1, entries: entries + (entered - entries) / ENTRY_POINTS };
}

/**
 * The logarithm of the probability that the next point enters a list. Where values enter theirs oftener than like
 * points would, as on a slope, it is what they do.
 */
function logEntry({ lent, recorded, entries }: Baseline, list: number): number {
  const isOwn = list < OWN_LISTS;
  const points = Math.min((isOwn ? 0 : lent) + recorded, MEMORY);
  const share = RANKS / (points + 1);
  return log(isOwn ? Math.max(share, entries / OWN_LISTS) : share);
}

/** How many numbers a list holds. */
function filledOf({ lent, recorded }: Baseline, list: number): number {
  if (lent > 0 && list >= OWN_LISTS) return RANKS;
  return Math.min(recorded, RANKS);
}

/** The sum of what all of a list exceed the last of it by. */
function spanOf(records: readonly number[], list: number, floor: number): number {
  const at = list * RANKS;
  const last = records[at + RANKS - 1] as number;
  let span = floor;
  for (let rank = 0; rank < RANKS - 1; rank++) span += (records[at + rank] as number) - last;
  return span;
}

/** With a number in its place of a list that holds `filled` ones; the last of a full list goes. */
function inserted(records: readonly number[], at: number, filled: number, one: number): readonly number[] {
  // A baseline of the first version of its record comes without lists.
  const next = records.length > 0 ? records.slice() : Array.from({ length: RANKS * RECORDS.length }, () => 0);
  let rank = Math.min(filled, RANKS - 1);
  for (; rank > 0 && (records[at + rank - 1] as number) < one; rank--)
    next[at + rank] = records[at + rank - 1] as number;
  next[at + rank] = one;
  return next;
}

/** An entry raises a full list by a part of its span, and one comes in MEMORY / RANKS points. */
function sunk(records: readonly number[]): readonly number[] {
  const next = records.slice();
  for (let list = 0; list < RECORDS.length; list++) {
    const by = (spanOf(records, list, 0) * SINK_POINTS) / ((RANKS - 1) * MEMORY);
    for (let rank = 0; rank < RANKS; rank++) next[list * RANKS + rank] = (records[list * RANKS + rank] as number) - by;
  }
  return next;
}
