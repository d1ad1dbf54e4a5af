// The README is executed: its commands run, in order, against a pipeline of this repository.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settingsTable } from '#cli/settings.ts';
import { type Running, startUp } from '../cli/process.ts';
import { type Block, blocksOf } from './blocks.ts';

const README = readFileSync('README.md', 'utf8');
const START_MS_MAX = 30_000;
/** On a machine that is busy with other things; a question is asked again until then. */
const VISIBLE_MS_MAX = 15_000;

/** A block, found by a part of it; each of a shell or of Python needs an entry. */
interface Expected {
  readonly block: string;
  readonly prints: RegExp;
  /** Whose effect it shows: where that one is not run, this one is not. */
  readonly after?: string;
}

const EXPECTED: readonly Expected[] = [
  { block: 'd1/telemetry', prints: /^$/ },
  { block: '"type": "twin/reported"', prints: /^\{"accepted":1,"eventId":"[0-9a-f]{32}"\}$/ },
  {
    block: 'FROM fleet.telemetry',
    prints: /^\{"device":"d1","eventTime":"[^"]+","temperatureC":21\.5\}$/,
    after: 'd1/telemetry',
  },
  {
    block: 'clickhouse_connect',
    prints: /^\[\('d1', 1, '\{"firmware":"1\.4\.2","interval":60\}'\)\]$/,
    after: '"type": "twin/reported"',
  },
  { block: 'twin set', prints: /^accepted: acme\/d1 is at version 2; not there yet:\n {2}\/interval +30 +PENDING$/ },
  { block: 'd1/twin/reported', prints: /^$/ },
  { block: 'inspect', prints: /\/interval +30 +CONVERGED/, after: 'd1/twin/reported' },
];

const blocks = blocksOf(README).filter(({ language }) => language === 'sh' || language === 'python');
let folder = '';
let running: Running;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'readme-'));
  running = await startUp(folder, ['--no-demo']);
}, START_MS_MAX);

afterAll(async () => {
  running.child.kill('SIGINT');
  expect(await running.exited).toBe(0);
  rmSync(folder, { recursive: true, force: true });
}, START_MS_MAX);

describe('the commands of the README', () => {
  test('are all known here', () => {
    expect(blocks.map(({ code }) => EXPECTED.filter(({ block }) => code.includes(block)).length)).toEqual(
      blocks.map(() => 1),
    );
    expect(README).toContain('npm ci && npm start');
    expect(README).toContain('npm ci && npm test');
  });

  test.for(blocks)('work: line $line', (block, { skip }) => {
    const missing = missingFor(block);
    if (missing !== null) {
      const why = `README line ${block.line} is not run here: ${missing}`;
      console.log(why);
      skip(why);
    }
    const { prints } = expectedOf(block);
    const isQuestion = /SELECT|inspect/.test(block.code);
    const deadline = Date.now() + (isQuestion ? VISIBLE_MS_MAX : 0);
    let printed = run(block);
    while (!prints.test(printed) && Date.now() < deadline) printed = run(block);
    expect(printed).toMatch(prints);
  });
});

test('the links of the README lead somewhere', () => {
  const links = [...README.matchAll(/\]\(([^)]+)\)|src="([^"]+)"/g)].map(
    ([, link, source]) => (link ?? source) as string,
  );
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((link) => !existsSync(link))).toEqual([]);
});

test('the table of settings is the one of runtime/config.ts', () => {
  const [head, rest = ''] = README.split(/(?<=<!-- settings:[^>]*-->\n)/);
  const tail = rest.slice(rest.indexOf('<!-- /settings -->'));
  const current = `${head}\n${settingsTable()}\n\n${tail}`;
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync('README.md', current);
  expect(readFileSync('README.md', 'utf8')).toBe(current);
});

function expectedOf({ code, line }: Block): Expected {
  const expected = EXPECTED.find(({ block }) => code.includes(block));
  if (expected === undefined) throw new Error(`README line ${line} has no entry in EXPECTED`);
  return expected;
}

/** The foreign client that a block needs, or the block before it whose effect it shows, and that is not here. */
function missingFor(block: Block): string | null {
  const client = clientOf(block);
  if (spawnSync('sh', ['-c', client.check]).status !== 0) return `${client.name} is not installed`;
  const { after } = expectedOf(block);
  const before = after === undefined ? undefined : blocks.find(({ code }) => code.includes(after));
  return before === undefined ? null : missingFor(before);
}

function clientOf({ language, code }: Block): { readonly name: string; readonly check: string } {
  if (language === 'python') {
    return { name: 'clickhouse-connect for Python', check: "python3 -c 'import clickhouse_connect'" };
  }
  const [name = ''] = code.split(' ');
  return { name, check: `command -v ${name}` };
}

function run({ language, code }: Block): string {
  const command = moved(code).replace('npx fleetstream', `'${process.execPath}' '${resolve('main.ts')}'`);
  const env = { ...process.env, ...running.env };
  const program = language === 'python' ? 'python3' : 'sh';
  const { stdout, stderr, status } = spawnSync(program, ['-c', command], {
    encoding: 'utf8',
    env,
    cwd: folder,
  });
  if (status !== 0) throw new Error(`${code}\nended with ${status}: ${stderr}`);
  return stdout.trim();
}

/** The block with the ports of this run. */
function moved(code: string): string {
  return code
    .replaceAll('-p 1883', `-p ${running.mqttPort}`)
    .replaceAll(':8080', `:${running.env['FLEETSTREAM_HTTP_PORT']}`)
    .replace(/(:|port=)8123/g, `$1${running.env['FLEETSTREAM_CLICKHOUSE_PORT']}`);
}
