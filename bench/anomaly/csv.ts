import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { Series, Window } from './series.ts';

/** The true windows, beside the series where somebody told them; the second and third name are NAB's own. */
const WINDOWS_FILES = ['windows.json', 'combined_windows.json', 'labels/combined_windows.json'];

/** One point as its file has it, so that what is written beside its score is what was read. */
interface Row {
  readonly time: string;
  readonly value: string;
}

type Told = readonly (readonly [from: string, to: string])[];

/**
 * Every CSV of a tree of folders, in the order of their paths; what lies in the folder `except` is none of them.
 * Throws `no_series` where there is none, `scores_invalid` where `except` is the folder itself, and `windows_invalid`.
 */
export function readTree(folder: string, except?: string): Series[] {
  if (except !== undefined && relative(folder, except) === '')
    throw new Error('scores_invalid: the scores would be written over the series; name another folder');
  const left = except === undefined ? undefined : `${relative(folder, except)}${sep}`;
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.csv$/i.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((name) => left === undefined || !name.startsWith(left))
    .map((name) => name.split(sep).join('/'))
    .sort();
  if (names.length === 0) throw new Error(`no_series: there is no .csv in ${folder}, nor in a folder below it`);
  const known = windowsOf(folder);
  return names.map((name) => readSeries(folder, name, known(name)));
}

/** Writes the score of each point beside it, into a file of the same relative name. */
export function writeScores(
  folder: string,
  into: string,
  series: readonly Series[],
  all: readonly (readonly number[])[],
): void {
  for (const [at, { name }] of series.entries()) {
    const rows = rowsOf(join(folder, name)).map(
      ({ time, value }, index) => `${field(time)},${field(value)},${all[at]?.[index] ?? 0}`,
    );
    const file = join(into, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${['timestamp,value,anomaly_score', ...rows].join('\n')}\n`);
  }
}

function readSeries(folder: string, name: string, told: Told): Series {
  const rows = rowsOf(join(folder, name));
  const read = rows.map(({ time }) => instant(time));
  const unread = read.flatMap((time, index) => (time === undefined ? [index] : []));
  const [first] = unread;
  if (first !== undefined)
    console.error(
      `${name}: ${unread.length} of ${rows.length} time stamps cannot be read, first "${rows[first]?.time}"; ` +
        'such a point is taken to be of the time of the one before it',
    );
  let newest = read.find((time) => time !== undefined) ?? 0;
  const times = read.map((time) => (newest = time ?? newest));
  return { name, times, values: rows.map(({ value }) => numberOf(value)), windows: placed(told, times) };
}

/** Windows in order; one without a point in it is none. */
function placed(told: Told, times: readonly number[]): Window[] {
  return told
    .map(([from, to]): Window => {
      const [began, ended] = [edge(from), edge(to)];
      return { first: times.findIndex((time) => time >= began), last: times.findLastIndex((time) => time <= ended) };
    })
    .filter(({ first, last }) => first >= 0 && last >= first)
    .sort((a, b) => a.first - b.first);
}

function edge(text: string): number {
  const time = instant(text);
  if (time === undefined) throw new Error(`windows_invalid: "${text}" is no time stamp`);
  return time;
}

/** The windows by the name of a series; a name with more or fewer folders before it is the same where only one ends so. */
function windowsOf(folder: string): (name: string) => Told {
  const file = WINDOWS_FILES.find((name) => existsSync(join(folder, name)));
  if (file === undefined) return () => [];
  const known = windowsIn(file, readFileSync(join(folder, file), 'utf8').replace(/^\uFEFF/, ''));
  return (name) => {
    const like = [...known.keys()].filter((key) => key.endsWith(`/${name}`) || name.endsWith(`/${key}`));
    return known.get(name) ?? (like.length === 1 ? known.get(like[0] as string) : undefined) ?? [];
  };
}

function windowsIn(file: string, text: string): ReadonlyMap<string, Told> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Error(`windows_invalid: ${file} is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const isTold = (value: unknown) =>
    Array.isArray(value) &&
    value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every((one) => typeof one === 'string'));
  const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  const all = isObject ? Object.entries(parsed as Record<string, unknown>) : [];
  const [wrong] = all.find(([, value]) => !isTold(value)) ?? [];
  if (!isObject || wrong !== undefined)
    throw new Error(`windows_invalid: ${file} is {"path.csv": [["from", "to"], …]}, which ${wrong ?? 'it'} is not`);
  return new Map(all as [string, Told][]);
}

const TIME_NAME = /^(?:timestamp|time|datetime|date|ts)$/i;
const VALUE_NAME = /^value$/i;

/** The points of a file. Its columns go by their names, and without a line of names by their order. */
function rowsOf(file: string): Row[] {
  const lines = readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== '');
  const [head = ''] = lines;
  const separator = [',', ';', '\t'].find((each) => head.includes(each)) ?? ',';
  const names = fieldsOf(head, separator);
  const hasNames = instant(names[0] ?? '') === undefined && !names.some((name) => Number.isFinite(numberOf(name)));
  const timeAt = hasNames
    ? Math.max(
        0,
        names.findIndex((name) => TIME_NAME.test(name)),
      )
    : 0;
  const named = hasNames ? names.findIndex((name) => VALUE_NAME.test(name)) : 1;
  const valueAt = named >= 0 ? named : timeAt + 1 < names.length ? timeAt + 1 : timeAt - 1;
  return lines.slice(hasNames ? 1 : 0).map((line) => {
    const fields = fieldsOf(line, separator);
    return { time: fields[timeAt] ?? '', value: fields[valueAt] ?? '' };
  });
}

function fieldsOf(line: string, separator: string): string[] {
  const fields = `${line}${separator}`.matchAll(new RegExp(`("(?:[^"]|"")*"|[^${separator}]*)${separator}`, 'g'));
  return [...fields].map(([, text = '']) =>
    text
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .replaceAll('""', '"')
      .trim(),
  );
}

/** A field as CSV has it. */
function field(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What is no number is a point without a value. */
function numberOf(text: string): number {
  return text === '' ? Number.NaN : Number(text);
}

/** A number that is less than this is one of seconds, than a thousand times as much of milliseconds, and so on. */
const SECONDS_MAX = 1e11;

/** Milliseconds since the epoch. A time stamp without a zone is taken for UTC; what begins with no digit is none. */
function instant(text: string): number | undefined {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) {
    let time = Number(text) * 1000;
    while (Math.abs(time) >= SECONDS_MAX * 1000) time /= 1000;
    return Math.round(time);
  }
  if (!/^\d/.test(text)) return undefined;
  const hasZone = /:.*(?:Z|[+-]\d\d(?::?\d\d)?)$/i.test(text);
  const time = Date.parse(hasZone ? text.replace(/([+-]\d\d)$/, '$1:00') : `${text.replace('T', ' ')} UTC`);
  return Number.isNaN(time) ? undefined : time;
}
