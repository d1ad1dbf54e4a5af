import { expect, test } from 'vitest';
import { countInterval, gammaBelow, logGamma, shareInterval } from '../../../processors/fleet-health/intervals.ts';
import { chanceFrom } from '../../simulation/chance.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`intervals: SEED=${seed}`);

// References are those of SciPy 1.17: gamma.ppf, gamma.cdf, gammaln, binomtest.
test.each([
  [0, 0, 3.6888794541139354],
  [1, 0.025317807984289876, 5.571643390938898],
  [5, 1.6234863901184207, 11.66833207932267],
  [10, 4.7953886961324335, 18.39035604201778],
  [100, 81.36399125092314, 121.62679379242638],
  [5_000, 4862.359188694899, 5140.5489485350045],
  [20_000, 19723.767600607054, 20279.133627926407],
])('the interval of a count of %i is that of Garwood', (count, low, high) => {
  const interval = countInterval(count);
  expect(Math.abs(interval.low - low)).toBeLessThanOrEqual(1e-6 * low);
  expect(Math.abs(interval.high - high)).toBeLessThanOrEqual(1e-6 * high);
});

test.each([
  [0, 10, 0, 0.27753279986288926],
  [3, 10, 0.10779126740630102, 0.6032218525388546],
  [98, 100, 0.9299882092714561, 0.9944980324498377],
  [9_990, 10_000, 0.9981600556125619, 0.9994567140135028],
])('the interval of %i of %i is that of Wilson', (count, of, low, high) => {
  expect(shareInterval(count, of).low).toBeCloseTo(low, 12);
  expect(shareInterval(count, of).high).toBeCloseTo(high, 12);
});

test.each([
  [0.5, 0.3, 0.5614219739190003],
  [3, 2, 0.32332358381693654],
  [3, 9, 0.9937678048936227],
  [150, 140, 0.2095436239186071],
  [5_000, 5_100, 0.9206711189223811],
])('the incomplete gamma function of %d at %d is exact', (shape, x, expected) => {
  expect(Math.abs(gammaBelow(shape, x) - expected)).toBeLessThan(2e-12);
});

test.each([
  [0.5, 0.5723649429247],
  [1.5, -0.12078223763524526],
  [10, 12.801827480081469],
  [1_000.25, 5906.9472682711175],
])('the logarithm of the gamma function at %d is exact', (x, expected) => {
  expect(Math.abs(logGamma(x) - expected)).toBeLessThan(1e-12 * Math.max(1, Math.abs(expected)));
});

test('intervals hold the truth at least nineteen times in twenty, where events are independent', () => {
  const chance = chanceFrom(seed);
  const RUNS = 20_000;
  const intervals = Array.from({ length: 100 }, (_, count) => countInterval(count));
  for (const mean of [0.7, 4, 23]) {
    let held = 0;
    for (let i = 0; i < RUNS; i++) {
      let count = 0;
      for (let at = -Math.log(1 - chance.unit()); at < mean; at -= Math.log(1 - chance.unit())) count++;
      const { low, high } = intervals[count] ?? { low: 0, high: 0 };
      if (low <= mean && mean <= high) held++;
    }
    console.log(`a count of mean ${mean}: ${((100 * held) / RUNS).toFixed(1)} % of intervals hold it`);
    expect(held / RUNS).toBeGreaterThan(0.945);
  }
});
