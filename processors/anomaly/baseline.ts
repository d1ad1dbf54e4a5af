import { DAY_SLOTS, HOUR_SLOTS, WEEK_SLOTS } from './season.ts';
import { guess } from './tail.ts';

/** What is known of a series: plain data of fixed size, which an Avro record holds in less than 2 KiB. */
export interface Baseline {
  /** Points that were seen. */
  readonly count: number;
  /** Points that what the cohort lent is worth. */
  readonly lent: number;
  /** Of the first and the newest point, in milliseconds since the epoch. */
  readonly began: number;
  readonly time: number;
  readonly intervalMs: number;
  readonly value: number;
  /** The slow level, free of season, and the points that its cohort's level is worth. */
  readonly level: number;
  readonly levelLent: number;
  /** The newest deviation from level and season, and a mean of the newest eight. */
  readonly deviation: number;
  readonly recent: number;
  /** Sums of squares and products of `deviation` and `recent`, and of both with the deviation that followed. */
  readonly moments: readonly number[];
  /** Mean absolute error of the level alone, with the season of the day, and with that of the week too. */
  readonly errors: readonly number[];
  /** Mean absolute residual of the forecast, deviation, change, and of the means below. */
  readonly residualScale: number;
  readonly deviationScale: number;
  readonly changeScale: number;
  readonly shiftScale: number;
  readonly leanScale: number;
  /** Means over a window: of deviations (short and long), residuals, changes, and how unlikely residuals were. */
  readonly shift: number;
  readonly lean: number;
  readonly noise: number;
  readonly change: number;
  readonly burst: number;
  /** Points in a row that the shift was far out, with its sign. */
  readonly away: number;
  /** Points until the open incident closes, 0 if none is open, and how unlikely its alarm was. */
  readonly open: number;
  readonly peak: number;
  /** The means of days: of the day that lasts, of the last one, their slow mean and the distance from it. */
  readonly daySum: number;
  readonly dayCount: number;
  readonly dayMean: number;
  readonly dayLevel: number;
  readonly daySpread: number;
  readonly days: number;
  /** The tail of each statistic. */
  readonly tails: readonly number[];
  /** What the series is off its level by quarter of an hour of the day, and beyond that by hour of the week. */
  readonly day: readonly number[];
  readonly week: readonly number[];
  /** Residual scale by hour of the day, relative to that of all. */
  readonly spread: readonly number[];
}

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

export type Statistic = (typeof STATISTICS)[number] | 'drift';

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
  ],
  day: Array.from({ length: DAY_SLOTS }, () => 0),
  week: Array.from({ length: WEEK_SLOTS }, () => 0),
  spread: Array.from({ length: HOUR_SLOTS }, () => 1),
};
