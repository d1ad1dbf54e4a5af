// Who may import what: the linter refuses each import planted in a copy of the tree, and passes the right ones.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Planted {
  readonly file: string;
  readonly refused: readonly string[];
  readonly passed: readonly string[];
}

const PLANTED: readonly Planted[] = [
  {
    file: 'sdk/planted.ts',
    passed: ['./schema.ts', './generated/index.ts', 'node:crypto'],
    refused: ['node:fs', 'avsc', '#schemas', '#runtime/avro.ts', '../schemas/index.ts', './../runtime/avro.ts'],
  },
  {
    file: 'schemas/planted.ts',
    passed: ['#sdk', './events.ts', './generated/index.ts'],
    refused: ['node:crypto', 'avsc', '#processors', '#runtime/avro.ts', '../sdk/index.ts', '../runtime/avro.ts'],
  },
  {
    file: 'processors/planted/processor.ts',
    passed: ['#sdk', '#schemas', './window.ts'],
    refused: [
      'node:crypto',
      'crypto',
      'avsc',
      '@node-rs/crc32',
      '#runtime/engine/engine.ts',
      '#connectors',
      '#processors',
      '#sdk/schema.ts',
      '../twin/processor.ts',
      './../twin/processor.ts',
      './x/../../twin/processor.ts',
      '../../schemas/index.ts',
      '..',
      'data:text/javascript,1',
    ],
  },
  {
    file: 'processors/index.ts',
    passed: ['./planted/processor.ts'],
    refused: ['#runtime/avro.ts', '../runtime/avro.ts'],
  },
  {
    file: 'connectors/planted/connector.ts',
    passed: ['#sdk', '#schemas', './payload.ts'],
    refused: ['node:net', 'mqtt', 'aedes', 'fastify', '#runtime/avro.ts', '#processors', '../http/connector.ts'],
  },
  {
    file: 'runtime/planted.ts',
    passed: ['#sdk', '#runtime/log/log.ts', 'node:fs', 'lmdb', 'chdb', './log/log.ts', '@clickhouse/client'],
    refused: [
      '#schemas',
      '#processors',
      '#connectors',
      '#cli/up.ts',
      '../schemas/index.ts',
      '../processors/index.ts',
      '../cli/up.ts',
      '../main.ts',
      'kafkajs',
      'clickhouse',
    ],
  },
  {
    file: 'runtime/log/embedded/planted.ts',
    passed: ['#sdk', 'lmdb', '../log.ts', '../../state/store.ts', '@node-rs/crc32'],
    refused: [
      '#schemas',
      '../../../schemas/index.ts',
      '../../../sdk/index.ts',
      '../../../connectors/index.ts',
      'kafkajs',
    ],
  },
  {
    file: 'runtime/log/kafka/planted.ts',
    passed: ['kafkajs', '#sdk', '../log.ts'],
    refused: ['#schemas', '../../../cli/up.ts'],
  },
  {
    file: 'runtime/engine/planted.ts',
    passed: ['#sdk', 'avsc', './fold.ts', '../avro.ts', '../log/log.ts', '#runtime/state/store.ts'],
    refused: [
      'lmdb',
      'chdb',
      'chdb/connection',
      '@clickhouse/client',
      'fastify',
      'mqtt',
      'aedes',
      'kafkajs',
      'pg',
      '#schemas',
      '../../schemas/index.ts',
      '../log/embedded/log.ts',
      '#runtime/log/kafka/log.ts',
      '../transports/http.ts',
    ],
  },
  {
    file: 'test/oracle/planted.ts',
    passed: ['#sdk', 'node:fs'],
    refused: ['#runtime/avro.ts', '../../runtime/avro.ts', '#processors'],
  },
  {
    file: 'cli/planted.ts',
    passed: ['#runtime/avro.ts', '#schemas', '#processors', 'commander', '../main.ts'],
    refused: [],
  },
];

/** Each way to name a module; every one of them is subject to the rule. */
const FORMS: readonly ((name: string) => string)[] = [
  (name) => `import { a } from '${name}'; a();`,
  (name) => `import type { A } from '${name}'; export const a: A = 1;`,
  (name) => `export * from '${name}';`,
  (name) => `export const a = await import('${name}');`,
];

let folder = '';
let refusals: readonly { filename: string; code: string; message: string }[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'imports-'));
  copyFileSync('.oxlintrc.json', join(folder, '.oxlintrc.json'));
  for (const { file, passed, refused } of PLANTED) {
    [...passed, ...refused].forEach((name, index) =>
      FORMS.forEach((form, number) => plant(variant(file, index, number), form(name))),
    );
  }
  const oxlint = resolve('node_modules/.bin/oxlint');
  const { stdout } = spawnSync(oxlint, ['--format', 'json', '.'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: typeof refusals };
  refusals = diagnostics.filter(({ code }) => code.includes('no-restricted-imports'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(PLANTED)('$file', ({ file, passed, refused }) => {
  test.each(passed)('may import %s', (name) => {
    expect(refusedForms(file, passed.indexOf(name))).toEqual([false, false, false, false]);
  });

  test.each(refused)('may not import %s', (name) => {
    expect(refusedForms(file, passed.length + refused.indexOf(name))).toEqual([true, true, true, true]);
  });
});

function refusedForms(file: string, index: number): boolean[] {
  return FORMS.map((_, number) => refusals.some(({ filename }) => filename === variant(file, index, number)));
}

/** A file beside the named one for each import and form, so that a refusal tells which it was. */
function variant(file: string, index: number, number: number): string {
  return file.replace(/\.ts$/, `.${index}.${number}.ts`);
}

function plant(file: string, source: string): void {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${source}\n`);
}
