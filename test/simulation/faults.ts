import type { TargetFaults } from '#runtime/clickhouse/simulated.ts';
import type { LogFaults } from '#runtime/log/simulated/log.ts';
import type { Chance } from './chance.ts';
import type { Fate } from './process.ts';

/** How often each thing goes wrong in one history; zero where this history is spared it. */
export interface Mix {
  /** Chance that a life of the process ends by a crash. */
  readonly crash: number;
  /** Chance that a process is paused rather than killed, and goes on when another has taken over. */
  readonly zombie: number;
  readonly writeRefused: number;
  readonly answerLost: number;
  readonly offsetGap: number;
  readonly shortFetch: number;
  readonly delay: number;
  readonly registryAway: number;
  readonly saveFails: number;
  /** Chance that a restart finds no local state, or an old copy of it. */
  readonly stateLost: number;
  readonly stateStale: number;
  readonly insertFails: number;
  readonly insertAnswerLost: number;
}

/** Each history has its own mixture: about half of the kinds, each with its own rate. */
export function mixFrom(chance: Chance): Mix {
  const rate = (most: number) => (chance.hit(0.5) ? chance.unit() * most : 0);
  return {
    crash: chance.hit(0.8) ? 0.5 + chance.unit() / 2 : 0,
    zombie: rate(0.6),
    writeRefused: rate(0.2),
    answerLost: rate(0.05),
    offsetGap: rate(0.3),
    shortFetch: rate(0.9),
    delay: rate(0.5),
    registryAway: rate(0.3),
    saveFails: rate(0.3),
    stateLost: rate(0.7),
    stateStale: rate(0.7),
    insertFails: rate(0.3),
    insertAnswerLost: rate(0.3),
  };
}

/** Every kind of fault that a history may meet. */
export const KINDS = [
  'crash',
  'zombie',
  'write_refused',
  'answer_lost',
  'offset_gap',
  'short_fetch',
  'delay',
  'registry_away',
  'save_failed',
  'state_lost',
  'state_stale',
  'insert_failed',
  'insert_answer_lost',
] as const;

export type Kind = (typeof KINDS)[number];

/** Points of its work at which a process may die; the empty one is any. */
export const POINTS = [
  '',
  '',
  'fetched',
  'folded',
  'commit.begin',
  'commit.done',
  'save.begin',
  'save.done',
  'log.fetch',
  'log.endOffset',
  'transactor.commit:begin',
  'transactor.commit:end',
  'store.write:begin',
  'store.write:end',
  'edge.forming',
  'edge.persisted',
  'inserted',
  'completed',
  'target.insert:begin',
  'target.insert:end',
  'target.complete',
  'target.watermarks',
];

/** What went wrong so far. */
export interface Tally {
  readonly counts: Map<Kind, number>;
  /** How many faults met events, commits or batches that were not yet safe. */
  inFlight: number;
  /** Where processes died. */
  readonly deaths: string[];
}

export function emptyTally(): Tally {
  return { counts: new Map(), inFlight: 0, deaths: [] };
}

/** Faults of one history. Once calm, nothing goes wrong any more, so that it can end. */
export class Faults {
  readonly mix: Mix;
  readonly tally = emptyTally();
  calm = false;
  readonly #chance: Chance;

  constructor(chance: Chance, mix: Mix) {
    this.#chance = chance;
    this.mix = mix;
  }

  strikes(kind: Kind, rate: number): boolean {
    if (this.calm || rate === 0 || !this.#chance.hit(rate)) return false;
    this.count(kind);
    return true;
  }

  count(kind: Kind): void {
    this.tally.counts.set(kind, (this.tally.counts.get(kind) ?? 0) + 1);
  }

  /** Faults of the log itself. */
  get log(): LogFaults {
    const { mix } = this;
    return {
      write: (operation) => {
        if (this.strikes('write_refused', mix.writeRefused)) return this.#met(operation, 'refuse');
        return this.strikes('answer_lost', mix.answerLost) ? this.#met(operation, 'unknown') : 'ok';
      },
      gap: () => (this.strikes('offset_gap', mix.offsetGap) ? this.#chance.int(1, 3) : 0),
      fetchRecordsMax: () =>
        this.strikes('short_fetch', mix.shortFetch) ? this.#chance.int(1, 20) : Number.MAX_SAFE_INTEGER,
    };
  }

  /** Faults of the tables' house. */
  get target(): TargetFaults {
    const { mix } = this;
    return {
      insert: () => {
        const failed = this.strikes('insert_failed', mix.insertFails);
        const lost = !failed && this.strikes('insert_answer_lost', mix.insertAnswerLost);
        if (failed || lost) this.tally.inFlight++;
        return failed ? 'refuse' : lost ? 'unknown' : 'ok';
      },
    };
  }

  /** How one life of a process ends: at some point of its work, or not at all. */
  fate(points: readonly string[]): Fate {
    const { mix } = this;
    const dies = !this.calm && this.#chance.hit(mix.crash);
    const target = dies ? this.#chance.pick(points) : null;
    let left = dies ? this.#chance.int(1, target === '' ? 400 : 12) : 0;
    const slow = new Map<string, number>();
    return {
      crashes: (point) => {
        if (target === null || this.calm || !point.startsWith(target)) return false;
        left--;
        return left === 0;
      },
      delay: (point) => {
        // One operation may be slow through a whole life while another is quick.
        const most = slow.get(point) ?? this.#chance.pick([0, 1, 20, 100, 500]);
        slow.set(point, most);
        return most > 0 && this.strikes('delay', mix.delay) ? 2 * this.#chance.int(0, most) : 0;
      },
    };
  }

  #met<T>(operation: string, fault: T): T {
    if (operation === 'commit') this.tally.inFlight++;
    return fault;
  }
}
