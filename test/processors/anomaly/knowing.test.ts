import { expect, test } from 'vitest';
import type { Change } from '#sdk';
import type { Baseline as BaselineRecord, SeriesBaseline, SeriesProfile } from '#schemas';
import type { Baseline } from '../../../processors/anomaly/baseline.ts';
import { baselineOf, keep } from '../../../processors/anomaly/knowing.ts';
import { packed } from '../../../processors/anomaly/packing.ts';
import { EMPTY_PROFILE, numbersOf } from '../../../processors/anomaly/profile.ts';
import { baselines, type Kept, profiles, series } from '../../../processors/anomaly/state.ts';
import { fold, INTERVAL_MS } from './fold.ts';
import { BEGAN, signalOf } from './signals.ts';

const SEED = Number(process.env['SEED'] ?? 5);

/** What is kept of a device, as far as baselines go, with the changes of a step applied. */
class Shelf {
  readonly series = new Map<string, SeriesBaseline>();
  readonly profiles = new Map<string, SeriesProfile>();
  readonly baselines = new Map<string, BaselineRecord>();

  get kept(): Kept {
    return this as unknown as Kept;
  }

  /** Keeps a baseline; gives the names of the collections that were written. */
  keep(metric: string, baseline: Baseline): string[] {
    const changes: Change[] = [];
    keep(this.kept, metric, { baseline: packed(baseline), profile: baseline.profile }, changes);
    for (const { collection, subkey, value } of changes) {
      const map = { [series.name]: this.series, [profiles.name]: this.profiles, [baselines.name]: this.baselines };
      const entries = map[collection.name] as Map<string, unknown>;
      if (value === null) entries.delete(subkey);
      else entries.set(subkey, value);
    }
    return changes.map(({ collection }) => collection.name);
  }
}

test(`a profile is written once a quarter of an hour, and a baseline with each value (seed ${SEED})`, () => {
  const next = signalOf('season of a day', SEED);
  const shelf = new Shelf();
  let written = 0;
  const points = 1_000;
  for (let index = 0; index < points; index++) {
    const before = baselineOf(shelf.kept, 'volts');
    const time = BEGAN + index * INTERVAL_MS;
    const names = shelf.keep(
      'volts',
      fold(1, () => next(time), undefined, before, time),
    );
    expect(names.filter((name) => name !== 'profiles')).toEqual(['series']);
    written += names.includes('profiles') ? 1 : 0;
  }
  const quarters = (points * INTERVAL_MS) / (15 * 60_000);
  expect(written).toBeGreaterThan(0.9 * quarters);
  expect(written).toBeLessThanOrEqual(quarters);
  const again = signalOf('season of a day', SEED);
  const whole = fold(points, (_, time) => again(time));
  const kept = baselineOf(shelf.kept, 'volts') as Baseline;
  expect(numbersOf(kept)).toEqual(numbersOf(whole));
  expect({ ...kept, profile: null }).toEqual({ ...whole, profile: null });
});

test('a baseline that the first version of the processor kept is taken over with the next value', () => {
  const next = signalOf('season of a day', SEED);
  const grown = fold(3_000, (_, time) => next(time));
  const numbers = numbersOf(grown);
  const hours = { day: numbers.slice(0, 96), week: numbers.slice(96, 264), spread: numbers.slice(264) };
  const shelf = new Shelf();
  shelf.baselines.set('volts', { ...grown, ...hours });
  const known = baselineOf(shelf.kept, 'volts') as Baseline;
  expect(known).toMatchObject({ count: 3_000, level: grown.level });
  expect(shelf.keep('volts', known).toSorted()).toEqual(['baselines', 'profiles', 'series']);
  expect(shelf.baselines.size).toBe(0);
  const kept = baselineOf(shelf.kept, 'volts') as Baseline;
  expect(numbersOf(kept)).toEqual(numbers);
  expect(kept).toMatchObject({ count: 3_000, tails: grown.tails, records: grown.records });
});

test('nothing is known of a metric that never had a value, and no season of one that had few', () => {
  const shelf = new Shelf();
  expect(baselineOf(shelf.kept, 'volts')).toBeUndefined();
  expect(
    shelf.keep(
      'volts',
      fold(1, () => 3),
    ),
  ).toEqual(['series']);
  expect(baselineOf(shelf.kept, 'volts')?.profile).toBe(EMPTY_PROFILE);
});
