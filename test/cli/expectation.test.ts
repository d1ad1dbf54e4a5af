import { describe, expect, test } from 'vitest';
import { countsOf } from '#cli/expected.ts';
import { expect as expected } from '#cli/expectation.ts';
import type { Signal } from '#schemas';
import { type Chance, chanceFrom } from '../simulation/chance.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`alerts of a week to come: SEED=${seed}`);

/** A count of a Poisson with that mean. */
function poisson(chance: Chance, mean: number): number {
  let count = 0;
  for (let left = chance.unit(); left > Math.exp(-mean); left *= chance.unit()) count++;
  return count;
}

/** Alerts of one day: so many causes, each of which raises as many as its cluster has. */
function dayOf(chance: Chance, causes: number, cluster: number): number {
  const count = poisson(chance, causes);
  return Array.from({ length: count }, () => 1 + poisson(chance, cluster - 1)).reduce((sum, each) => sum + each, 0);
}

describe('of weeks to come', () => {
  test.each([
    [28, 0.1, 1],
    [28, 2, 1],
    [14, 2, 1],
    [7, 20, 1],
    [28, 1, 4],
    [14, 5, 4],
    [3, 5, 1],
  ])(
    'by %i days behind, with %d causes a day of %d alerts each, the interval holds nearly all it says',
    (behind, causes, cluster) => {
      const chance = chanceFrom(seed);
      let held = 0;
      const runs = 3_000;
      for (let i = 0; i < runs; i++) {
        const days = Array.from({ length: behind }, () => dayOf(chance, causes, cluster));
        const week = Array.from({ length: 7 }, () => dayOf(chance, causes, cluster)).reduce((sum, day) => sum + day, 0);
        const { low, high } = expected(days);
        held += Number(week >= low && week <= high);
      }
      const share = held / runs;
      console.log(`${behind} days, ${causes} causes of ${cluster}: ${(100 * share).toFixed(1)} % of weeks within`);
      expect(share).toBeGreaterThan(0.9);
      expect(share).toBeLessThan(0.995);
    },
  );

  test('the mean is that of the days', () => {
    expect(expected([1, 3, 2, 0, 1, 2, 5, 2, 1, 3, 0, 2, 4, 2])).toMatchObject({ perWeek: 14 });
    const none = expected(Array.from({ length: 28 }, () => 0));
    expect(none).toMatchObject({ perWeek: 0, low: 0 });
    expect(none.high).toBeLessThanOrEqual(1);
  });
});

test('an alert that is open is not counted again, and others’ policies are not counted', () => {
  const day = 24 * 60 * 60_000;
  const to = 10 * day;
  const say = (kind: Signal['kind'], alert: string, at: number, policy = 'presence') =>
    ({ kind, alert, tenant: 'acme', policy, logTime: at * day }) as Signal;
  const said = [
    say('RAISED', 'a', 8.5),
    say('RAISED', 'a', 8.6),
    say('CLEARED', 'a', 8.7),
    say('RAISED', 'a', 9.5),
    say('RAISED', 'b', 9.6),
    say('RAISED', 'c', 9.7, 'outages'),
    say('RAISED', 'd', 1),
  ];
  expect(countsOf(said, 'presence', to, 3)).toEqual([2, 1, 0]);
});
