import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'loading-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Tells the address of each module before it is loaded. */
const TELLING = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, next) {
      process.stderr.write('loads ' + url + '\\n');
      return next(url, context);
    },
  });
`)}`;

/** Packages, and folders of ours, that a command loads. */
function loadedBy(...args: readonly string[]): readonly string[] {
  const main = resolve('main.ts');
  const { stderr } = spawnSync(process.execPath, ['--import', TELLING, main, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  const urls = [...stderr.matchAll(/^loads (file:\S+)$/gm)].map(([, url = '']) => url);
  const packages = urls.map((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]);
  const folders = urls.map((url) => /\/(runtime\/[a-z]+|processors|connectors|schemas)\//.exec(url)?.[1]);
  return [...new Set([...packages, ...folders].filter((name) => name !== undefined))].sort();
}

test('help loads the command line and nothing behind it', () => {
  expect(loadedBy('--help')).toEqual(['commander']);
});

test.each([
  [
    ['topics', 'plan'],
    ['processors', 'schemas', 'zod'],
  ],
  [
    ['dlq', 'list'],
    ['runtime/letters', 'zod'],
  ],
  [
    ['sql', 'SELECT 1'],
    ['@clickhouse/client', 'zod'],
  ],
])('%j loads what it needs, and no client of what it does not ask', (args, needed) => {
  const loaded = loadedBy(...args);
  expect(loaded).toEqual(expect.arrayContaining(needed));
  const heavy = ['kafkajs', 'lmdb', 'fastify', 'aedes', 'mqtt', 'chdb', 'pino', '@kafkajs/confluent-schema-registry'];
  expect(loaded.filter((name) => heavy.includes(name))).toEqual([]);
});
