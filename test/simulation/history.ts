import { readFileSync } from 'node:fs';
import { processors } from '#processors';
import { EVENTS_TOPIC } from '#sdk';
import { tables } from '#schemas';
import { topicsOf } from '#runtime/engine/graph.ts';
import { derivedTopicsEqualOracle } from './checkers/derivedTopicsEqualOracle.ts';
import { stateEqualsFold } from './checkers/stateEqualsFold.ts';
import { tablesEqualOracle } from './checkers/tablesEqualOracle.ts';
import { KINDS, type Kind } from './faults.ts';
import type { Ports } from './ports.ts';
import { World } from './world.ts';

/** What came of one seed; `wrong` says what no fault may bring about. */
export interface Outcome {
  readonly seed: number;
  readonly wrong: string | null;
  readonly events: number;
  readonly lives: number;
  readonly faults: ReadonlyMap<Kind, number>;
  /** Faults that met events, commits or batches that were not yet safe. */
  readonly inFlight: number;
}

/** Seeds that failed once, which live before all others. */
export const REGRESSIONS = new URL('regressions.json', import.meta.url);
export const regressions = JSON.parse(readFileSync(REGRESSIONS, 'utf8')) as readonly number[];

/** Folding everything again is dear, so only some seeds do it. */
const FOLDED_AGAIN = 8;

const WRITTEN: ReadonlySet<string> = new Set([EVENTS_TOPIC, ...topicsOf(processors).map(({ name }) => name)]);

/**
 * Those of what these processors write: others would stay empty. By name, since the order of a module's exports is
 * another under vitest, and a seed must be one history wherever it runs.
 */
const TABLES = Object.values(tables)
  .filter(({ from }) => WRITTEN.has(from.name))
  .toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** Lives one history and checks it. */
export async function history(seed: number, mutate?: (ports: Ports) => Ports): Promise<Outcome> {
  const world = new World({ seed, processors, tables: TABLES, ...(mutate && { mutate }) });
  let wrong: string | null;
  try {
    await world.run();
    wrong = (await derivedTopicsEqualOracle(world)) ?? (await tablesEqualOracle(world));
    if (wrong === null && seed % FOLDED_AGAIN === 0) wrong = await stateEqualsFold(world, seed);
  } catch (error) {
    wrong = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const { counts, inFlight } = world.faults.tally;
  return { seed, wrong, events: world.events, lives: world.lives, faults: counts, inFlight };
}

/** Sums over many histories. */
export class Summary {
  seeds = 0;
  events = 0;
  lives = 0;
  struck = 0;
  readonly faults = new Map<Kind, number>(KINDS.map((kind) => [kind, 0]));

  add({ events, lives, faults, inFlight }: Outcome): void {
    this.seeds++;
    this.events += events;
    this.lives += lives;
    if (inFlight > 0) this.struck++;
    for (const [kind, count] of faults) this.faults.set(kind, (this.faults.get(kind) ?? 0) + count);
  }

  get text(): string {
    const share = ((100 * this.struck) / Math.max(1, this.seeds)).toFixed(1);
    const faults = [...this.faults].map(([kind, count]) => `${kind} ${count}`).join(', ');
    return `${this.seeds} seeds, ${this.events} records, ${this.lives} lives; in ${share} % of the seeds a fault hit work in flight; ${faults}`;
  }
}

export function failure({ seed, wrong }: Outcome): string {
  return `seed ${seed}: ${wrong}\n  again: npm run simulate -- --seed ${seed}`;
}
