// What must not compile, and on which line, with which error. The directives are taken out of a copy first, so that the
// compiler shows each error itself; in `npm run check` it refuses a directive that no longer has one.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const FOLDER = 'test/types';
const DIRECTIVE = /\/\/ @ts-expect-error (TS\d+):/;
const cases = readdirSync(`${FOLDER}/cases`).sort();

let copy = '';
let errors: readonly { file: string; line: number; code: string }[] = [];

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'types-'));
  for (const shared of ['sdk', 'schemas', 'dashboards', 'node_modules', 'package.json'])
    symlinkSync(resolve(shared), join(copy, shared));
  mkdirSync(join(copy, FOLDER, 'cases'), { recursive: true });
  copyFileSync(`${FOLDER}/example.ts`, join(copy, FOLDER, 'example.ts'));
  for (const file of cases) {
    const source = readFileSync(`${FOLDER}/cases/${file}`, 'utf8');
    writeFileSync(join(copy, FOLDER, 'cases', file), source.replaceAll('@ts-expect-error', 'expected'));
  }
  const { compilerOptions } = JSON.parse(readFileSync('tsconfig.json', 'utf8')) as { compilerOptions: object };
  const config = { compilerOptions, include: [`${FOLDER}/**/*.ts`] };
  writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify(config));
  const tsc = resolve('node_modules/.bin/tsc');
  const { stdout } = spawnSync(tsc, ['--pretty', 'false', '-p', '.'], { cwd: copy, encoding: 'utf8' });
  const found = stdout.matchAll(/^(\S+?)\((\d+),\d+\): error (TS\d+):/gm);
  errors = [...found].map(([, file = '', line, code = '']) => ({ file, line: Number(line), code }));
}, 60_000);

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('the compiler', () => {
  test.each(cases.filter((file) => file !== 'right.ts'))('refuses %s', (file) => {
    const lines = readFileSync(`${FOLDER}/cases/${file}`, 'utf8').split('\n');
    const expected = lines.flatMap((line, index) => {
      const code = DIRECTIVE.exec(line)?.[1];
      return code === undefined ? [] : [{ line: index + 2, code }];
    });
    expect(expected).not.toEqual([]);
    expect(errorsOf(file)).toEqual(expected);
  });

  test('accepts the same declarations when nothing is wrong', () => {
    expect(errorsOf('right.ts')).toEqual([]);
    expect(errors.filter((error) => !error.file.startsWith(`${FOLDER}/cases/`))).toEqual([]);
  });
});

function errorsOf(name: string): { line: number; code: string }[] {
  const own = errors.filter(({ file }) => file === `${FOLDER}/cases/${name}`);
  return own.map(({ line, code }) => ({ line, code }));
}
