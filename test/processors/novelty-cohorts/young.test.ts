import { describe, expect, test } from 'vitest';
import type { Collection, Entries } from '#sdk';
import { type NoveltyCohortState, noveltyPolicy, type NoveltySighting, topics } from '#schemas';
import { COHORT_MEMBERS_MAX } from '../../../processors/novelty-cohorts/cohort.ts';
import { noveltyCohorts } from '../../../processors/novelty-cohorts/processor.ts';
import { kinds, type Kept, members, open } from '../../../processors/novelty-cohorts/state.ts';
import { sighted } from '../../../processors/novelty-cohorts/steps.ts';
import { chanceFrom } from '../../simulation/chance.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`young devices: SEED=${seed}`);

const START = Date.UTC(2026, 0, 1);

/** The fold of one cohort by itself, as a cohort with a past is many thousands of reports. */
class Cohort {
  state: NoveltyCohortState = noveltyCohorts.initial;
  readonly #kept = new Map<Collection<unknown>, Map<string, unknown>>();
  found = 0;

  say(said: Partial<NoveltySighting> & Pick<NoveltySighting, 'device' | 'phase'>): number {
    const about = { tenant: 'acme', model: 'm', firmware: '1.0', kind: 'DESTINATION', eventId: 'e', eventTime: START };
    const numbers = { members: [], seen: [], usual: [], reports: 3, news: 0, probability: 0.25, strange: false };
    const {
      state,
      changes = [],
      emits = [],
    } = sighted(this.state, { ...about, ...numbers, ...said } as NoveltySighting, this.#context());
    this.state = state;
    for (const { collection, subkey, value } of changes) {
      if (value === null) this.#of(collection).delete(subkey);
      else this.#of(collection).set(subkey, value);
    }
    const told = emits.filter(({ topic }) => topic === topics.novelties).length;
    this.found += told;
    return told;
  }

  /** Devices with a past that all do the same, and some of which do something of their own. */
  grow(count: number, hasOwn: (device: number) => boolean = () => false): void {
    for (let i = 0; i < count; i++) {
      const device = `old${i}`;
      this.say({
        device,
        phase: 'NEW',
        members: hasOwn(i) ? ['home', `own${i}`] : ['home'],
        probability: 1,
        reports: 0,
      });
      this.say({ device, phase: 'GROWN' });
    }
    this.found = 0;
  }

  #of(of: Collection<unknown>): Map<string, unknown> {
    const known = this.#kept.get(of) ?? new Map<string, unknown>();
    this.#kept.set(of, known);
    return known;
  }

  #context(): Kept {
    const entries = <T>(of: Collection<T>): Entries<T> => ({
      get: (subkey) => this.#of(of).get(subkey) as T | undefined,
      range: (from, to) => [...(this.#of(of) as Map<string, T>)].filter(([key]) => key >= from && key < to),
    });
    const meta = { key: 'acme/m/1.0', logTime: START } as Kept['meta'];
    const inForce = { policies: { novelty: noveltyPolicy.fallback }, versions: { novelty: 0 } };
    return { meta, ...inForce, kinds: entries(kinds), members: entries(members), open: entries(open) };
  }
}

describe('a device on its first day', () => {
  const recruit = { device: 'young', phase: 'NEW', members: ['stranger'] } as const;

  test('is told of by what its like do, and only with a cohort', () => {
    const alone = new Cohort();
    expect(alone.say(recruit)).toBe(0);
    const cohort = new Cohort();
    cohort.grow(60);
    expect(cohort.say({ device: 'young', phase: 'NEW', members: ['home'] })).toBe(0);
    expect(cohort.say(recruit)).toBe(1);
  });

  test('is silent where its like are few, or each does something of its own', () => {
    const few = new Cohort();
    few.grow(40);
    expect(few.say(recruit)).toBe(0);
    const various = new Cohort();
    various.grow(200, (i) => i % 10 === 0);
    expect(various.say(recruit)).toBe(0);
  });

  test('is told of wrongly no oftener than the policy says, if it is as its like', () => {
    const chance = chanceFrom(seed);
    const rates: string[] = [];
    for (const share of [0.002, 0.005, 0.01, 0.02, 0.05]) {
      for (const count of [50, 200]) {
        let told = 0;
        const cohorts = 500;
        for (let i = 0; i < cohorts; i++) {
          const cohort = new Cohort();
          cohort.grow(count, () => chance.hit(share));
          const own = chance.hit(share) ? ['home', 'mine'] : ['home'];
          told += cohort.say({ device: 'young', phase: 'NEW', members: own });
        }
        rates.push(`${share} of ${count}: ${told} of ${cohorts}`);
        const most = cohorts * noveltyPolicy.fallback.deviceProbability;
        expect(told, rates.at(-1)).toBeLessThanOrEqual(most + 3 * Math.sqrt(most));
      }
    }
    console.log(`devices told of that are as their like: ${rates.join('; ')}`);
  }, 60_000);
});

test('a cohort keeps so many members, and judges no young device by what it could not keep', () => {
  const cohort = new Cohort();
  cohort.grow(60);
  for (let i = 0; i < COHORT_MEMBERS_MAX + 50; i++) cohort.say({ device: 'noisy', phase: 'SHOWN', members: [`n${i}`] });
  for (let i = 0; i < 3_000; i++) cohort.say({ device: 'other', phase: 'SHOWN', members: [`n${i}`] });
  expect(cohort.say({ device: 'young', phase: 'NEW', members: ['stranger'] })).toBe(0);
  const past = { strange: true, probability: 0.0005, reports: 2_000 } as const;
  expect(cohort.say({ device: 'grown', phase: 'NEW', members: ['stranger'], ...past })).toBe(1);
});
