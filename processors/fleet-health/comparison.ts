import type { HealthCell } from '#schemas';
import { periodOf } from './cells.ts';
import { Gains, type Trial } from './evidence.ts';

/** What is compared. */
export type Dimension = 'LOT' | 'FIRMWARE';

/** A lot or a firmware beside its like. */
export interface Compared {
  readonly name: string;
  /** What each stratum of devices that are alike in all else shows on each day. */
  readonly trials: readonly Trial[];
  /** What each day shows, whatever the devices are. */
  readonly crude: readonly Trial[];
  readonly crashedAlone: number;
  readonly aloneMs: number;
  readonly unknownMs: number;
}

interface Sums {
  readonly crashed: number;
  readonly atRiskMs: number;
  readonly unknownMs: number;
}

const NO_SUMS: Sums = { crashed: 0, atRiskMs: 0, unknownMs: 0 };

/** Of one dimension, at most so many are compared; those with the most time at risk. */
export const COMPARED_MAX = 500;

/**
 * From this evidence on a lot or a firmware is no one's like from the next day on, so that of two that are bad neither
 * hides the other. What is known of the days before decides, so the evidence of the others stays what it is.
 */
const SUSPECT_EVIDENCE = 5;

/**
 * Sets every lot, or every firmware, against the others. Devices of which it is not known are no one's like, as they
 * may be of any; where another dimension is not known, the devices of which it is not known are alike in it.
 */
export function compare(cells: readonly HealthCell[], dimension: Dimension): readonly Compared[] {
  const known = cells.filter((cell) => !cell.overflow && !isEmpty(cell) && nameOf(cell, dimension) !== null);
  const crude = besides(known, dimension, () => '');
  const all = Array.from(besides(known, dimension, stratumOf), ([name, { trials, alone }]) => {
    const { crashed: crashedAlone, atRiskMs: aloneMs, unknownMs } = alone;
    return { name, trials, crude: crude.get(name)?.trials ?? [], crashedAlone, aloneMs, unknownMs };
  });
  if (all.length <= COMPARED_MAX) return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  const riskOf = ({ trials }: Compared) => trials.reduce((sum, { atRiskMs }) => sum + atRiskMs, 0);
  return all.sort((a, b) => riskOf(b) - riskOf(a) || (a.name < b.name ? -1 : 1)).slice(0, COMPARED_MAX);
}

type StratumOf = (cell: HealthCell, dimension: Dimension) => string;

/** What one lot or firmware shows beside its like, and what of it has no like; all that is unknown of it. */
interface Beside {
  readonly trials: Trial[];
  readonly gains: Gains;
  alone: Sums;
}

/** One trial for each lot or firmware in each stratum on each day. */
function besides(cells: readonly HealthCell[], dimension: Dimension, of: StratumOf): ReadonlyMap<string, Beside> {
  const made = new Map<string, Beside>();
  let suspects: ReadonlySet<string> = new Set();
  for (const [day, ofDay] of daysOf(cells)) {
    for (const { stratum, names } of placesOf(ofDay, dimension, of)) {
      const likes = [...names].reduce((sum, [name, each]) => (suspects.has(name) ? sum : plus(sum, each)), NO_SUMS);
      for (const [name, { crashed, atRiskMs, unknownMs }] of names) {
        const beside = made.get(name) ?? { trials: [], gains: new Gains(), alone: NO_SUMS };
        made.set(name, beside);
        const own = suspects.has(name) ? NO_SUMS : { crashed, atRiskMs };
        const like = { likeCrashed: likes.crashed - own.crashed, likeAtRiskMs: likes.atRiskMs - own.atRiskMs };
        const isCompared = like.likeAtRiskMs > 0 && atRiskMs > 0;
        beside.alone = plus(beside.alone, isCompared ? { ...NO_SUMS, unknownMs } : { crashed, atRiskMs, unknownMs });
        if (!isCompared) continue;
        const trial = { period: periodOf(day), stratum, crashed, atRiskMs, ...like };
        beside.trials.push(trial);
        beside.gains.take(trial);
      }
    }
    suspects = suspectsOf(made, periodOf(day));
  }
  return made;
}

function suspectsOf(made: ReadonlyMap<string, Beside>, period: number): ReadonlySet<string> {
  const suspected = [...made].filter(([, { gains }]) => {
    const { now, both } = gains.evidence(period, 1);
    return Math.max(now, both) >= SUSPECT_EVIDENCE;
  });
  return new Set(suspected.map(([name]) => name));
}

function daysOf(cells: readonly HealthCell[]): readonly (readonly [number, readonly HealthCell[]])[] {
  const days = new Map<number, HealthCell[]>();
  for (const cell of cells) {
    const ofDay = days.get(cell.day);
    if (ofDay === undefined) days.set(cell.day, [cell]);
    else ofDay.push(cell);
  }
  return [...days].sort(([a], [b]) => a - b);
}

/** The devices of one day that are alike in all else, by the lot or firmware that they are of. */
interface Place {
  readonly stratum: string;
  readonly names: ReadonlyMap<string, Sums>;
}

function placesOf(cells: readonly HealthCell[], dimension: Dimension, of: StratumOf): Iterable<Place> {
  const places = new Map<string, { readonly stratum: string; readonly names: Map<string, Sums> }>();
  for (const cell of cells) {
    const stratum = of(cell, dimension);
    const name = nameOf(cell, dimension) as string;
    for (const [history, sums] of histories(cell)) {
      const key = `${history} ${stratum}`;
      const place = places.get(key) ?? { stratum, names: new Map<string, Sums>() };
      places.set(key, place);
      place.names.set(name, plus(place.names.get(name) ?? NO_SUMS, sums));
    }
  }
  return places.values();
}

function plus(one: Sums, other: Sums): Sums {
  return {
    crashed: one.crashed + other.crashed,
    atRiskMs: one.atRiskMs + other.atRiskMs,
    unknownMs: one.unknownMs + other.unknownMs,
  };
}

/**
 * Devices that crashed in the period before are like each other alone: some crash whatever they run, and where a lot
 * has more of them by chance, each period would say so anew.
 */
function histories({ firstCrashes, firstCrashesAgain, atRiskMs, atRiskAgainMs, unknownMs }: HealthCell) {
  const fresh = { crashed: firstCrashes - firstCrashesAgain, atRiskMs: atRiskMs - atRiskAgainMs, unknownMs };
  if (firstCrashesAgain === 0 && atRiskAgainMs === 0) return [['fresh', fresh]] as const;
  return [
    ['fresh', fresh],
    ['again', { crashed: firstCrashesAgain, atRiskMs: atRiskAgainMs, unknownMs: 0 }],
  ] as const;
}

/** Whether late reports have taken everything out of a cell again. */
function isEmpty({ expectedMs, atRiskMs, firstCrashes }: HealthCell): boolean {
  return expectedMs === 0 && atRiskMs === 0 && firstCrashes === 0;
}

function nameOf({ lot, firmware }: HealthCell, dimension: Dimension): string | null {
  return dimension === 'LOT' ? lot : firmware;
}

/** All that is held equal. */
function stratumOf({ model, hardware, firmware, lot, site, technology }: HealthCell, dimension: Dimension): string {
  return JSON.stringify([model, hardware, dimension === 'LOT' ? firmware : lot, site, technology]);
}
