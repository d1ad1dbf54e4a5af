// The versions of each record that the log may hold, each in a file of its own: <house>/history/<Record>/<n>.avsc.
// Without arguments, once there is a history: adds a version of each record whose contract differs from its newest one.
// With --reset-history: keeps the present contract as version 1; refused once a version is committed.
// With --check: writes nothing, and exits 1 where the contract is not FULL_TRANSITIVE-compatible with every version.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { AvroRecord } from '#sdk';
import { tables } from '#schemas';
import { incompatibilities } from '../runtime/registry/compatibility.ts';
import { formatAvsc, type AvscRecord } from '../cli/avsc.ts';
import { recordBreaches, tableBreaches, type Breach } from './contract.ts';

const HOUSES = ['sdk', 'schemas'] as const;
type House = (typeof HOUSES)[number];

const checking = process.argv.includes('--check');
const resetting = process.argv.includes('--reset-history');
if (resetting) reset();
const breaches = HOUSES.flatMap((house) => [...ruleBreaches(house), ...historyBreaches(house)]);
if (checking) breaches.push(...Object.values(tables).filter(isDeclaration).flatMap(tableBreaches), ...rewritten());
if (!checking && breaches.length === 0 && (resetting || hasHistory())) for (const house of HOUSES) keep(house);

for (const { place, problem, remedy } of breaches) console.error(`schema_refused: ${place} ${problem}; ${remedy}`);
process.exitCode = breaches.length > 0 ? 1 : 0;
if (checking && breaches.length === 0)
  console.log(hasHistory() ? 'Compatible with every committed version.' : 'No committed versions.');

function records(house: House): AvroRecord[] {
  const folder = join(house, 'avro');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.avsc'))
    .sort()
    .map((file) => read(join(folder, file)));
}

/** The kept versions of a record, oldest first. */
function versions(house: House, name: string): AvroRecord[] {
  const folder = join(house, 'history', name);
  if (!existsSync(folder)) return [];
  const numbers = readdirSync(folder)
    .map((file) => Number(basename(file, '.avsc')))
    .sort((a, b) => a - b);
  return numbers.map((number) => read(join(folder, `${number}.avsc`)));
}

function read(file: string): AvroRecord {
  return JSON.parse(readFileSync(file, 'utf8')) as AvroRecord;
}

function hasHistory(): boolean {
  return HOUSES.some((house) => existsSync(join(house, 'history')));
}

function ruleBreaches(house: House): Breach[] {
  const envelope = read('sdk/avro/Envelope.avsc').fields;
  const cause = read('sdk/avro/Cause.avsc').fields;
  return records(house).flatMap((record) => recordBreaches(record, envelope, cause));
}

function historyBreaches(house: House): Breach[] {
  const present = new Map(records(house).map((record) => [record.name, record]));
  const folder = join(house, 'history');
  const past = existsSync(folder) ? readdirSync(folder) : [];
  const names = hasHistory() ? [...new Set([...past, ...present.keys()])] : [];
  return names.flatMap((name) => {
    const record = present.get(name);
    if (record === undefined) {
      return [
        { place: name, problem: 'is gone, but the log may hold it', remedy: `put ${house}/avro/${name}.avsc back` },
      ];
    }
    const kept = versions(house, name);
    const found = kept.flatMap((older, index) =>
      incompatibilities(older, record).map(({ path, problem, remedy }) => {
        const at = path.startsWith(name) ? path : `${name}.${path}`;
        return { place: at, problem: `${problem} (against version ${index + 1})`, remedy };
      }),
    );
    if (checking && found.length === 0 && contract(kept.at(-1)) !== contract(record)) {
      return [
        {
          place: name,
          problem: 'has a new version that is not kept',
          remedy: 'run `npm run generate` and commit what it adds',
        },
      ];
    }
    return found;
  });
}

/** Versions whose bytes differ from those they were first committed with. */
function rewritten(): Breach[] {
  return [...committed()].flatMap(([path, blob]) => {
    if (existsSync(path) && git('hash-object', path).trim() === blob) return [];
    const problem = existsSync(path) ? 'was changed after it was kept' : 'was removed';
    return [{ place: path, problem, remedy: `write it back: git cat-file blob ${blob} > ${path}` }];
  });
}

/** The bytes that each version was first committed with, as git's name of them. */
function committed(): ReadonlyMap<string, string> {
  const shape = ['--reverse', '--diff-filter=A', '--no-renames', '--raw', '--no-abbrev', '--format='];
  const log = git('log', ...shape, '--', ...HOUSES.map((house) => `${house}/history`));
  const first = new Map<string, string>();
  for (const line of log.split('\n').filter(Boolean)) {
    const [change = '', path = ''] = line.split('\t');
    const blob = change.split(' ')[3];
    if (blob !== undefined && !first.has(path)) first.set(path, blob);
  }
  return first;
}

/** What git prints; nothing where there is no repository. */
function git(...args: readonly string[]): string {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' });
  return status === 0 ? stdout : '';
}

function keep(house: House): void {
  for (const record of records(house)) {
    const kept = versions(house, record.name);
    if (contract(kept.at(-1)) === contract(record)) continue;
    const folder = join(house, 'history', record.name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${kept.length + 1}.avsc`), formatAvsc(record as AvscRecord));
  }
}

function reset(): void {
  if (committed().size > 0) {
    console.error(
      'history_committed: the log may hold the kept versions; run `npm run generate` without --reset-history',
    );
    process.exit(1);
  }
  for (const house of HOUSES) rmSync(join(house, 'history'), { recursive: true, force: true });
}

/** What a reader of the bytes must know: words and data classes left out. */
function contract(record: AvroRecord | undefined): string {
  return JSON.stringify(record, (key, value: unknown) => (key === 'doc' || key === 'dataClass' ? undefined : value));
}

function isDeclaration(value: unknown): value is Parameters<typeof tableBreaches>[0] {
  return typeof value === 'object' && value !== null && 'dataClass' in value;
}
