import { expect, test } from 'vitest';
import { normalised, probation, sum, tally } from '../../../bench/anomaly/nab.ts';
import type { Series } from '../../../bench/anomaly/series.ts';

const POINTS = 1000;
const series: Series = {
  name: 'made/steps.csv',
  times: Array.from({ length: POINTS }, (_, index) => index * 60_000),
  values: Array.from({ length: POINTS }, () => 0),
  windows: [
    { first: 300, last: 399 },
    { first: 600, last: 699 },
  ],
};

const scoresAt = (...alarms: readonly number[]) => series.values.map((_, index) => (alarms.includes(index) ? 1 : 0));
const told = (...alarms: readonly number[]) => tally(series, scoresAt(...alarms), 0.5);

test('no alarm has a score of 0, an alarm at the first point of each window 100', () => {
  expect(normalised(told())).toBe(0);
  expect(normalised(told(300, 600))).toBe(100);
  expect(told(300, 600)).toMatchObject({ windows: 2, detected: 2, falseAlarms: 0, delay: 0 });
});

test('an alarm is worth less the later it is in its window, and only the first counts', () => {
  expect(normalised(told(300, 350, 399, 600))).toBe(100);
  // The middle of a window: (2 / (1 + exp(-2.5)) - 1) of what its first point gives.
  const middle = (2 / (1 + Math.exp(-2.5)) - 1) / (2 / (1 + Math.exp(-5)) - 1);
  expect(told(350, 600).raw).toBeCloseTo(1 + middle, 10);
  expect(told(350, 600).delay).toBe(50);
});

test('a false alarm costs 0.11, and less close behind a window', () => {
  expect(told(200, 300, 600).raw).toBeCloseTo(2 - 0.11, 10);
  expect(told(300, 600, 999).raw).toBeCloseTo(2 - 0.11, 10);
  expect(told(300, 410, 600).raw).toBeGreaterThan(2 - 0.11);
  expect(told(300, 410, 600).raw).toBeLessThan(2);
});

test('of the first 15 percent, at most 750 points, nothing counts', () => {
  expect([probation(1000), probation(100_000)]).toEqual([150, 750]);
  expect(told(0, 149).falseAlarms).toBe(0);
  expect(told(150).falseAlarms).toBe(1);
});

test('tallies add up', () => {
  expect(sum([told(300), told(600, 800)])).toMatchObject({ windows: 4, detected: 2, falseAlarms: 1 });
});
