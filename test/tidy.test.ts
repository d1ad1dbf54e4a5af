import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { code, imports } from './tidy/code.ts';
import { interpolations, unused } from './tidy/sql.ts';
import { ambient, marks, names, quotes, sizes } from './tidy/rules.ts';

const files = listed();
const sources = files.filter((file) => file.endsWith('.ts') && !file.includes('/generated/'));
const read = (file: string) => readFileSync(file, 'utf8');

describe('the sources', () => {
  test('are found', () => {
    expect(sources).toContain('sdk/processor.ts');
    expect(sources).toContain('test/tidy.test.ts');
  });

  test('take no ambient input where they must be pure', () => {
    expect(sources.flatMap((file) => ambient(file, read(file)))).toEqual([]);
  });

  test('stay short', () => {
    expect(sources.flatMap((file) => sizes(file, read(file)))).toEqual([]);
  });

  test('name no machine and no registry, and leave no promise open', () => {
    const texts = files.filter((file) => !/\.(?:png|gif|ico|gz|bin)$/.test(file) && file !== 'package-lock.json');
    expect(texts.flatMap((file) => marks(file, read(file)))).toEqual([]);
  });

  test('put no value between the quotes of SQL', () => {
    expect(sources.flatMap((file) => quotes(file, read(file)))).toEqual([]);
  });

  test('put nothing into SQL that was not made for it', () => {
    expect(sources.flatMap((file) => interpolations(file, read(file)))).toEqual([]);
    expect(unused(read)).toEqual([]);
  });

  test('have names that say what they hold', () => {
    expect(files.flatMap(names)).toEqual([]);
  });

  test('write escapes to a terminal only where a person reads it', () => {
    const elsewhere = sources.filter((file) => !/^(?:cli|scripts|bench|test)\//.test(file));
    expect(elsewhere.filter((file) => /\\(?:x1b|u001b|u\{1b\})/i.test(read(file)))).toEqual([]);
  });

  test('of the engine import no driver', () => {
    const { dependencies, optionalDependencies } = JSON.parse(read('package.json')) as Record<string, object>;
    const drivers = Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => name !== 'avsc');
    const engine = sources.filter((file) => file.startsWith('runtime/engine/'));
    const found = engine.flatMap((file) => imports(read(file)).map((name) => ({ file, name })));
    expect(found.filter(({ name }) => drivers.some((driver) => `${name}/`.startsWith(`${driver}/`)))).toEqual([]);
  });
});

describe('one folder is one unit with one name', () => {
  test.each(['processor', 'connector'])('of every %s', (kind) => {
    const folders = new Set(files.flatMap((file) => new RegExp(`^${kind}s/([^/]+)/`).exec(file)?.[1] ?? []));
    for (const folder of folders) {
      const file = `${kind}s/${folder}/${kind}.ts`;
      expect(files, `${kind}s/${folder} declares its unit in ${kind}.ts`).toContain(file);
      expect(read(file), `${file} exports ${folder}`).toMatch(new RegExp(`export const ${camel(folder)} = ${kind}\\(`));
      expect(read(file), `${file} has the name ${folder}`).toMatch(new RegExp(`\\bname: '${folder}'`));
    }
  });
});

test('the command can be run by its path, as npx does', () => {
  expect(read('main.ts').split('\n')[0]).toBe('#!/usr/bin/env node');
  expect(statSync('main.ts').mode & 0o111).not.toBe(0);
});

test('the lock file holds no address', () => {
  expect(read('package-lock.json')).not.toMatch(/"resolved":|https?:\/\/[^"]*\.tgz/);
});

describe('the rules themselves', () => {
  test.each([
    ['processors/x/processor.ts', 'const now = Date.now();', 'logTime'],
    ['sdk/x.ts', 'const now = new Date();', 'new Date(milliseconds)'],
    ['connectors/x/connector.ts', 'return Date();', 'new Date(milliseconds)'],
    ['processors/x/processor.ts', 'const id = `${Math.random()}`;', 'hash of the event id'],
    ['processors/x/processor.ts', 'const id = crypto.randomUUID();', 'hash of the event id'],
    ['processors/x/processor.ts', 'setTimeout(expire, 5);', 'deadline and expire'],
    ['schemas/x.ts', 'if (process.env.DEBUG) {}', 'an argument'],
    ['processors/x/processor.ts', 'paths.sort((a, b) => a.localeCompare(b));', '< and >'],
    ['processors/x/processor.ts', 'value.toLocaleString()', 'know no locale'],
    ['processors/x/processor.ts', 'new Date(at).getHours()', 'the UTC method'],
    ['processors/x/processor.ts', 'Math.log(x)', 'differ between engines'],
    ['processors/x/processor.ts', 'const { exp } = Math;', 'which this test can read'],
    ['processors/x/processor.ts', 'x ** 2', 'multiplication'],
    ['processors/x/processor.ts', 'for (const key in value) {}', 'Object.keys'],
    ['processors/x/processor.ts', "type Stats = import('node:fs').Stats;", 'import at the top'],
    ['processors/x/processor.ts', 'await commit();', 'nothing is called'],
  ])('refuse in %s: %s', (file, source, instead) => {
    const [line] = ambient(file, `// first line\n${source}\n`);
    expect(line).toMatch(new RegExp(`^${file}:2: `));
    expect(line).toContain(instead);
  });

  test('let pass what is only said, and what is the same everywhere', () => {
    const source =
      "// Date.now()\nconst a = 'Math.random()' + `Date.now() ${new Date(at).getUTCHours()}` + Math.sqrt(2) / 3; /* for (const a in b) */";
    expect(ambient('processors/x/processor.ts', source)).toEqual([]);
    expect(ambient('runtime/x.ts', 'Date.now()')).toEqual([]);
  });

  test('see code behind strings, templates, comments and regular expressions', () => {
    expect(code('`a ${b({ c: `${d}` })} e` + f').replace(/\s+/g, ' ').trim()).toBe(
      'b({ c: d })  + f'.replace(/\s+/g, ' '),
    );
    expect(code("x = /['/]/.test(y) ? 'it\\'s' : z / 2 / w;")).toMatch(/^x = {7}\.test\(y\) \? {8} : z \/ 2 \/ w;$/);
  });

  test.each([
    ['a value without quotes', 'const q = `SELECT 1 FROM twins WHERE version = ${version}`;'],
    ['a value between quotes', "const q = `SELECT 1 FROM twins WHERE device = '${device}'`;"],
    ['a property', 'const q = `DELETE FROM twins WHERE device = ${event.device}`;'],
    ['the name of a table', 'await run(`TRUNCATE TABLE ${request.table}`);'],
    ['escaped by hand', "const q = `SELECT 1 FROM t WHERE d = '${device.replaceAll(\"'\", \"''\")}'`;"],
    ['in JSON', 'const q = `SELECT 1 FROM t WHERE d = ${JSON.stringify(device)}`;'],
    ['over lines', 'const q = `\n  SELECT count()\n  FROM t\n  ORDER BY ${column}`;'],
    ['in a template within one', "const q = `SELECT 1 FROM t ${device ? `WHERE d = ${device}` : ''}`;"],
    ['through a name', 'const filter = `d = ${device}`;\nconst q = `SELECT 1 FROM t WHERE ${filter}`;'],
    ['in a list', "const q = `SELECT 1 FROM t WHERE d IN (${devices.join(', ')})`;"],
    ['by a list of texts', "const q = `SELECT 1 FROM t WHERE d IN (${devices.map((d) => `'${d}'`).join(', ')})`;"],
    ['behind a name made for it', 'const q = `SELECT ${identifier(a)} FROM t WHERE d = ${identifier(a) + device}`;'],
    [
      'a name that is also bound to a value',
      'const a = literal(x);\nconst a = x;\nconst q = `SELECT 1 FROM t WHERE ${a}`;',
    ],
    ['joined by a sign', "const q = 'SELECT 1 FROM t WHERE d = ' + device;"],
    ['with a tag of another name', 'const q = raw`SELECT 1 FROM t WHERE d = ${device}`;'],
  ])('refuse in SQL: %s', (_, source) => {
    expect(interpolations('cli/x.ts', source)).not.toEqual([]);
  });

  test.each([
    ['a text made for it', 'const q = `SELECT 1 FROM t WHERE d = ${literal(device)}`;'],
    ['a name made for it', 'const q = `SELECT ${identifier(column)} FROM t`;'],
    ['a list of names', "const q = `SELECT ${columns.map(identifier).join(', ')} FROM t`;"],
    [
      'a list of names of things',
      "const q = `SELECT ${columns.map(({ name }) => identifier(name)).join(', ')} FROM t`;",
    ],
    ['a number', 'const q = `SELECT 1 FROM t LIMIT BY ${Number(limit)}`;'],
    ['a constant', 'const q = `SELECT 1 FROM t WHERE ${OF_DEVICE} LIMIT ${LIMITS.rows}`;'],
    ['what was made before', 'const w = `WHERE d = ${literal(device)}`;\nconst q = `SELECT 1 FROM t ${w}`;'],
    ['parts whose type is no string', 'const q = sql`SELECT 1 FROM ${table}`;'],
    ['a text of no SQL', 'const said = `the device ${device} comes from ${place}`;'],
  ])('let pass in SQL: %s', (_, source) => {
    expect(interpolations('cli/x.ts', source)).toEqual([]);
    expect(interpolations('schemas/x.ts', 'const q = `SELECT 1 FROM ${table}`;')).toEqual([]);
  });

  test('refuse what is too long, open, vague or of one machine', () => {
    expect(sizes('a.ts', 'a\n'.repeat(301))).toHaveLength(1);
    expect(sizes('a.ts', 'a'.repeat(121))).toHaveLength(1);
    expect(sizes('a.ts', `${'a'.repeat(120)}\n`.repeat(300))).toEqual([]);
    expect(marks('a.ts', ['// TO', 'DO later'].join(''))).toHaveLength(1);
    expect(marks('a.ts', ['see /ro', 'ot/notes'].join(''))).toHaveLength(1);
    expect(marks('a.ts', 'red \u001b[31m')).toHaveLength(1);
    expect(quotes('cli/sql.ts', "const sql = `SELECT 1 FROM t WHERE d = '${device}'`;")).toHaveLength(1);
    expect(quotes('cli/sql.ts', 'const sql = `SELECT 1 FROM t WHERE d = ${literal(device)}`;')).toEqual([]);
    expect(names('runtime/utils.ts')).toHaveLength(1);
    expect(names('runtime/engine/fold.ts')).toEqual([]);
  });
});

function camel(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Files that are committed or would be. */
function listed(): string[] {
  const { stdout } = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' });
  return stdout.split('\n').filter((file) => file !== '' && existsSync(file));
}
