import { exp, log } from '#sdk';
import { countInterval, Z } from './intervals.ts';

/**
 * What one stratum shows on one day: of all devices that crashed there, how many are of the lot or firmware at hand,
 * and which share of the time at risk was theirs.
 */
export interface Trial {
  /** Number of the period of 28 days. */
  readonly period: number;
  readonly stratum: string;
  readonly crashed: number;
  readonly likeCrashed: number;
  readonly atRiskMs: number;
  readonly likeAtRiskMs: number;
}

/** The ratio of two crash rates with all else equal. */
export interface Ratio {
  /** Null where none of the like crashed. */
  readonly ratio: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** How many of those at hand would have crashed, had all crashed alike. */
  readonly expected: number;
}

/** The ratios that the evidence is mixed over, each as likely as the others. */
const RATIOS = [1.5, 2, 3, 5, 10];
const LOG_RATIOS = RATIOS.map(log);
const NO_GAINS: readonly number[] = RATIOS.map(() => 0);

/** Periods of 28 days that start in a year. */
const STARTS_EACH_YEAR = 13;

/** Strata whose counts say enough of their variance, and how many of them a dispersion can be told from. */
const VARIANCE_MIN = 0.5;
const STRATA_MIN = 4;

/** Evidence beyond this is none the less that much. */
const LOG_EVIDENCE_MAX = 600;

/**
 * The rate ratio of Mantel and Haenszel over the strata and days, with the interval of Greenland and Robins (1985) at
 * 95 % confidence, its variance multiplied by the dispersion.
 */
export function ratioOf(trials: readonly Trial[], dispersion = 1): Ratio {
  let [above, below, variance, expected] = [0, 0, 0, 0];
  for (const { crashed, likeCrashed, atRiskMs, likeAtRiskMs } of trials) {
    const share = atRiskMs / (atRiskMs + likeAtRiskMs);
    above += crashed * (1 - share);
    below += likeCrashed * share;
    variance += (crashed + likeCrashed) * share * (1 - share);
    expected += (crashed + likeCrashed) * share;
  }
  const ratio = below > 0 ? above / below : null;
  if (ratio === 0) return { ratio, low: 0, high: (countInterval(0).high * dispersion) / below, expected };
  if (ratio === null) return { ratio, low: null, high: null, expected };
  const factor = exp(Z * Math.sqrt((dispersion * variance) / (above * below)));
  return { ratio, low: ratio / factor, high: ratio * factor, expected };
}

/** How far the counts of strata are from what a ratio expects of them. */
export interface Spread {
  /** Pearson's statistic. */
  readonly pearson: number;
  /** Its degrees of freedom; 0 where too few strata tell. */
  readonly freedom: number;
}

/** Pearson's statistic over the strata, each over all its days. */
export function spreadOf(trials: readonly Trial[], ratio: number): Spread {
  const strata = new Map<string, { off: number; variance: number }>();
  for (const { stratum, crashed, likeCrashed, atRiskMs, likeAtRiskMs } of trials) {
    const share = (ratio * atRiskMs) / (ratio * atRiskMs + likeAtRiskMs);
    const sums = strata.get(stratum) ?? { off: 0, variance: 0 };
    sums.off += crashed - (crashed + likeCrashed) * share;
    sums.variance += (crashed + likeCrashed) * share * (1 - share);
    strata.set(stratum, sums);
  }
  const telling = [...strata.values()].filter(({ variance }) => variance >= VARIANCE_MIN);
  const pearson = telling.reduce((sum, { off, variance }) => sum + (off * off) / variance, 0);
  return telling.length < STRATA_MIN ? { pearson: 0, freedom: 0 } : { pearson, freedom: telling.length - 1 };
}

/**
 * How many times the variance is that of chance, at least 1 (quasi-Poisson): that of all that are compared together,
 * since one alone tells little of it; or its own, where it is larger than chance alone makes one in a hundred.
 */
export function dispersionOf({ pearson, freedom }: Spread, all: readonly Spread[]): number {
  const sum = (of: (spread: Spread) => number) => all.reduce((before, spread) => before + of(spread), 0);
  const together =
    sum((spread) => spread.pearson) /
    Math.max(
      1,
      sum((spread) => spread.freedom),
    );
  const isOwn = freedom > 0 && pearson > chiSquared99(freedom);
  return Math.max(1, together, isOwn ? pearson / freedom : 1);
}

/** The quantile of 0.99 of a chi-squared distribution (Wilson and Hilferty 1931). */
function chiSquared99(freedom: number): number {
  const root = 1 - 2 / (9 * freedom) + 2.3263478740408408 * Math.sqrt(2 / (9 * freedom));
  return freedom * root * root * root;
}

/**
 * The e-value against equal rates, for the alternative that the rate is higher. Given how many devices of a stratum
 * crashed on a day, the number of those at hand is binomial when rates are equal, whatever the site or the day did to
 * all of them; so the product over strata and days of the likelihood ratios for one rate ratio is a martingale with
 * mean 1, and so is the mean over several ratios (the method of mixtures, Robbins 1970).
 *
 * One such process starts with each period, goes on for two, and then stays as it is: a trouble that is new is not
 * held against what was before it, and one that lasts is seen in both. With the weight 1/13 for each of the starts of a
 * year, all together are one e-process (a Shiryaev-Roberts mixture, as the e-detectors of Shin, Ramdas and Rinaldo
 * 2023), of which the two that go on are told here. By Ville's inequality it reaches x within a year with a probability
 * of at most 1/x, however often one looks. A power of an e-value with an exponent below 1 is one too, so a dispersion
 * makes it smaller.
 *
 * It assumes that devices crash independently of each other but for what a stratum shares on a day, up to the
 * dispersion that is seen, and for whether they crashed in the period before; and that reports do not come late because
 * of what they tell.
 */
export function evidenceOf(trials: readonly Trial[], period: number, dispersion: number): number {
  const gains = new Gains();
  for (const trial of trials) gains.take(trial);
  const { now, both } = gains.evidence(period, dispersion);
  return (now + both) / STARTS_EACH_YEAR;
}

/** The logarithms of the likelihood ratios of one lot or firmware, of each rate ratio and period. */
export class Gains {
  readonly #periods = new Map<number, number[]>();

  take({ period, crashed, likeCrashed, atRiskMs, likeAtRiskMs }: Trial): void {
    const all = crashed + likeCrashed;
    if (all === 0) return;
    const gains = this.#periods.get(period) ?? [...NO_GAINS];
    this.#periods.set(period, gains);
    const share = atRiskMs / (atRiskMs + likeAtRiskMs);
    for (const [i, ratio] of RATIOS.entries()) {
      const gain = crashed * (LOG_RATIOS[i] as number) - all * log(1 + share * (ratio - 1));
      gains[i] = (gains[i] as number) + gain;
    }
  }

  /** The processes that began with this period, and with the one before. */
  evidence(period: number, dispersion: number): { readonly now: number; readonly both: number } {
    const now = this.#periods.get(period) ?? NO_GAINS;
    const before = this.#periods.get(period - 1) ?? NO_GAINS;
    const both = now.map((gain, i) => gain + (before[i] as number));
    return { now: mixed(now, dispersion), both: mixed(both, dispersion) };
  }
}

function mixed(gains: readonly number[], dispersion: number): number {
  const sum = gains.reduce((before, gain) => before + exp(Math.min(gain / dispersion, LOG_EVIDENCE_MAX)), 0);
  return sum / RATIOS.length;
}

/**
 * Which of several hypotheses are rejected, so that at most a share `rate` of them is expected to be so wrongly,
 * however their e-values depend on each other (e-BH of Wang and Ramdas 2022): the largest k of which each is at least
 * n/(k rate). What is told of at one time or another within a year keeps the bound as a whole, as long as as many are
 * compared: whoever is told of then had n/(k rate) at that time, and more are told of in the end than k.
 */
export function discoveries(evidence: readonly number[], rate: number): number {
  const sorted = evidence.toSorted((a, b) => b - a);
  return sorted.findLastIndex((each, i) => each >= evidence.length / ((i + 1) * rate)) + 1;
}
