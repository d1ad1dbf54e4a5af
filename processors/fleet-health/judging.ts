import type { HealthCell, HealthPolicy } from '#schemas';
import { periodOf } from './cells.ts';
import { compare, type Compared, type Dimension } from './comparison.ts';
import {
  discoveries,
  dispersionOf,
  evidenceOf,
  type Ratio,
  ratioOf,
  type Spread,
  spreadOf,
  type Trial,
} from './evidence.ts';

/** What is found of a lot or a firmware. */
export interface Judged {
  readonly dimension: Dimension;
  readonly name: string;
  readonly verdict: 'NOT_ENOUGH' | 'UNDECIDED' | 'NOT_WORSE' | 'WORSE';
  readonly confounded: boolean;
  readonly ratio: Ratio;
  readonly dispersion: number;
  readonly crudeRatio: number | null;
  readonly evidence: number;
  readonly needed: number;
  readonly crudeEvidence: number;
  readonly crashed: number;
  readonly likeCrashed: number;
  readonly atRiskMs: number;
  readonly likeAtRiskMs: number;
  readonly compared: Compared;
  readonly count: number;
}

/** An alert that is open goes on until its evidence is less than this share of what is needed. */
export const STAYS_SHARE = 0.1;

/** Judges every lot or every firmware by the cells up to a day, that day included. */
export function judge(
  cells: readonly HealthCell[],
  upTo: number,
  dimension: Dimension,
  policy: HealthPolicy,
): readonly Judged[] {
  const period = periodOf(upTo);
  const seen = cells.filter(({ day }) => day <= upTo && periodOf(day) >= period - 1);
  const each = compare(seen, dimension);
  const spreads = each.map(({ trials }) => spreadOf(trials, ratioOf(trials).ratio ?? 1));
  const all = each.map((compared, i) => summed(compared, period, dispersionOf(spreads[i] as Spread, spreads)));
  const count = all.filter(({ compared }) => compared.trials.length > 0).length;
  // What is not told of whatever its evidence has none, so that the bound holds of what is told.
  const rated = (evidence: readonly number[]) => {
    const found = discoveries([...evidence, ...none(count - evidence.length)], policy.falseDiscoveryRate);
    return { found, needed: (rank: number) => Math.max(count, 1) / (Math.max(rank, 1) * policy.falseDiscoveryRate) };
  };
  const strict = rated(all.filter((one) => isCandidate(one, policy)).map(({ evidence }) => evidence));
  const crude = rated(all.map(({ crudeEvidence }) => crudeEvidence).slice(0, count));
  return all.map((one) => {
    const isTold = isCandidate(one, policy) && strict.found > 0 && one.evidence >= strict.needed(strict.found);
    const isCrude = crude.found > 0 && one.crudeEvidence >= crude.needed(crude.found);
    const needed = strict.needed(isTold ? strict.found : strict.found + 1);
    const verdict = isTold ? 'WORSE' : verdictOf(one, policy);
    return { ...one, dimension, verdict, needed, confounded: isCrude !== isTold && isOutside(one), count };
  });
}

/** Whether an alert that was raised before may go on. */
export function staysWorse(judged: Judged | undefined, policy: HealthPolicy): boolean {
  if (judged === undefined || !isCandidate(judged, policy)) return false;
  return judged.verdict === 'WORSE' || judged.evidence >= judged.needed * STAYS_SHARE;
}

/** How many of its newest crashes would have had not to be, for it to stay silent. */
export function crashesToSpare({ compared, dispersion, needed }: Judged, upTo: number): number {
  const trials = [...compared.trials];
  const crashed = trials.reduce((sum, each) => sum + each.crashed, 0);
  for (let spared = 0; spared < crashed; spared++) {
    if (evidenceOf(trials, periodOf(upTo), dispersion) < needed) return spared;
    const last = trials.findLastIndex((trial) => trial.crashed > 0);
    trials[last] = { ...(trials[last] as Trial), crashed: (trials[last] as Trial).crashed - 1 };
  }
  return crashed;
}

type Summed = Omit<Judged, 'dimension' | 'verdict' | 'confounded' | 'needed' | 'count'>;

function summed(compared: Compared, period: number, dispersion: number): Summed {
  const { name, trials, crude } = compared;
  const [ratio, crudeRatio] = [ratioOf(trials, dispersion), ratioOf(crude)];
  const sum = (of: (trial: Trial) => number) => trials.reduce((before, trial) => before + of(trial), 0);
  return {
    name,
    compared,
    ratio,
    dispersion,
    crudeRatio: crudeRatio.ratio,
    evidence: evidenceOf(trials, period, dispersion),
    crudeEvidence: evidenceOf(crude, period, 1),
    crashed: sum(({ crashed }) => crashed),
    likeCrashed: sum(({ likeCrashed }) => likeCrashed),
    atRiskMs: sum(({ atRiskMs }) => atRiskMs),
    likeAtRiskMs: sum(({ likeAtRiskMs }) => likeAtRiskMs),
  };
}

function isEnough({ crashed, likeCrashed }: Summed, { crashesMin }: HealthPolicy): boolean {
  return crashed + likeCrashed >= crashesMin;
}

/** Whether it may be told of as worse, if the evidence is there. */
function isCandidate(summed: Summed, policy: HealthPolicy): boolean {
  const { crashed, ratio } = summed;
  // Where its like never crashed, the ratio is beyond all bounds.
  const isTolerated = ratio.ratio !== null && ratio.ratio < policy.ratioTolerated;
  return isEnough(summed, policy) && crashed >= policy.devicesMin && !isTolerated;
}

function verdictOf(summed: Summed, policy: HealthPolicy): Judged['verdict'] {
  if (!isEnough(summed, policy)) return 'NOT_ENOUGH';
  const { high } = summed.ratio;
  return high !== null && high <= policy.ratioTolerated ? 'NOT_WORSE' : 'UNDECIDED';
}

/** Whether the crude ratio lies outside the interval of the one where all else is equal. */
function isOutside({ crudeRatio, ratio: { low, high } }: Summed): boolean {
  return crudeRatio !== null && low !== null && high !== null && (crudeRatio < low || crudeRatio > high);
}

function none(count: number): readonly number[] {
  return Array.from({ length: Math.max(0, count) }, () => 0);
}
