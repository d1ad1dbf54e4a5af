import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readTree } from '../../../bench/anomaly/csv.ts';
import { families } from '../../../bench/anomaly/families.ts';
import { made } from '../../../bench/anomaly/made.ts';
import { normalised, sum, tally } from '../../../bench/anomaly/nab.ts';
import { THRESHOLD, throughPipeline } from '../../../bench/anomaly/pipeline.ts';
import type { Series } from '../../../bench/anomaly/series.ts';
import { baseline } from './pure.ts';

/** One that no figure in the decision was made with. */
const SEED = Number(process.env['SEED'] ?? 101);

const judged = (all: readonly Series[]) => sum(all.map((one) => tally(one, baseline(one), THRESHOLD)));

test(`of series made from a seed, most anomalies are found, with few false alarms (seed ${SEED})`, () => {
  const { points, falseAlarms, ...found } = judged(made(SEED));
  expect(found.detected / found.windows).toBeGreaterThan(0.75);
  expect((1000 * falseAlarms) / points).toBeLessThan(1);
});

test(`of faults of ten kinds, each made from a seed, most are found (seed ${SEED})`, () => {
  const { points, falseAlarms, ...found } = judged([SEED, SEED + 1].flatMap(families));
  expect(found.detected / found.windows).toBeGreaterThan(0.75);
  // What returns from a fault alarms too, once for each of them.
  expect((1000 * falseAlarms) / points).toBeLessThan(1.5);
});

test('through ingress, log and engine each score is that of the fold alone', async () => {
  for (const one of made(SEED).slice(0, 4)) expect(await throughPipeline(one), one.name).toEqual(baseline(one));
});

test('a score sees nothing before its turn', () => {
  const [one] = made(SEED);
  const scores = baseline(one!);
  const half = Math.floor(one!.values.length / 2);
  expect(baseline({ ...one!, values: one!.values.slice(0, half) })).toEqual(scores.slice(0, half));
});

// A folder of measured series is no part of the repository.
const folder = process.env['ANOMALY_SERIES'] ?? '';
const absent = folder === '' || !existsSync(folder);
if (absent) console.log('measured series are skipped: ANOMALY_SERIES names no folder of CSVs with a windows.json');

describe.skipIf(absent)('of measured series', () => {
  test('the score is above 70 of 100, with fewer than one false alarm in 2,000 points', () => {
    const all = judged(readTree(folder));
    expect(normalised(all)).toBeGreaterThan(70);
    expect((1000 * all.falseAlarms) / all.points).toBeLessThan(0.5);
  });
});
