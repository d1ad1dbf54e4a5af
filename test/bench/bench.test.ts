import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';

function bench(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bench/bench.ts', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('the help names each benchmark and option', () => {
  const { status, stdout, stderr } = bench('--help');
  expect([status, stderr]).toEqual([0, '']);
  const names = [...stdout.matchAll(/^ {2}([a-z]+) +\S/gm)].map(([, name]) => name);
  expect(names).toContain('backlog');
  expect(names.filter((name) => !existsSync(`bench/${name}.ts`))).toEqual([]);
  for (const option of ['runs', 'events', 'json', 'help']) expect(stdout).toContain(`--${option}`);
});

test.each([
  [['--nothing'], /^usage: Unknown option '--nothing'; see npm run bench -- --help\n$/],
  [['toString'], /^unknown_benchmark: toString is none of backlog, .*\n$/],
  [['--runs', 'x'], /^usage: --runs .* "x" is none\n$/],
  [['--events=0'], /^usage: --events .* "0" is none\n$/],
])('the wrong words %j are one line', (args, line) => {
  expect(bench(...args)).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(line) as string });
});
