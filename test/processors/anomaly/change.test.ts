import { describe, expect, test } from 'vitest';
import { chanceFrom } from '../../simulation/chance.ts';
import { alarmsOf, fold, INTERVAL_MS, verdictsOf } from './fold.ts';
import { DAY, follow, normal } from './signals.ts';

const SEED = Number(process.env['SEED'] ?? 5);
const DAY_POINTS = DAY / INTERVAL_MS;

/** About 100, by five percent, with a season of the day. */
function ordinary(seed: number): (time: number) => number {
  const chance = chanceFrom(seed);
  const noise = follow(0.5, () => normal(chance));
  return (time) => 100 + 10 * Math.cos((2 * Math.PI * time) / DAY) + 5 * noise();
}

describe(`a baseline that is poisoned slowly (seed ${SEED})`, () => {
  const BEGINS = 30 * DAY_POINTS;
  test.each([0.01, -0.01])('tells a slope of %d a day as a drift within 45 days', (slope) => {
    for (let round = 0; round < 5; round++) {
      const next = ordinary(SEED + round);
      let told = -1;
      fold(
        BEGINS + 45 * DAY_POINTS,
        (index, time) => next(time) + (100 * slope * Math.max(0, index - BEGINS)) / DAY_POINTS,
        ({ alarm, statistic }, index) => {
          if (told < 0 && alarm && statistic === 'drift') told = index;
        },
      );
      expect(told, `seed ${SEED + round}`).toBeGreaterThan(BEGINS);
    }
  });

  test('tells no drift where there is none, in five times 200 days', () => {
    let drifts = 0;
    for (let round = 0; round < 5; round++) {
      const next = ordinary(SEED + round);
      fold(
        200 * DAY_POINTS,
        (_, time) => next(time),
        ({ alarm, statistic }) => {
          if (alarm && statistic === 'drift') drifts++;
        },
      );
    }
    expect(drifts).toBe(0);
  });

  test('is not led away by thirty points of tenfold values', () => {
    const next = ordinary(SEED);
    const tenfold = (index: number, time: number) => next(time) * (index >= BEGINS && index < BEGINS + 30 ? 10 : 1);
    const verdicts = verdictsOf(31 * DAY_POINTS, tenfold).slice(BEGINS);
    expect(verdicts[0]?.alarm).toBe(true);
    expect(verdicts.filter(({ alarm }) => alarm).length).toBeLessThanOrEqual(3);
    expect(verdicts[60]?.expected).toBeGreaterThan(80);
    expect(verdicts[60]?.expected).toBeLessThan(130);
  });
});

describe(`a true change of regime (seed ${SEED})`, () => {
  const BEGINS = 10 * DAY_POINTS;
  /** What a changed level or noise may alarm for. */
  const SETTLED = 200;
  const ROUNDS = 40;

  test.each([
    ['a higher level', 0.95, (value: number) => value + 60],
    ['a lower level', 0.95, (value: number) => value - 60],
    [
      'three times the noise',
      0.8,
      (value: number, time: number) => ordinaryMean(time) + 3 * (value - ordinaryMean(time)),
    ],
  ])('of %s is told within ten points by a share of %d, and usual after 200', (_, share, change) => {
    let first = 0;
    let later = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const next = ordinary(SEED + round);
      const changed = (index: number, time: number) => (index < BEGINS ? next(time) : change(next(time), time));
      const alarms = alarmsOf(BEGINS + SETTLED + 2000, changed);
      if (alarms.some((index) => index >= BEGINS && index < BEGINS + 10)) first++;
      later += alarms.filter((index) => index >= BEGINS + SETTLED).length;
    }
    expect(first / ROUNDS).toBeGreaterThanOrEqual(share);
    // 2,000 ordinary points come to about three.
    expect(later / ROUNDS).toBeLessThanOrEqual(6);
  });

  test('leads the expectation to a new level within 60 points', () => {
    const next = ordinary(SEED);
    const verdicts = verdictsOf(BEGINS + 100, (index, time) => next(time) + (index < BEGINS ? 0 : 60));
    expect(Math.min(...verdicts.slice(BEGINS + 60).map(({ expected }) => expected))).toBeGreaterThan(125);
  });

  test('shows where a signal that varied stands still', () => {
    for (let round = 0; round < 5; round++) {
      const next = ordinary(SEED + round);
      let last = 0;
      const frozen = (index: number, time: number) => {
        if (index < BEGINS) last = next(time);
        return last;
      };
      const alarms = alarmsOf(BEGINS + 150, frozen);
      expect(
        alarms.filter((index) => index >= BEGINS && index < BEGINS + 150).length,
        `seed ${SEED + round}`,
      ).toBeGreaterThan(0);
    }
  });

  test('shows where the noise collapses', () => {
    let told = 0;
    for (let round = 0; round < 5; round++) {
      const next = ordinary(SEED + round);
      const quiet = (index: number, time: number) =>
        index < BEGINS ? next(time) : ordinaryMean(time) + (next(time) - ordinaryMean(time)) / 20;
      if (alarmsOf(BEGINS + 150, quiet).some((index) => index >= BEGINS)) told++;
    }
    expect(told).toBeGreaterThanOrEqual(4);
  });
});

function ordinaryMean(time: number): number {
  return 100 + 10 * Math.cos((2 * Math.PI * time) / DAY);
}
