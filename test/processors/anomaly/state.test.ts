import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AvroRecord } from '#sdk';
import { avroType, compiled } from '#runtime/avro.ts';
import { Baseline } from '#schemas';
import { start } from '../../../processors/anomaly/cohort.ts';
import { explain } from '../../../processors/anomaly/explain.ts';
import { observe, type Point } from '../../../processors/anomaly/observe.ts';
import { alarmsOf, fold, INTERVAL_MS } from './fold.ts';
import { BEGAN, signalOf } from './signals.ts';

const SEED = Number(process.env['SEED'] ?? 3);
const BYTES_MAX = 2048;

const avro = compiled(Baseline.avro);

const bytes = (baseline: Baseline) => avro.toBuffer(baseline);

test(`a baseline has the same number of bytes at every age, at most ${BYTES_MAX} (seed ${SEED})`, () => {
  const next = signalOf('season of a week', SEED);
  const sizes = [0, 1, 100, 10_000].map((points) => bytes(fold(points, (_, time) => next(time))).length);
  console.log(`bytes of a baseline after 0, 1, 100 and 10,000 points: ${sizes.join(', ')}`);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(BYTES_MAX);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(40);
});

test(`a baseline that was stored and read goes on to the same bytes (seed ${SEED})`, () => {
  const next = signalOf('season of a day', SEED);
  const values = Array.from({ length: 3000 }, (_, index) => next(BEGAN + index * INTERVAL_MS));
  let kept = start();
  let read = start();
  for (const [index, value] of values.entries()) {
    const point = { time: BEGAN + index * INTERVAL_MS, value };
    kept = observe(kept, point).baseline;
    read = observe(avro.fromBuffer(bytes(read)) as Baseline, point).baseline;
  }
  expect(bytes(read).equals(bytes(kept))).toBe(true);
});

test(`a baseline of the first version of its record goes on, and learns its records anew (seed ${SEED})`, () => {
  const next = signalOf('season of a day', SEED);
  const first = JSON.parse(readFileSync('schemas/history/Baseline/1.avsc', 'utf8')) as AvroRecord;
  const grown = fold(5000, (_, time) => next(time));
  const old = avroType(first).toBuffer(grown);
  const read = avro.fromBuffer(old, avro.createResolver(avroType(first))) as Baseline;
  expect(read).toMatchObject({ count: 5000, recorded: 0, records: [] });
  let alarms = 0;
  let baseline = read;
  for (let index = 5000; index < 6000; index++) {
    const at = BEGAN + index * INTERVAL_MS;
    const observation = observe(baseline, { time: at, value: next(at) });
    baseline = observation.baseline;
    if (observation.verdict.alarm) alarms++;
  }
  expect(alarms).toBeLessThanOrEqual(4);
  expect(baseline).toMatchObject({ count: 6000, recorded: 1000 });
  expect(bytes(baseline).length).toBeLessThanOrEqual(BYTES_MAX);
});

const time = fc.oneof(fc.integer({ min: 0, max: 10 * 86_400_000 }), fc.integer({ min: -8e14, max: 8e14 }));
const value = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 5e-324, -5e-324, 1.7e308, -1.7e308, Infinity, -Infinity, Number.NaN, 1, 1, 1),
  fc.double({ min: -1000, max: 1000, noNaN: true }),
);

test('whatever comes, all numbers stay finite, a score within 0 and 1, and equal inputs give equal bytes', () => {
  const points = fc.array(fc.record({ time, value }), { maxLength: 300 });
  fc.assert(
    fc.property(points, (given) => {
      expect(bytes(checked(given)).equals(bytes(checked(given)))).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['constant', () => 5],
  ['zero', () => 0],
  ['denormal', (index: number) => (index % 2) * 5e-324],
  ['huge', (index: number) => (index % 2 === 0 ? 1.7e308 : -1.7e308)],
  ['far off zero', (index: number) => 1e15 + (index % 3)],
  ['growing without end', (index: number) => 1.1 ** Math.min(index, 7000)],
])('a signal that is %s stays finite', (_, of) => {
  const points = Array.from({ length: 8000 }, (_, index) => ({ time: BEGAN + index * INTERVAL_MS, value: of(index) }));
  expect(checked(points).count).toBe(8000);
});

test('a constant signal never alarms, and alarms when it moves', () => {
  expect(alarmsOf(4000, (index) => (index < 3900 ? 20 : 21))[0]).toBe(3900);
});

test('no baseline is changed once it is made', () => {
  const next = signalOf('normal', SEED);
  let baseline = frozen(start());
  for (let index = 0; index < 500; index++) {
    const at = BEGAN + index * INTERVAL_MS;
    baseline = frozen(observe(baseline, { time: at, value: next(at) }).baseline);
  }
  expect(baseline.count).toBe(500);
});

/** Folds points, and checks each step. */
function checked(points: readonly Point[]): Baseline {
  let baseline = start();
  for (const point of points) {
    const { verdict, baseline: next } = observe(baseline, point);
    const { score, probability, expected, low, high, measure, limit } = { ...explain(baseline, point), ...verdict };
    const bad = Object.entries(next).filter(([, member]) => ![member].flat().every(Number.isFinite));
    const told = [score, probability, expected, low, high, measure, limit];
    assert(told.every(Number.isFinite) && bad.length === 0, `${JSON.stringify({ point, told, bad })} is not finite`);
    assert(score >= 0 && score <= 1 && probability >= 0 && probability <= 1, JSON.stringify(verdict));
    baseline = next;
  }
  return baseline;
}

function frozen(baseline: Baseline): Baseline {
  for (const member of Object.values(baseline)) Object.freeze(member);
  return Object.freeze(baseline);
}
