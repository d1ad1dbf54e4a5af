import { type Baseline, EMPTY } from './baseline.ts';
import { COUNTER, isCounter } from './counter.ts';
import { begun, numbersOf, profileOf } from './profile.ts';
import { lentStandstill } from './standstill.ts';
import { STANDSTILL_AT } from './statistics.ts';

/** What the series of like devices have in common: the start of one that has no past of its own. */
export interface Prior {
  /** Level, scales, seasons and tails: the medians of the members. Nothing in it is of a moment. */
  readonly baseline: Baseline;
  /** The mean absolute distance of the members' levels from their median. */
  readonly levelSpread: number;
  /** Points that the prior is worth against a series' own. */
  readonly worth: number;
}

/** A cohort lends at most so many points, which a day of five minutes' reports equals. */
const WORTH_MAX = 300;

/** A baseline whose records are of fewer points tells nothing of its cohort. */
const MEMBER_POINTS_MIN = 500;

/** The baseline of a series before its first point; with its cohort's prior it starts from what its like do. */
export function start(prior: Prior | null = null): Baseline {
  if (prior === null) return EMPTY;
  const { baseline, levelSpread, worth } = prior;
  // The variance within a series over that between them is the weight of the best linear estimate of a member's mean.
  const ratio = baseline.deviationScale / Math.max(levelSpread, baseline.deviationScale / 20);
  return { ...baseline, lent: worth, levelLent: Number.isFinite(ratio) ? Math.min(worth, ratio * ratio) : 0 };
}

/** The prior of a cohort, or null where no member is old enough. */
export function priorOf(members: readonly Baseline[]): Prior | null {
  const old = members.filter(({ recorded }) => recorded >= MEMBER_POINTS_MIN);
  const counters = old.filter(isCounter);
  // Counters are judged by what they grow by, so the few that differ in that tell nothing of the others.
  const grown = counters.length > old.length / 2 ? counters : old.filter((member) => !isCounter(member));
  if (grown.length === 0) return null;
  const of = (read: (member: Baseline) => number) => median(grown.map(read));
  const each = (read: (member: Baseline) => readonly number[]) =>
    read(EMPTY).map((_, slot) => of((member) => read(member)[slot] as number));
  const level = of((member) => member.level);
  // One member may be an odd one; two thirds of the trust come with three.
  const worth = (WORTH_MAX * grown.length) / (grown.length + 1.5);
  const baseline: Baseline = {
    ...EMPTY,
    level,
    grown: (grown[0] as Baseline).grown === COUNTER ? COUNTER : 0,
    intervalMs: of((member) => member.intervalMs),
    moments: each((member) => member.moments),
    errors: each((member) => member.errors),
    residualScale: of((member) => member.residualScale),
    deviationScale: of((member) => member.deviationScale),
    changeScale: of((member) => member.changeScale),
    shiftScale: of((member) => member.shiftScale),
    leanScale: of((member) => member.leanScale),
    noise: of((member) => member.residualScale),
    change: of((member) => member.changeScale),
    burst: of((member) => member.burst),
    tails: lentStandstill(
      each((member) => member.tails),
      STANDSTILL_AT,
      worth,
    ).map(Math.fround),
    records: each((member) => member.records),
    ...begun(profileOf(each(numbersOf)), 0),
  };
  const levelSpread = grown.reduce((sum, member) => sum + Math.abs(member.level - level), 0) / grown.length;
  return { baseline, levelSpread, worth };
}

function median(values: readonly number[]): number {
  const sorted = values.slice().sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}
