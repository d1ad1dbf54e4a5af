import type { HealthCell } from '#schemas';
import { periodOf } from './cells.ts';
import type { Trial } from './evidence.ts';

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
  crashed: number;
  atRiskMs: number;
}

interface Making {
  readonly trials: Trial[];
  readonly crude: Trial[];
  crashedAlone: number;
  aloneMs: number;
  unknownMs: number;
}

/** Of one dimension, at most so many are compared; those with the most time at risk. */
export const COMPARED_MAX = 500;

/**
 * Sets every lot, or every firmware, against the others. Devices of which it is not known are no one's like, as they
 * may be of any; where another dimension is not known, the devices of which it is not known are alike in it.
 */
export function compare(cells: readonly HealthCell[], dimension: Dimension): readonly Compared[] {
  const known = cells.filter((cell) => !cell.overflow && !isEmpty(cell) && nameOf(cell, dimension) !== null);
  const made = new Map<string, Making>();
  const makingOf = (name: string) => {
    const making = made.get(name) ?? { trials: [], crude: [], crashedAlone: 0, aloneMs: 0, unknownMs: 0 };
    made.set(name, making);
    return making;
  };
  for (const { name, trial, unknownMs } of trialsOf(known, dimension, stratumOf)) {
    const making = makingOf(name);
    making.unknownMs += unknownMs;
    if (trial.likeAtRiskMs > 0 && trial.atRiskMs > 0) making.trials.push(trial);
    else {
      making.crashedAlone += trial.crashed;
      making.aloneMs += trial.atRiskMs;
    }
  }
  for (const { name, trial } of trialsOf(known, dimension, () => '')) {
    if (trial.likeAtRiskMs > 0 && trial.atRiskMs > 0) makingOf(name).crude.push(trial);
  }
  const all = Array.from(made, ([name, making]) => ({ name, ...making }));
  if (all.length <= COMPARED_MAX) return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  const riskOf = ({ trials }: Compared) => trials.reduce((sum, { atRiskMs }) => sum + atRiskMs, 0);
  return all.sort((a, b) => riskOf(b) - riskOf(a) || (a.name < b.name ? -1 : 1)).slice(0, COMPARED_MAX);
}

type StratumOf = (cell: HealthCell, dimension: Dimension) => string;

/** One trial for each lot or firmware in each stratum on each day. */
function* trialsOf(cells: readonly HealthCell[], dimension: Dimension, of: StratumOf) {
  const strata = new Map<string, Map<string, Sums & { unknownMs: number }>>();
  const places = new Map<string, { readonly day: number; readonly stratum: string }>();
  for (const cell of cells) {
    const stratum = of(cell, dimension);
    const place = `${cell.day} ${stratum}`;
    places.set(place, { day: cell.day, stratum });
    const names = strata.get(place) ?? new Map<string, Sums & { unknownMs: number }>();
    strata.set(place, names);
    const name = nameOf(cell, dimension) as string;
    const { crashed, atRiskMs, unknownMs } = names.get(name) ?? { crashed: 0, atRiskMs: 0, unknownMs: 0 };
    names.set(name, {
      crashed: crashed + cell.firstCrashes,
      atRiskMs: atRiskMs + cell.atRiskMs,
      unknownMs: unknownMs + cell.unknownMs,
    });
  }
  for (const [place, names] of strata) {
    const { day, stratum } = places.get(place) as { day: number; stratum: string };
    const total: Sums = { crashed: 0, atRiskMs: 0 };
    for (const { crashed, atRiskMs } of names.values()) {
      total.crashed += crashed;
      total.atRiskMs += atRiskMs;
    }
    for (const [name, { crashed, atRiskMs, unknownMs }] of names) {
      const like = { likeCrashed: total.crashed - crashed, likeAtRiskMs: total.atRiskMs - atRiskMs };
      yield { name, unknownMs, trial: { period: periodOf(day), stratum, crashed, atRiskMs, ...like } };
    }
  }
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
