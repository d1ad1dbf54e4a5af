import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AvroRecord } from '#sdk';
import { avroType, compiled } from '#runtime/avro.ts';
import { Baseline as BaselineRecord, SeriesBaseline, SeriesProfile } from '#schemas';
import { type Baseline, EMPTY } from '../../../processors/anomaly/baseline.ts';
import { start } from '../../../processors/anomaly/cohort.ts';
import { explain } from '../../../processors/anomaly/explain.ts';
import { observe, type Point } from '../../../processors/anomaly/observe.ts';
import { ofRecord, packed, unpacked } from '../../../processors/anomaly/packing.ts';
import { numbersOf } from '../../../processors/anomaly/profile.ts';
import { alarmsOf, fold, INTERVAL_MS } from './fold.ts';
import { BEGAN, signalOf } from './signals.ts';

const SEED = Number(process.env['SEED'] ?? 3);
const BYTES_MAX = 2048;

const [seriesType, profileType] = [compiled(SeriesBaseline.avro), compiled(SeriesProfile.avro)];

/** What is kept of a series: its baseline, and its profile. */
const kept = (baseline: Baseline) => [
  seriesType.toBuffer(packed(baseline)),
  profileType.toBuffer({ floats: baseline.profile } satisfies SeriesProfile),
];
const bytes = (baseline: Baseline) => Buffer.concat(kept(baseline));

/** The baseline that these bytes were written of. */
function reread(baseline: Baseline): Baseline {
  const [own, hours] = kept(baseline) as [Buffer, Buffer];
  const { floats } = profileType.fromBuffer(hours) as SeriesProfile;
  return unpacked(seriesType.fromBuffer(own) as SeriesBaseline, floats);
}

test(`a baseline has the same number of bytes at every age, at most ${BYTES_MAX} (seed ${SEED})`, () => {
  const next = signalOf('season of a week', SEED);
  const sizes = [0, 1, 100, 10_000].map((points) => bytes(fold(points, (_, time) => next(time))).length);
  console.log(`bytes of a baseline after 0, 1, 100 and 10,000 points: ${sizes.join(', ')}`);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(BYTES_MAX);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(40);
});

test('a baseline is read with each member as it was written', () => {
  const numbers = (index: number) => Math.fround((index + 1) / 7);
  let index = 0;
  const told = Object.entries(EMPTY).map(([name, member]) => {
    if (Array.isArray(member)) return [name, member.map(() => numbers(index++))] as const;
    return [name, typeof member === 'number' ? numbers(index++) : member] as const;
  });
  const baseline = Object.fromEntries(told) as unknown as Baseline;
  const read = reread(baseline);
  expect({ ...read, profile: [...read.profile] }).toEqual({ ...baseline, profile: [...baseline.profile] });
});

test(`a baseline that was stored and read goes on to the same bytes (seed ${SEED})`, () => {
  const next = signalOf('season of a day', SEED);
  const values = Array.from({ length: 3000 }, (_, index) => next(BEGAN + index * INTERVAL_MS));
  let held = start();
  let read = start();
  for (const [index, value] of values.entries()) {
    const point = { time: BEGAN + index * INTERVAL_MS, value };
    held = observe(held, point).baseline;
    read = observe(reread(read), point).baseline;
  }
  expect(bytes(read).equals(bytes(held))).toBe(true);
});

test.each([1, 2])(`a baseline kept as version %i of a record goes on as it was (seed ${SEED})`, (version) => {
  const next = signalOf('season of a day', SEED);
  const written = avroType(JSON.parse(readFileSync(`schemas/history/Baseline/${version}.avsc`, 'utf8')) as AvroRecord);
  const grown = fold(5000, (_, time) => next(time));
  const numbers = numbersOf(grown);
  const hours = { day: numbers.slice(0, 96), week: numbers.slice(96, 264), spread: numbers.slice(264) };
  const present = compiled(BaselineRecord.avro);
  const stored = present.fromBuffer(written.toBuffer({ ...grown, ...hours }), present.createResolver(written));
  const read = ofRecord(stored as BaselineRecord);
  // The first version knew no records, so they are learnt anew.
  expect(read.recorded).toBe(version === 1 ? 0 : grown.recorded);
  expect(numbersOf(read)).toEqual(numbers);
  let alarms = 0;
  let baseline = read;
  for (let index = 5000; index < 6000; index++) {
    const at = BEGAN + index * INTERVAL_MS;
    const observation = observe(baseline, { time: at, value: next(at) });
    baseline = observation.baseline;
    if (observation.verdict.alarm) alarms++;
  }
  expect(alarms).toBeLessThanOrEqual(4);
  expect(baseline).toMatchObject({ count: 6000, recorded: read.recorded + 1000 });
  expect(bytes(baseline).length).toBeLessThanOrEqual(BYTES_MAX);
});

test('a baseline that was kept without a table of equal values goes on, and learns it anew', () => {
  const next = signalOf('season of a day', SEED);
  const grown = fold(5000, (_, at) => next(at));
  const { numbers, tails } = packed(grown);
  const read = unpacked({ numbers, tails: tails.slice(0, 54) }, grown.profile);
  expect(read.tails.slice(0, 54)).toEqual(tails.slice(0, 54));
  expect(read.tails.slice(54).every((one) => one === 0)).toBe(true);
  const observed = observe(read, { time: grown.time + INTERVAL_MS, value: grown.value });
  expect(observed.baseline.tails.slice(54, 56)).toEqual([1, 1]);
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
    const before = bytes(baseline);
    const observed = frozen(observe(baseline, { time: at, value: next(at) }).baseline);
    expect(bytes(baseline).equals(before)).toBe(true);
    baseline = observed;
  }
  expect(baseline.count).toBe(500);
});

/** Folds points, and checks each step. */
function checked(points: readonly Point[]): Baseline {
  let baseline = start();
  for (const point of points) {
    const { verdict, baseline: next } = observe(baseline, point);
    const { score, probability, expected, low, high, measure, limit } = { ...explain(baseline, point), ...verdict };
    const bad = Object.entries(next).filter(
      ([, member]) => !(member instanceof Uint8Array ? numbersOf(next) : [member].flat()).every(Number.isFinite),
    );
    const told = [score, probability, expected, low, high, measure, limit];
    assert(told.every(Number.isFinite) && bad.length === 0, `${JSON.stringify({ point, told, bad })} is not finite`);
    assert(score >= 0 && score <= 1 && probability >= 0 && probability <= 1, JSON.stringify(verdict));
    baseline = next;
  }
  return baseline;
}

function frozen(baseline: Baseline): Baseline {
  // Bytes cannot be frozen; a profile that was changed would give other bytes.
  for (const member of Object.values(baseline)) if (!(member instanceof Uint8Array)) Object.freeze(member);
  return Object.freeze(baseline);
}
