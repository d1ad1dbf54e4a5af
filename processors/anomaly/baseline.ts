import type { Baseline as BaselineRecord } from '#schemas';
import type { Growth } from './counter.ts';
import { begun, EMPTY_PROFILE, type Present } from './profile.ts';
import { RANKS, RECORDS } from './records.ts';
import { STANDSTILL_NUMBERS } from './standstill.ts';
import { guess } from './tail.ts';

/** What is known of a series: how it usually is, by what it was. Its members are documented in Baseline.avsc. */
export interface Baseline extends Omit<BaselineRecord, 'day' | 'week' | 'spread'>, Present, Growth {}

/** A baseline that is written anew with each value: one of its own each would be two kilobytes that nobody keeps. */
export type Draft = { -readonly [Member in keyof Baseline]: Baseline[Member] };

/** The statistics with a tail of their own, in the order of `tails`. */
export const STATISTICS = [
  'jump up',
  'jump down',
  'shift up',
  'shift down',
  'lean up',
  'lean down',
  'noise',
  'stillness',
  'burst',
] as const;

export type Statistic = (typeof STATISTICS)[number] | (typeof RECORDS)[number] | 'drift' | 'standstill';

/** Logarithmic statistics of a normal series lie about there. */
const RATIO_TAIL = guess(1.2, 0.2);

/** The baseline of a series of which nothing is known. */
export const EMPTY: Baseline = {
  count: 0,
  lent: 0,
  began: 0,
  time: 0,
  intervalMs: 0,
  value: 0,
  level: 0,
  levelLent: 0,
  deviation: 0,
  recent: 0,
  moments: [0, 0, 0, 0, 0],
  errors: [0, 0, 0],
  residualScale: 0,
  deviationScale: 0,
  changeScale: 0,
  shiftScale: 0,
  leanScale: 0,
  shift: 0,
  lean: 0,
  noise: 0,
  change: 0,
  burst: 0,
  away: 0,
  open: 0,
  peak: 0,
  daySum: 0,
  dayCount: 0,
  dayMean: 0,
  dayLevel: 0,
  daySpread: 0,
  days: 0,
  tails: [
    ...[RATIO_TAIL, RATIO_TAIL, RATIO_TAIL, RATIO_TAIL, RATIO_TAIL, RATIO_TAIL].flat(),
    ...guess(1, 0.3),
    ...guess(1, 0.3),
    ...guess(2, 0.5),
    ...Array.from({ length: STANDSTILL_NUMBERS }, () => 0),
  ],
  records: Array.from({ length: RANKS * RECORDS.length }, () => 0),
  recorded: 0,
  entries: 0,
  judged: 0,
  grown: 0,
  growth: 0,
  growthScale: 0,
  ...begun(EMPTY_PROFILE, 0),
};

export function draft(): Draft {
  const { moments, errors, tails, records } = EMPTY;
  return { ...EMPTY, moments: [...moments], errors: [...errors], tails: [...tails], records: [...records] };
}
