import { describe, expect, test } from 'vitest';
import { priorOf, start } from '../../../processors/anomaly/cohort.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { alarmsOf, fold, verdictsOf } from './fold.ts';
import { DAY, follow, normal } from './signals.ts';

const SEED = Number(process.env['SEED'] ?? 17);
const WEEK_POINTS = 2016;

/** A device of a cohort: about 50, each by its own offset, with the same season and noise. */
function device(seed: number, level = 50 + 3 * normal(chanceFrom(seed + 1000))): (time: number) => number {
  const chance = chanceFrom(seed);
  const noise = follow(0.5, () => normal(chance));
  return (time) => level + 8 * Math.cos((2 * Math.PI * time) / DAY) + noise();
}

const members = Array.from({ length: 12 }, (_, index) => {
  const next = device(SEED + index);
  return fold(2 * WEEK_POINTS, (_, time) => next(time));
});
const prior = priorOf(members);

describe(`a new device with its cohort's prior (seed ${SEED})`, () => {
  test('expects the season that it has not seen, within its first day', () => {
    const errors = (from: ReturnType<typeof start>) => {
      const next = device(SEED + 99);
      const values: number[] = [];
      const keep = (_: number, time: number) => {
        values.push(next(time));
        return values.at(-1) ?? 0;
      };
      const verdicts = verdictsOf(288, keep, from).slice(20);
      return (
        verdicts.reduce((sum, { expected }, index) => sum + Math.abs(expected - (values[index + 20] ?? 0)), 0) / 268
      );
    };
    // The least that any forecast of this noise can have is 0.69.
    expect(errors(start(prior))).toBeLessThan(0.85);
    expect(errors(start(prior))).toBeLessThan(errors(start()));
  });

  test('finds on its first day what it could not know alone, and alarms for little else', () => {
    let found = 0;
    let alone = 0;
    let other = 0;
    for (let round = 0; round < 20; round++) {
      const at = 20;
      const next = device(SEED + 200 + round);
      const odd = (index: number, time: number) => next(time) + (index === at ? 12 : 0);
      const alarms = alarmsOf(288, odd, start(prior));
      if (alarms.includes(at)) found++;
      other += alarms.filter((index) => index < at).length;
      const again = device(SEED + 200 + round);
      if (alarmsOf(288, (index, time) => again(time) + (index === at ? 12 : 0)).includes(at)) alone++;
    }
    expect(found).toBeGreaterThanOrEqual(18);
    expect(alone).toBeLessThan(found);
    expect(other).toBeLessThanOrEqual(1);
  });

  test('is not held to its cohort where it differs', () => {
    const next = device(SEED + 300, 80);
    const verdicts = verdictsOf(WEEK_POINTS, (_, time) => next(time), start(prior));
    const late = verdicts.slice(288);
    expect(late.filter(({ alarm }) => alarm).length).toBeLessThanOrEqual(8);
    expect(late.reduce((sum, { expected }) => sum + expected, 0) / late.length).toBeCloseTo(80, 0);
  });

  test('borrows its level where members are alike, and not where they are not', () => {
    const alike = priorOf(members.map((member) => ({ ...member, level: 50 })));
    const unlike = priorOf(members.map((member, index) => ({ ...member, level: 1000 * index })));
    expect(start(alike).levelLent).toBeGreaterThan(100);
    expect(start(unlike).levelLent).toBeLessThan(0.01);
  });
});

test('no cohort is made of baselines that are young', () => {
  expect(priorOf([])).toBeNull();
  expect(priorOf([start()])).toBeNull();
});
