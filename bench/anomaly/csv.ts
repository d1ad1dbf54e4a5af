import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Series, Window } from './series.ts';

/** The true windows, beside the series where somebody told them. */
const WINDOWS_FILE = 'windows.json';

/** Every CSV of a tree of folders, in the order of their paths. */
export function readTree(folder: string): Series[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const known = files.includes(WINDOWS_FILE)
    ? (JSON.parse(readFileSync(join(folder, WINDOWS_FILE), 'utf8')) as Record<string, readonly [string, string][]>)
    : {};
  return files
    .filter((file) => file.endsWith('.csv'))
    .sort()
    .map((file) => readSeries(folder, file, known[file] ?? []));
}

/** Writes the score of each point beside it, into a file of the same relative name. */
export function writeScores(
  folder: string,
  into: string,
  series: readonly Series[],
  all: readonly (readonly number[])[],
): void {
  for (const [at, { name }] of series.entries()) {
    const [, ...lines] = linesOf(join(folder, name));
    const rows = lines.map((line, index) => `${line},${all[at]?.[index] ?? 0}`);
    const file = join(into, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${['timestamp,value,anomaly_score', ...rows].join('\n')}\n`);
  }
}

function readSeries(folder: string, name: string, told: readonly (readonly [string, string])[]): Series {
  const [header, ...lines] = linesOf(join(folder, name));
  if (header !== 'timestamp,value') throw new Error(`${name}: the first line is "${header}", not "timestamp,value"`);
  const times: number[] = [];
  const values: number[] = [];
  for (const [index, line] of lines.entries()) {
    const [time = '', value = ''] = line.split(',');
    times.push(instant(time, `${name}:${index + 2}`));
    values.push(value === '' ? Number.NaN : Number(value));
  }
  const windows = told.map(([from, to]): Window => {
    const [first, last] = [instant(from, WINDOWS_FILE), instant(to, WINDOWS_FILE)];
    return { first: times.findIndex((time) => time >= first), last: times.findLastIndex((time) => time <= last) };
  });
  return { name, times, values, windows };
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '');
}

/** A time stamp without a zone is taken for UTC. */
function instant(text: string, place: string): number {
  const time = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text.trim().replace(' ', 'T')}Z`);
  if (Number.isNaN(time)) throw new Error(`${place}: "${text}" is no time stamp`);
  return time;
}
