// ClickHouse's own clients for Java and Python ask the endpoint every question of the cookbook.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { createClient } from '@clickhouse/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cookbook } from '#schemas';
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
let served: Awaited<ReturnType<typeof servePast>>;

beforeAll(async () => {
  served = await servePast(makePast(7));
}, 60_000);

afterAll(() => served.close());

const CODES = ['60', '62', '164'];
const WRONG = ['SELECT * FROM nowhere', 'SELCT 1', "INSERT INTO twins_rows (tenant) VALUES ('x')"];

test('the driver for Java asks every question, and hears errors', async ({ skip }) => {
  const { java, arguments: args } = await jdbcProgram().catch((error: unknown) => {
    if (!(error instanceof StackAbsent) || process.env['REQUIRE_FOREIGN'] === '1') throw error;
    return skip(error.message);
  });
  const url = `${served.url.replace('http:', 'jdbc:clickhouse:')}/fleet`;
  const lines = [...questions.map(({ sql }) => lineOf(sql)), ...WRONG];
  const answers = await asked(java, [...args, 'test/integration/analysts/Ask.java', url], lines);
  expect(codesIn(answers)).toEqual(CODES);
  expect(rowsIn(answers)).toEqual(await rowsByUs());
});

test('clickhouse-connect asks every question, and hears errors', async ({ skip }) => {
  has(PYTHON, ['-c', 'import clickhouse_connect'], skip);
  const lines = [...questions.map(({ sql }) => [sql, toldTo(sql)]), ...WRONG.map((sql) => [sql, {}])];
  const program = ['test/integration/analysts/ask.py', new URL(served.url).port];
  const written = lines.map((line) => JSON.stringify(line));
  const answers = await asked(PYTHON, program, written);
  expect(codesIn(answers)).toEqual(CODES);
  expect(rowsIn(answers)).toEqual(await rowsByUs());
});

function codesIn(answers: readonly string[]): (string | undefined)[] {
  return answers.slice(questions.length).map((line) => /^error .*?(?:Code: |code )(\d+)/.exec(line)?.[1]);
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

/** A program's answers, a line for each line. */
async function asked(program: string, args: readonly string[], lines: readonly string[]): Promise<string[]> {
  // Not in the foreground: the endpoint that it asks is in this process.
  const child = spawn(program, args, { timeout: 120_000 });
  child.stdin.end(`${lines.join('\n')}\n`);
  const [told, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const answers = told.trimEnd().split('\n');
  expect(answers.length, errors).toBe(lines.length);
  return answers;
}

/** SQL with the driver's own parameters, and what is bound to each. */
function lineOf(sql: string): string {
  const told = toldTo(sql);
  const bound = Array.from(sql.matchAll(PARAMETER), ([, name = '', type = '']) => [type, told[name] ?? '']);
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
