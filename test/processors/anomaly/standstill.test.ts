import { describe, expect, test } from 'vitest';
import { exp, log } from '#sdk';
import {
  learnStandstill,
  lentStandstill,
  logStandstill,
  runAt,
  runOf,
  STANDSTILL_NUMBERS,
} from '../../../processors/anomaly/standstill.ts';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';
import { alarmsOf, fold, INTERVAL_MS } from './fold.ts';
import { BEGAN, DAY, follow, normal, signalOf } from './signals.ts';

const SEED = Number(process.env['SEED'] ?? 29);
const BURN_IN = 5000;
const POINTS = 205_000;

const NOTHING: readonly number[] = Array.from({ length: STANDSTILL_NUMBERS }, () => 0);

/** Series that stand still by nature. */
const STILL: Readonly<Record<string, (chance: Chance) => (time: number) => number>> = {
  'small counts': (chance) => () => Math.max(0, Math.round(1 + normal(chance))),
  'events, one value in forty': (chance) => () => (chance.hit(0.025) ? normal(chance) : 0),
  'events, one value in five hundred': (chance) => () => (chance.hit(0.002) ? normal(chance) : 0),
  'a coarse sensor of what wanders': (chance) => {
    const walk = follow(0.97, () => normal(chance));
    return () => Math.round(2 * walk()) / 2;
  },
  'a coarse sensor of what hardly moves': (chance) => {
    const walk = follow(0.999, () => normal(chance));
    return () => Math.round(2 * walk()) / 2;
  },
  'a coarse sensor with a season': (chance) => {
    const walk = follow(0.97, () => normal(chance));
    return (time) => Math.round(21 + 1.5 * Math.cos((2 * Math.PI * time) / DAY) + walk());
  },
  'zero at night': (chance) => (time) => (time % DAY < DAY / 3 ? 0 : normal(chance)),
  'zero in nights of different length': (chance) => {
    const ends = Array.from({ length: 1 + (POINTS * INTERVAL_MS) / DAY }, () => DAY * (0.25 + 0.15 * chance.unit()));
    return (time) => (time % DAY < (ends[Math.floor((time - BEGAN) / DAY)] ?? 0) ? 0 : normal(chance));
  },
  'zero at weekends': (chance) => (time) => (new Date(time).getUTCDay() % 6 === 0 ? 0 : normal(chance)),
  'held at its greatest': (chance) => {
    const walk = follow(0.98, () => normal(chance));
    return () => Math.min(1, walk());
  },
};

/** The table after these values, and what it says of each before it is learnt from. */
function judged(values: Iterable<number>, told: (logProbability: number, index: number) => unknown): readonly number[] {
  const kept = NOTHING.slice();
  let last = Number.NaN;
  let index = 0;
  for (const value of values) {
    told(logStandstill(kept, 0, runOf(kept, 0, value === last)), index++);
    learnStandstill(kept, 0, value === last);
    last = value;
  }
  return kept;
}

/** The same table while a row of so many equal values lasts. */
function behind(kept: readonly number[], run: number): readonly number[] {
  return kept.map((one, index) => (index === 0 ? one + run : index === 1 ? run : one));
}

describe(`of what stands still by nature (seed ${SEED})`, () => {
  test.each(Object.keys(STILL))('%s: at most two in a thousand have one in a thousand', (name) => {
    const next = STILL[name]?.(chanceFrom(SEED)) ?? Number;
    const values = Array.from({ length: POINTS }, (_, index) => next(BEGAN + index * INTERVAL_MS));
    let unlikely = 0;
    judged(values, (logProbability, index) => {
      if (index >= BURN_IN && logProbability <= log(0.001)) unlikely++;
    });
    console.log(`${name}: ${((1000 * unlikely) / (POINTS - BURN_IN)).toFixed(2)} in a thousand`);
    expect(unlikely / (POINTS - BURN_IN)).toBeLessThanOrEqual(0.002);
  });

  test.each(Object.keys(STILL))('%s: no alarm of standstill after three weeks, in another eight', (name) => {
    const next = STILL[name]?.(chanceFrom(SEED)) ?? Number;
    let alarms = 0;
    fold(
      (77 * DAY) / INTERVAL_MS,
      (_, time) => next(time),
      ({ alarm, statistic }, index) => {
        if (alarm && statistic === 'standstill' && index >= (21 * DAY) / INTERVAL_MS) alarms++;
      },
    );
    // One in a thousand of small counts is one in nine thousand here: two of 16,000 values.
    expect(alarms).toBeLessThanOrEqual(3);
  });
});

describe(`of what never stands still (seed ${SEED})`, () => {
  test('a longer row is less likely, and from the told length on it is as unlikely as told', () => {
    const next = signalOf('autocorrelated (0.9)', SEED);
    const kept = judged(
      Array.from({ length: 5000 }, () => next(0)),
      () => undefined,
    );
    const logOf = (run: number) => logStandstill(behind(kept, run - 1), 0, run);
    const rows = [3, 4, 7, 8, 9, 30, 64, 100, 1000, 5000].map(logOf);
    expect(rows).toEqual(rows.toSorted((a, b) => b - a));
    for (const probability of [1e-4, 1e-5, 1e-6, 1e-7]) {
      const run = runAt(kept, 0, log(probability));
      expect(logOf(run - 1)).toBeGreaterThan(log(probability));
      expect(logOf(run * 1.01)).toBeLessThanOrEqual(log(probability));
    }
  });

  test('a value that is held is told within 40 values in 40 series, and most are told a second time', () => {
    let again = 0;
    for (let round = 0; round < 40; round++) {
      const next = signalOf('season of a day', SEED + round);
      let held = 0;
      const isStuck = (index: number) => (index >= 3000 && index < 3300) || (index >= 4500 && index < 5000);
      const alarms = alarmsOf(5000, (index, time) => {
        const value = next(time);
        return isStuck(index) ? held : (held = value);
      });
      const told = (from: number, to: number) => alarms.some((index) => index >= from && index < to);
      expect(told(3000, 3040), `seed ${SEED + round}`).toBe(true);
      if (told(4500, 5000)) again++;
    }
    expect(again).toBeGreaterThanOrEqual(35);
  });
});

test('a series that stands still from its first value on has no alarm, however long', () => {
  let least = 0;
  judged(
    Array.from({ length: 50_000 }, () => 7),
    (logProbability) => (least = Math.min(least, logProbability)),
  );
  expect(least).toBeGreaterThan(log(0.2));
});

test('what is lent is worth as many values as it is said to be, and says the same of them', () => {
  const chance = chanceFrom(SEED);
  const next = STILL['a coarse sensor of what wanders']?.(chance) ?? Number;
  const kept = judged(
    Array.from({ length: 5000 }, (_, index) => next(index)),
    () => undefined,
  );
  const lent = lentStandstill(kept, 0, 300);
  expect(lent[0]).toBeCloseTo(300, 9);
  expect(lent[1]).toBe(0);
  expect(exp(logStandstill(lent, 0, 4)) / exp(logStandstill(kept, 0, 4))).toBeCloseTo(1, 0);
});
