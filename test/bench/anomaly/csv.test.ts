import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
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

/** A folder with one file, and what is read from it. */
function readOf(text: string, name = 'one.csv', windows?: string) {
  const tree = mkdtempSync(join(folder, 'tree-'));
  writeFileSync(join(tree, name), text);
  if (windows !== undefined) writeFileSync(join(tree, 'windows.json'), windows);
  const [series] = readTree(tree);
  writeScores(tree, join(tree, 'scores'), [series!], [series!.values.map(() => 0.25)]);
  const written = readFileSync(join(tree, 'scores', name), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  return { tree, ...series!, written };
}

const NOON = Date.UTC(2020, 0, 1, 12);
const NOON_TEXT = '2020-01-01 12:00:00';

test.each([
  ['of Windows', `timestamp,value\r\n${NOON_TEXT},1\r\n${NOON_TEXT},2\r\n`],
  ['of old Macs', `timestamp,value\r${NOON_TEXT},1\r${NOON_TEXT},2`],
  ['with a byte order mark', `\uFEFFtimestamp,value\n${NOON_TEXT},1\n${NOON_TEXT},2\n`],
  ['with blank lines', `timestamp,value\n${NOON_TEXT},1\n\n${NOON_TEXT},2\n  \n`],
  ['with other case and spaces', `Timestamp , Value\n${NOON_TEXT}, 1\n${NOON_TEXT} ,2\n`],
  ['in quotes', `"timestamp","value"\n"${NOON_TEXT}","1"\n"${NOON_TEXT}","2"\n`],
  ['with more columns', `timestamp,value,label\n${NOON_TEXT},1,0\n${NOON_TEXT},2,1\n`],
  ['with an index before', `,timestamp,value\n0,${NOON_TEXT},1\n1,${NOON_TEXT},2\n`],
  ['in another order', `value,timestamp\n1,${NOON_TEXT}\n2,${NOON_TEXT}\n`],
  ['with another name', `time,cpu\n${NOON_TEXT},1\n${NOON_TEXT},2\n`],
  ['with a name that has a digit', `time,cpu 1\n${NOON_TEXT},1\n${NOON_TEXT},2\n`],
  ['without names', `${NOON_TEXT},1\n${NOON_TEXT},2\n`],
  ['with semicolons', `timestamp;value\n${NOON_TEXT};1\n${NOON_TEXT};2\n`],
])('a file %s has the same points', (_, text) => {
  const { times, values, written } = readOf(text);
  expect(times).toEqual([NOON, NOON]);
  expect(values).toEqual([1, 2]);
  expect(written).toEqual([`${NOON_TEXT},1,0.25`, `${NOON_TEXT},2,0.25`]);
});

test.each([
  '2020-01-01T12:00:00',
  '2020-01-01T12:00:00Z',
  '2020-01-01 12:00',
  '2020-01-01T12:00:00.000123Z',
  '2020-01-01T12:00:00.000123',
  '2020-01-01 12:00:00.000000000',
  '2020-01-01 14:00:00+02:00',
  '2020-01-01T14:00:00+0200',
  '2020-01-01T06:30:00-0530',
  '2020-01-01 14:00:00+02',
  '2020/01/01 12:00:00',
  '1577880000',
  '1577880000.0004',
  '1577880000000',
  '1577880000000000',
  '1577880000000000000',
])('%s is a time stamp', (text) => {
  expect(readOf(`timestamp,value\n${text},1\n`).times).toEqual([NOON]);
});

test('what is no number is a point without a value, and has a score like any other', () => {
  const odd = ['', ' ', 'NaN', 'nan', 'null', 'N/A', 'true'];
  const { values, written } = readOf(
    `timestamp,value\n${odd.map((one) => `${NOON_TEXT},${one}`).join('\n')}\n2020-01-02\n`,
  );
  expect(values).toEqual([...odd, ''].map(() => Number.NaN));
  expect(written).toHaveLength(odd.length + 1);
});

test('a time stamp that cannot be read is told of, and its point goes on from the one before', () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const { times } = readOf(`timestamp,value\nyesterday,1\n${NOON_TEXT},2\n,3\n`);
  expect(times).toEqual([NOON, NOON, NOON]);
  expect(told.mock.calls).toEqual([[expect.stringContaining('2 of 3 time stamps cannot be read, first "yesterday"')]]);
  told.mockRestore();
});

test('a file without a point is a series without a point', () => {
  expect(readOf('')).toMatchObject({ times: [], written: [] });
  expect(readOf('timestamp,value\n')).toMatchObject({ times: [], written: [] });
});

test('windows go by the end of a path, in order, and one without a point is none', () => {
  const at = (hour: number) => `2020-01-01 ${hour}:00:00`;
  const told = [
    [at(14), at(15)],
    [at(12), at(12)],
    [at(20), at(21)],
  ];
  const rows = [12, 13, 14, 15].map((hour) => `${at(hour)},1`).join('\n');
  const text = `timestamp,value\n${rows}\n`;
  expect(
    readOf(text, 'one.csv', JSON.stringify({ 'data/kind/one.csv': told, 'data/other.csv': told })).windows,
  ).toEqual([
    { first: 0, last: 0 },
    { first: 2, last: 3 },
  ]);
  expect(readOf(text, 'one.csv', JSON.stringify({ 'a/one.csv': told, 'b/one.csv': told })).windows).toEqual([]);
});

test.each(['{', '[]', '{"one.csv": "2020"}', '{"one.csv": [["2020-01-01"]]}', '{"one.csv": [["soon", "late"]]}'])(
  'windows such as %s are refused',
  (windows) => {
    expect(() => readOf(`timestamp,value\n${NOON_TEXT},1\n`, 'one.csv', windows)).toThrow(/^windows_invalid: /);
  },
);

test('scores are no series, and never written over them', () => {
  const { tree } = readOf(`timestamp,value\n${NOON_TEXT},1\n`);
  expect(readTree(tree, join(tree, 'scores')).map(({ name }) => name)).toEqual(['one.csv']);
  expect(() => readTree(tree, `${tree}/.`)).toThrow(/^scores_invalid: /);
  expect(() => readTree(mkdtempSync(join(folder, 'empty-')))).toThrow(/^no_series: /);
});
