// The check of kept versions, on a copy of the contract in a repository of its own.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AvroField, AvroRecord } from '#sdk';

const AVSC = 'schemas/avro/LedgerState.avsc';
const HISTORY = 'schemas/history/LedgerState';

let copy = '';

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'history-'));
  for (const part of ['package.json', 'sdk', 'schemas', 'scripts', 'cli/avsc.ts', 'runtime/registry']) {
    cpSync(part, join(copy, part), {
      recursive: true,
      filter: (from) => !from.includes('/history') || part === 'scripts',
    });
  }
  git('init', '--quiet');
  expect(history('--reset-history')).toEqual({ status: 0, output: '' });
  commit();
});

afterEach(() => rmSync(copy, { recursive: true, force: true }));

describe('the kept versions', () => {
  test('are each record as version 1 at first, and the check holds', () => {
    expect(readdirSync(join(copy, HISTORY))).toEqual(['1.avsc']);
    expect(history('--check')).toEqual({ status: 0, output: 'Compatible with every committed version.\n' });
  });

  test('cannot be forgotten once they are committed', () => {
    expect(history('--reset-history')).toEqual({ status: 1, output: expect.stringContaining('history_committed') });
    expect(readdirSync(join(copy, HISTORY))).toEqual(['1.avsc']);
  });

  test('grow by a compatible change, which the check asks to keep', () => {
    change((fields) => [...fields, field('note', 'string', '')]);
    expect(history('--check').output).toContain('LedgerState has a new version that is not kept');
    expect(history().status).toBe(0);
    expect(readdirSync(join(copy, HISTORY))).toEqual(['1.avsc', '2.avsc']);
    expect(history('--check').status).toBe(0);
  });

  test('do not grow by a change of words', () => {
    change((fields) => fields.map((one) => ({ ...one, doc: `${one.doc} Really.` })));
    expect(history().status).toBe(0);
    expect(history('--check').status).toBe(0);
    expect(readdirSync(join(copy, HISTORY))).toEqual(['1.avsc']);
  });

  test.each<[string, string, (fields: readonly AvroField[]) => AvroField[]]>([
    ['a field without default added', 'note', (fields) => [...fields, field('note', 'string')]],
    ['a field without default removed', 'lost', (fields) => fields.filter(({ name }) => name !== 'lost')],
    ['a type changed', 'lost', (fields) => fields.map((one) => (one.name === 'lost' ? field('lost', 'string') : one))],
  ])('refuse %s, naming the field and the remedy', (_, name, to) => {
    change(to);
    for (const { status, output } of [history('--check'), history()]) {
      expect(status).toBe(1);
      expect(output).toMatch(new RegExp(`schema_refused: LedgerState\\.${name} .+ \\(against version 1\\); .+`));
    }
    expect(readdirSync(join(copy, HISTORY))).toEqual(['1.avsc']);
  });

  test('refuse what fits the newest version only', () => {
    change((fields) => [...fields, field('note', 'string', '')]);
    expect(history().status).toBe(0);
    commit();
    change((fields) => fields.map((one) => (one.name === 'note' ? field('note', 'long', 0) : one)));
    expect(history('--check').output).toContain('(against version 2)');
  });

  test('refuse that a record goes', () => {
    rmSync(join(copy, AVSC));
    expect(history('--check').output).toContain('LedgerState is gone');
  });

  test.each([false, true])('stay as they were first committed (committed again: %s)', (again) => {
    const file = join(copy, HISTORY, '1.avsc');
    writeFileSync(file, readFileSync(file, 'utf8').replace('Counter resets.', 'Resets.'));
    if (again) commit();
    const { status, output } = history('--check');
    expect(status).toBe(1);
    expect(output).toContain(`${HISTORY}/1.avsc was changed after it was kept; write it back: git cat-file blob`);
  });
});

function field(name: string, type: string, value?: unknown): AvroField {
  const known = { name, type, doc: 'An example.', dataClass: 'operational' };
  return value === undefined ? known : { ...known, default: value };
}

function change(to: (fields: readonly AvroField[]) => readonly AvroField[]): void {
  const record = JSON.parse(readFileSync(join(copy, AVSC), 'utf8')) as AvroRecord;
  writeFileSync(join(copy, AVSC), JSON.stringify({ ...record, fields: to(record.fields) }));
}

function history(...args: readonly string[]): { status: number | null; output: string } {
  const run = spawnSync(process.execPath, ['scripts/history.ts', ...args], { cwd: copy, encoding: 'utf8' });
  return { status: run.status, output: run.stdout + run.stderr };
}

function commit(): void {
  git('add', '--all');
  git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--message', 'versions');
}

function git(...args: readonly string[]): void {
  const run = spawnSync('git', args, { cwd: copy, encoding: 'utf8' });
  expect(run.status, run.stderr).toBe(0);
}
