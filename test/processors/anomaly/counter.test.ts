import { describe, expect, test } from 'vitest';
import { EMPTY } from '../../../processors/anomaly/baseline.ts';
import { priorOf, start } from '../../../processors/anomaly/cohort.ts';
import { isCounter } from '../../../processors/anomaly/counter.ts';
import { explain } from '../../../processors/anomaly/explain.ts';
import { observe } from '../../../processors/anomaly/observe.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { alarmsOf, fold, INTERVAL_MS } from './fold.ts';
import { BEGAN, DAY, normal, SIGNALS, signalOf } from './signals.ts';

const SEED = Number(process.env['SEED'] ?? 31);
const ROUNDS = 40;
const DAY_POINTS = DAY / INTERVAL_MS;

/** A total that grows by 50 a value, give or take five; times `factor` of an index. */
function total(seed: number, factor: (index: number) => number = () => 1): (index: number) => number {
  const chance = chanceFrom(seed);
  let sum = 1e6;
  return (index) => (sum += factor(index) * (50 + 5 * normal(chance)));
}

/** The sum of what a signal is, which does not fall. */
function summed(name: string, seed: number): (index: number, time: number) => number {
  const next = signalOf(name, seed);
  let sum = 0;
  return (_, time) => (sum += Math.max(0, next(time)));
}

describe(`a counter (seed ${SEED})`, () => {
  test('is known within two days, and what is expected and its bounds are totals', () => {
    const next = total(SEED);
    const baseline = fold(2 * DAY_POINTS, next);
    expect(isCounter(baseline)).toBe(true);
    const time = baseline.time + INTERVAL_MS;
    const value = next(2 * DAY_POINTS);
    const { expected, low, high } = explain(baseline, { time, value });
    expect(expected - baseline.value).toBeGreaterThan(40);
    expect(expected - baseline.value).toBeLessThan(60);
    expect(low - baseline.value).toBeLessThan(45);
    expect(high - baseline.value).toBeLessThan(100);
    const alarms = (of: number) => observe({ ...baseline, open: 0 }, { time, value: of }).verdict.alarm;
    const width = high - low;
    expect([low - width / 10, high + width / 10].map(alarms)).toEqual([true, true]);
    expect([low + width / 10, high - width / 10].map(alarms)).toEqual([false, false]);
  });

  test.each([
    ['twice as fast', 2],
    ['half as fast', 0.5],
    ['not at all', 0],
  ])('that grows %s is told within ten values', (_, factor) => {
    let told = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const alarms = alarmsOf(
        2200,
        total(SEED + round, (index) => (index < 2000 ? 1 : factor)),
      );
      if (alarms.some((index) => index >= 2000 && index < 2010)) told++;
    }
    expect(told).toBeGreaterThanOrEqual(0.9 * ROUNDS);
  });

  test('that begins anew is told for that at most, and is a counter still', () => {
    let later = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const next = total(SEED + round);
      let down = 0;
      const anew = (index: number) => {
        const value = next(index);
        if (index === 1999) down = value;
        return value - down;
      };
      later += alarmsOf(2500, anew).filter((index) => index > 2000).length;
    }
    // Ordinary values come to about one in 1,000.
    expect(later).toBeLessThanOrEqual((3 * ROUNDS * 500) / 1000);
  });

  test('may be silent for hours: what it grew by is spread over them', () => {
    let alarmed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const next = total(SEED + round);
      const baseline = fold(2000, next);
      for (let index = 2000; index < 2036; index++) next(index);
      const time = baseline.time + 37 * INTERVAL_MS;
      if (observe({ ...baseline, open: 0 }, { time, value: next(2036) }).verdict.alarm) alarmed++;
    }
    expect(alarmed).toBeLessThanOrEqual(2);
  });

  test.each(['counts', 'skewed (lognormal)', 'season, multiplied'])(
    'is judged as what it grows by is: one in a thousand of %s, within a factor of two',
    { timeout: 60_000 },
    (name) => {
      const [points, burnIn] = [205_000, 5000];
      let unlikely = 0;
      const count = ({ probability }: { readonly probability: number }, index: number) => {
        if (index >= burnIn && probability <= 0.001) unlikely++;
      };
      const baseline = fold(points, summed(name, SEED), count);
      expect(isCounter(baseline)).toBe(true);
      expect(unlikely / (points - burnIn)).toBeGreaterThan(0.0005);
      expect(unlikely / (points - burnIn)).toBeLessThan(0.002);
    },
  );

  test('of a cohort of counters expects from its first values what its like grow by', () => {
    const prior = priorOf(Array.from({ length: 6 }, (_, index) => fold(2000, total(SEED + index))));
    const young = fold(50, total(SEED + 100), undefined, start(prior));
    expect(isCounter(young)).toBe(true);
    const alarms = alarmsOf(
      200,
      total(SEED + 101, (index) => (index < 60 ? 1 : 2)),
      start(prior),
    );
    expect(alarms.filter((index) => index < 60)).toEqual([]);
    expect(alarms.some((index) => index >= 60 && index < 70)).toBe(true);
  });

  test('among others that are none does not make its cohort one', () => {
    const others = [1, 2, 3].map((one) => {
      const next = signalOf('season of a day', SEED + one);
      return fold(2000, (_, time) => next(time));
    });
    const prior = priorOf([fold(2000, total(SEED)), ...others]);
    expect(prior && isCounter(prior.baseline)).toBe(false);
    expect(Math.abs(prior?.baseline.level ?? Infinity)).toBeLessThan(20);
  });
});

describe(`what falls is no counter (seed ${SEED})`, () => {
  test.each(Object.keys(SIGNALS))('%s', (name) => {
    const next = signalOf(name, SEED);
    expect(fold(3000, (_, time) => next(time)).grown).toBeGreaterThanOrEqual(0);
  });

  test.each<readonly [string, (index: number, time: number) => number]>([
    ['a wave of a day without noise', (_, time) => Math.cos((2 * Math.PI * time) / DAY)],
    ['what is counted anew each day', (_, time) => (time - BEGAN) % DAY],
    ['what never changes', () => 7],
    ['what loses', (index) => 1e6 - 50 * index],
  ])('%s', (_, of) => {
    expect(fold(3000, of).grown).toBeGreaterThanOrEqual(0);
  });

  test('nor is anything one before its first day is over', () => {
    expect(fold(DAY_POINTS, total(SEED)).grown).toBe(DAY_POINTS - 1);
    expect(EMPTY.grown).toBe(0);
  });
});
