import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readTree, writeScores } from '../../../bench/anomaly/csv.ts';

const folder = mkdtempSync(join(tmpdir(), 'anomaly-'));
afterAll(() => rmSync(folder, { recursive: true }));

mkdirSync(join(folder, 'kind'));
const rows = ['2026-01-01 00:00:00,1', '2026-01-01 00:05:00,', '2026-01-01T00:10:00Z,3.5', '2026-01-01 00:15:00,4'];
writeFileSync(join(folder, 'kind', 'one.csv'), `timestamp,value\n${rows.join('\n')}\n`);
const windows = { 'kind/one.csv': [['2026-01-01 00:05:00.000000', '2026-01-01 00:10:00.000000']] };
writeFileSync(join(folder, 'windows.json'), JSON.stringify(windows));

test('a tree of CSVs is read with the windows beside it', () => {
  const [one, ...others] = readTree(folder);
  expect(others).toEqual([]);
  expect(one).toMatchObject({ name: 'kind/one.csv', windows: [{ first: 1, last: 2 }] });
  expect(one?.values).toEqual([1, Number.NaN, 3.5, 4]);
  expect(one?.times.map((time) => new Date(time).toISOString())[2]).toBe('2026-01-01T00:10:00.000Z');
});

test('each score is written beside its point, in a file of the same name', () => {
  const into = join(folder, 'scores');
  const series = readTree(folder);
  writeScores(
    folder,
    into,
    series,
    series.map(({ values }) => values.map((_, index) => index / 4)),
  );
  const written = readFileSync(join(into, 'kind', 'one.csv'), 'utf8');
  const expected = rows.map((row, index) => `${row},${index / 4}`);
  expect(written).toBe(`timestamp,value,anomaly_score\n${expected.join('\n')}\n`);
});
