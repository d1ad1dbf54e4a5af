// ClickHouse's own clients for Java, Python and Go ask the endpoint every question of the cookbook.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createClient } from '@clickhouse/client';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { cookbook } from '#schemas';
import { HOSTILE } from '../schemas/cookbook/hostile.ts';
import { makePast } from '../schemas/cookbook/past.ts';
import { servePast, toldTo } from '../schemas/cookbook/served.ts';
import { StackAbsent } from '../stack/absent.ts';
import { jdbcProgram } from '../stack/maven.ts';
import { has } from './program.ts';

/** A Python that may have ClickHouse's client. */
const PYTHON = process.env['STACK_PYTHON'] ?? 'python3';
const PARAMETER = /\{(\w+):((?:[^{}()]|\([^()]*\))+)\}/g;
const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+$/;
const questions = Object.values(cookbook).flat();
// The first run of a machine fetches the driver.
vi.setConfig({ testTimeout: 300_000 });
let served: Awaited<ReturnType<typeof servePast>>;

beforeAll(async () => {
  served = await servePast(makePast(7));
}, 60_000);

afterAll(() => served.close());

const ASK_PY = ['test/integration/analysts/ask.py'];
const CODES = ['60', '62', '164'];
const WRONG = ['SELECT * FROM nowhere', 'SELCT 1', "INSERT INTO twins_rows (tenant) VALUES ('x')"];

const jdbcUrl = () => `${served.url.replace('http:', 'jdbc:clickhouse:')}/fleet`;

function driver(skip: (note?: string) => never) {
  return jdbcProgram().catch((error: unknown) => {
    if (!(error instanceof StackAbsent) || process.env['REQUIRE_FOREIGN'] === '1') throw error;
    return skip(error.message);
  });
}

test('the driver for Java asks every question, and hears errors', async ({ skip }) => {
  const { java, arguments: args } = await driver(skip);
  const lines = [...questions.map(({ sql }) => lineOf(sql)), ...WRONG];
  const answers = await asked(java, [...args, 'test/integration/analysts/Ask.java', jdbcUrl()], lines);
  expect(codesIn(answers)).toEqual(CODES);
  expect(rowsIn(answers)).toEqual(await rowsByUs());
});

/** The program that asks by the client for Go, which Grafana's plugin stands on. */
function goProgram(skip: (note?: string) => never): string {
  const program = join(mkdtempSync(join(tmpdir(), 'fleetstream-ask-')), 'ask');
  onTestFinished(() => rmSync(dirname(program), { recursive: true, force: true }));
  has('go', ['build', '-C', 'test/integration/analysts/ask-go', '-o', program, '.'], skip);
  return program;
}

test.for([
  ['in the address', []],
  ['in a form', ['form']],
] as const)(
  'clickhouse-connect asks every question, with parameters %s, and hears errors',
  async ([, how], { skip }) => {
    has(PYTHON, ['-c', 'import clickhouse_connect'], skip);
    const lines = [...questions.map(({ sql }) => [sql, toldTo(sql)]), ...WRONG.map((sql) => [sql, {}])];
    const answers = await asked(PYTHON, [...ASK_PY, new URL(served.url).port, ...how], lines.map(written));
    expect(codesIn(answers)).toEqual(CODES);
    expect(rowsIn(answers)).toEqual(await rowsByUs());
  },
);

test.for(['none', 'lz4', 'gzip'])(
  'clickhouse-go over HTTP asks every question, with compression %s, and hears errors',
  async (compression, { skip }) => {
    const program = goProgram(skip);
    const lines = [...questions.map(({ sql }) => [sql, toldTo(sql)]), ...WRONG.map((sql) => [sql, {}])];
    const answers = await asked(program, [new URL(served.url).port, compression], lines.map(written));
    expect(codesIn(answers)).toEqual(CODES);
    expect(rowsIn(answers)).toEqual(await rowsByUs());
  },
);

test('names that mean something to SQL stay names, whichever client binds them', async ({ skip }) => {
  const { java, arguments: args } = await driver(skip);
  has(PYTHON, ['-c', 'import clickhouse_connect'], skip);
  for (const name of HOSTILE) await served.measured({ tenant: name, device: name, metric: name });
  const sql = questions.find(({ name }) => name === 'measured-at')?.sql ?? '';
  const told = (name: string) => ({ ...toldTo(sql), tenant: name, device: name });
  const byJava = HOSTILE.map((name) => lineOf(sql, told(name)));
  const byPython = HOSTILE.map((name) => written([sql, told(name)]));
  const { port } = new URL(served.url);
  const answers = [
    await asked(java, [...args, 'test/integration/analysts/Ask.java', jdbcUrl()], byJava),
    await asked(PYTHON, [...ASK_PY, port], byPython),
    await asked(PYTHON, [...ASK_PY, port, 'form'], byPython),
    await asked(goProgram(skip), [port, 'lz4'], byPython),
  ];
  const wanted = HOSTILE.map((name) => name.replaceAll('\n', '\u0001').replaceAll('\t', '\u0003'));
  for (const told of answers) expect(told.map((line) => line.split('\t')[0])).toEqual(wanted);
  const client = createClient({ url: served.url, database: 'fleet' });
  for (const name of HOSTILE) {
    const rows = await client.query({ query: sql, query_params: told(name), format: 'JSONEachRow' });
    expect(await rows.json()).toMatchObject([{ metric: name, value: 1 }]);
  }
  await client.close();
});

test('clickhouse-connect sends a table along with a question', async ({ skip }) => {
  has(PYTHON, ['-c', 'import clickhouse_connect'], skip);
  const sql = 'SELECT why, {n:UInt8} AS n FROM wanted WHERE device = {d:String}';
  const told = { n: 7, d: HOSTILE[0] };
  const tables = { wanted: ['device String, why String', `d1\tother\n${HOSTILE[0]}\tmine\n`] };
  const program = [...ASK_PY, new URL(served.url).port];
  for (const how of [[], ['form']])
    expect(await asked(PYTHON, [...program, ...how], [written([sql, told, tables])])).toEqual(['mine\t7']);
});

function codesIn(answers: readonly string[]): (string | undefined)[] {
  return answers.slice(questions.length).map((line) => /^error .*?code:? (\d+)/i.exec(line)?.[1]);
}

type Rows = Readonly<Record<string, readonly (readonly (string | number)[])[]>>;

/** Rows by the name of the question. */
function rowsIn(answers: readonly string[]): Rows {
  const rowsOf = (answer: string) => answer.split('\u0002').map((row) => row.split('\t').map(plain));
  return Object.fromEntries(questions.map(({ name }, index) => [name, rowsOf(answers[index] ?? '')]));
}

/** What the official client for JavaScript gets, which has a test of its own. */
async function rowsByUs(): Promise<Rows> {
  const client = createClient({ url: served.url, database: 'fleet' });
  const rows: [string, (string | number)[][]][] = [];
  for (const { name, sql } of questions) {
    const answer = await client.query({ query: sql, format: 'JSONCompactStringsEachRow', query_params: toldTo(sql) });
    rows.push([name, (await answer.json<string[]>()).map((row) => row.map(plain))]);
  }
  await client.close();
  return Object.fromEntries(rows);
}

const written = (line: unknown) => JSON.stringify(line);

/** A program's answers, a line for each line. */
async function asked(program: string, args: readonly string[], lines: readonly string[]): Promise<string[]> {
  // Not in the foreground: the endpoint that it asks is in this process.
  const child = spawn(program, args, { timeout: 240_000 });
  child.stdin.end(`${lines.join('\n')}\n`);
  const [told, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const answers = told.trimEnd().split('\n');
  expect(answers.length, errors).toBe(lines.length);
  return answers;
}

/** SQL with the driver's own parameters, and what is bound to each. */
function lineOf(sql: string, told = toldTo(sql)): string {
  const bound = Array.from(sql.matchAll(PARAMETER), ([, name = '', type = '']) => {
    return [type, (told[name] ?? '').replaceAll('\n', '\u0001').replaceAll('\t', '\u0003')];
  });
  const asked = sql.replaceAll(PARAMETER, (_, __, type: string) =>
    type.startsWith('DateTime64') ? "toDateTime64(?, 3, 'UTC')" : '?',
  );
  return [asked.replaceAll('\n', '\u0001'), ...bound.flat()].join('\t');
}

/** A cell as both write it: numbers by their value, times without zeros at the end, arrays without quotes, null in a word. */
function plain(cell: string): string | number {
  if (cell === 'ᴺᵁᴸᴸ') return 'null';
  if (cell !== '' && Number.isFinite(Number(cell))) return Number(cell);
  if (TIME.test(cell)) return cell.replace(/\.?0*$/, '');
  return cell.startsWith('[') ? cell.replaceAll(/[' ]/g, '') : cell;
}
