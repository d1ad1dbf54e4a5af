import { expect, test } from 'vitest';
import { explain } from '../../../processors/anomaly/explain.ts';
import { observe } from '../../../processors/anomaly/observe.ts';
import { fold, INTERVAL_MS } from './fold.ts';
import { BEGAN, signalOf } from './signals.ts';

const SEED = Number(process.env['SEED'] ?? 23);
const POINTS = 3000;
const next = signalOf('season of a day', SEED);
const baseline = { ...fold(POINTS, (_, time) => next(time)), open: 0 };
const time = BEGAN + POINTS * INTERVAL_MS;

test(`beyond its limits a point alarms, within them it does not (seed ${SEED})`, () => {
  const { low, high, expected, count, maturity } = explain(baseline, { time, value: 10 });
  expect(count).toBe(POINTS);
  expect(maturity).toBeGreaterThan(0.8);
  expect(low).toBeLessThan(expected);
  expect(high).toBeGreaterThan(expected);
  const width = high - low;
  const alarms = (value: number) => observe(baseline, { time, value }).verdict.alarm;
  expect([low - width / 10, high + width / 10].map(alarms)).toEqual([true, true]);
  expect([low + width / 10, high - width / 10].map(alarms)).toEqual([false, false]);
});

test('an alarm tells the statistic, its size, and the limit that would have kept silent', () => {
  const reasons = explain(baseline, { time, value: 40 });
  expect(reasons.alarm).toBe(true);
  expect(reasons.statistic).toBe('jump up');
  expect(reasons.measure).toBeGreaterThan(reasons.limit);
  expect(reasons.observed).toBe(40);
  expect(reasons).toMatchObject(observe(baseline, { time, value: 40 }).verdict);
});

test('a standstill tells the equal values, and how many would have kept silent', () => {
  let last = baseline;
  const told = Array.from({ length: 60 }, (_, index) => {
    const point = { time: time + index * INTERVAL_MS, value: baseline.value };
    const reasons = explain(last, point);
    last = observe(last, point).baseline;
    return { ...reasons, equal: index + 1 };
  }).find(({ alarm, statistic }) => alarm && statistic === 'standstill');
  expect(told?.measure).toBe(told?.equal);
  expect(told?.limit).toBeGreaterThan(2);
  expect(told?.limit).toBeLessThanOrEqual(told?.equal ?? 0);
});
