import { describe, expect, test } from 'vitest';
import { discoveries, evidenceOf, ratioOf, type Trial } from '../../../processors/fleet-health/evidence.ts';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`evidence: SEED=${seed}`);

const trial = (said: Partial<Trial>): Trial => {
  return { period: 0, stratum: 'a', crashed: 0, likeCrashed: 0, atRiskMs: 1, likeAtRiskMs: 1, ...said };
};

describe('the ratio with all else equal', () => {
  test('is that of Mantel and Haenszel with the interval of Greenland and Robins', () => {
    // Two strata, worked by hand.
    const trials = [
      trial({ stratum: 'a', crashed: 6, likeCrashed: 4, atRiskMs: 100, likeAtRiskMs: 100 }),
      trial({ stratum: 'b', crashed: 8, likeCrashed: 5, atRiskMs: 100, likeAtRiskMs: 300 }),
    ];
    const above = 6 * 0.5 + 8 * 0.75;
    const below = 4 * 0.5 + 5 * 0.25;
    const variance = (10 * 0.25 + 13 * 0.1875) / (above * below);
    const { ratio, low, high, expected } = ratioOf(trials);
    expect(ratio).toBeCloseTo(above / below, 12);
    expect(low).toBeCloseTo((above / below) * Math.exp(-1.959963984540054 * Math.sqrt(variance)), 12);
    expect(high).toBeCloseTo((above / below) * Math.exp(1.959963984540054 * Math.sqrt(variance)), 12);
    expect(expected).toBeCloseTo(10 * 0.5 + 13 * 0.25, 12);
    expect(Math.log(ratioOf(trials, 4).high ?? 0) - Math.log(above / below)).toBeCloseTo(
      2 * 1.959963984540054 * Math.sqrt(variance),
      12,
    );
  });

  test('is none where no like crashed, and has a bound where only the like did', () => {
    expect(ratioOf([trial({ crashed: 3 })])).toMatchObject({ ratio: null, low: null, high: null });
    const { ratio, low, high } = ratioOf([trial({ likeCrashed: 40 })]);
    expect([ratio, low]).toEqual([0, 0]);
    expect(high).toBeCloseTo(3.6888794541139354 / 20, 9);
  });

  test(`holds the truth nineteen times in twenty, over strata that crash ever so differently (seed ${seed})`, () => {
    const chance = chanceFrom(seed);
    const RUNS = 4_000;
    let held = 0;
    for (let i = 0; i < RUNS; i++) {
      const trials = Array.from({ length: 12 }, (_, stratum) => {
        const [atRiskMs, likeAtRiskMs, rate] = [1 + 4 * chance.unit(), 5 + 20 * chance.unit(), 3 * chance.unit() ** 3];
        const counts = {
          crashed: poisson(chance, 2 * rate * atRiskMs),
          likeCrashed: poisson(chance, rate * likeAtRiskMs),
        };
        return trial({ stratum: String(stratum), atRiskMs, likeAtRiskMs, ...counts });
      });
      const { low, high } = ratioOf(trials);
      if ((low ?? 0) <= 2 && 2 <= (high ?? Infinity)) held++;
    }
    console.log(`a ratio of 2: ${((100 * held) / RUNS).toFixed(1)} % of intervals hold it`);
    expect(held / RUNS).toBeGreaterThan(0.94);
  });
});

describe('evidence', () => {
  test('is that of two of thirteen starts where nothing happened, less where its like crashed, more where itself', () => {
    expect(evidenceOf([], 0, 1)).toBe(2 / 13);
    expect(evidenceOf([trial({ likeCrashed: 10 })], 0, 1)).toBeLessThan(2 / 13);
    const alike = trial({ crashed: 1, atRiskMs: 1, likeAtRiskMs: 9 });
    const one = evidenceOf([alike], 0, 1);
    expect(one).toBeGreaterThan(2 / 13);
    expect(evidenceOf([alike, alike], 0, 1)).toBeGreaterThan(one);
    expect(evidenceOf([alike, alike], 0, 2)).toBeLessThan(evidenceOf([alike, alike], 0, 1));
  });

  test('is multiplied with that of the period before, and that of earlier ones does not count', () => {
    // A mixture is no product, so one rate ratio must stand out of the others.
    const crash = (period: number) => trial({ crashed: 300, likeCrashed: 200, atRiskMs: 1, likeAtRiskMs: 2, period });
    const logOf = (...periods: number[]) => Math.log(evidenceOf(periods.map(crash), 5, 1));
    const one = logOf(5) + Math.log(13 / 2) + Math.log(5);
    // The process that began with this period has the one before behind it no more.
    expect(logOf(4, 5)).toBeCloseTo(2 * one - Math.log(13 * 5), 3);
    expect(logOf(4)).toBeCloseTo(one - Math.log(13 * 5), 3);
    expect(logOf(3)).toBeCloseTo(Math.log(2 / 13), 12);
  });

  test(`hardly ever reaches 20 by chance in a period, looked at after every day (seed ${seed})`, () => {
    const chance = chanceFrom(seed);
    const RUNS = 6_000;
    let reached = 0;
    for (let i = 0; i < RUNS; i++) {
      const trials: Trial[] = [];
      let highest = 0;
      const strata = Array.from({ length: 4 }, () => ({ share: 0.05 + 0.4 * chance.unit(), mean: 2 * chance.unit() }));
      for (let day = 0; day < 28; day++) {
        // Whatever a day does to all devices of a stratum changes nothing.
        const shock = chance.hit(0.1) ? 10 : 1;
        for (const [stratum, { share, mean }] of strata.entries()) {
          const all = poisson(chance, mean * shock);
          const crashed = Array.from({ length: all }, () => chance.hit(share)).filter(Boolean).length;
          const told = { crashed, likeCrashed: all - crashed, atRiskMs: share, likeAtRiskMs: 1 - share };
          trials.push(trial({ stratum: String(stratum), ...told }));
        }
        highest = Math.max(highest, evidenceOf(trials, 0, 1));
      }
      // Without the weight of a start: the process alone.
      if (highest * (13 / 2) >= 20) reached++;
    }
    console.log(
      `evidence of 20 at any of 28 looks: ${((100 * reached) / RUNS).toFixed(2)} % of histories without cause`,
    );
    expect(reached / RUNS).toBeLessThan(1 / 20);
    expect(reached).toBeGreaterThan(0);
  }, 60_000);

  test('is discovered by the rule of e-BH', () => {
    expect(discoveries([], 0.05)).toBe(0);
    expect(discoveries([39, 1], 0.05)).toBe(0);
    expect(discoveries([40, 1], 0.05)).toBe(1);
    expect(discoveries([20, 20], 0.05)).toBe(2);
    expect(discoveries([100, 25, 25, 20], 0.05)).toBe(4);
    expect(discoveries([79, 39, 0, 0], 0.05)).toBe(0);
  });
});

function poisson(chance: Chance, mean: number): number {
  let count = 0;
  for (let at = -Math.log(1 - chance.unit()); at < mean; at -= Math.log(1 - chance.unit())) count++;
  return count;
}
