import type { AvroRecord } from '#sdk';
import type { Config } from '#runtime/config.ts';
import type { JudgingRegistry } from '#runtime/registry/registry.ts';
import { problemTexts, subjectOf } from '#runtime/registry/standing.ts';
import { CommandError, EXIT_FAILED } from './failure.ts';
import { generate, houseIn } from './generate.ts';
import { columns } from './layout.ts';
import { allRecords, openRegistry } from './registry.ts';

/** What a command found, and the exit code that says so. */
export interface Found {
  readonly text: string;
  readonly exitCode: number;
}

/** A record as the registry sees it. */
interface Row {
  readonly record: string;
  readonly subject: string;
  /** `registered` only where this run did it. */
  readonly state: 'same' | 'new subject' | 'new version' | 'incompatible' | 'registered';
  /** Null where the registry has none. */
  readonly id: number | null;
  /** The version that it equals, or does not fit. */
  readonly version: number | null;
  /** Where it does not fit, and what to do instead. */
  readonly problems: readonly string[];
}

/** Compares every record with the registry, and changes nothing. Fails when one does not fit. */
export async function checkSchemas(
  config: Config,
  json: boolean,
  records: readonly AvroRecord[] = allRecords(),
): Promise<Found> {
  const rows = await judged(await openRegistry(config), records);
  return found(rows, json, config);
}

/** Registers every record, or none when one does not fit. */
export async function registerSchemas(
  config: Config,
  json: boolean,
  records: readonly AvroRecord[] = allRecords(),
): Promise<Found> {
  if (config.registry.url === null) {
    const next = 'set registry.url (FLEETSTREAM_REGISTRY_URL) to a registry of your own';
    throw new CommandError('registry_embedded', `the embedded registry is written by up alone, at its start; ${next}`);
  }
  const registry = await openRegistry(config);
  const rows = await judged(registry, records);
  if (rows.some(({ state }) => state === 'incompatible')) return found(rows, json, config);
  const done: Row[] = [];
  for (const [index, record] of records.entries()) {
    const row = rows[index] as Row;
    const id = await registry.register(record);
    done.push(row.state === 'same' ? row : { ...row, state: 'registered', id });
  }
  return found(done, json, config);
}

async function judged(registry: JudgingRegistry, records: readonly AvroRecord[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const record of records) rows.push(await rowOf(registry, record));
  return rows;
}

async function rowOf(registry: JudgingRegistry, record: AvroRecord): Promise<Row> {
  const standing = await registry.judge(record);
  const row = { record: record.name, subject: subjectOf(record), id: null, version: null, problems: [] };
  switch (standing.state) {
    case 'same':
      return { ...row, state: 'same', id: standing.id, version: standing.version };
    case 'new_subject':
      return { ...row, state: 'new subject' };
    case 'new_version':
      return { ...row, state: 'new version' };
    case 'incompatible':
      return {
        ...row,
        state: 'incompatible',
        version: standing.version,
        problems: problemTexts(standing.problems),
      };
  }
}

function found(rows: readonly Row[], json: boolean, config: Config): Found {
  const refused = rows.filter(({ state }) => state === 'incompatible');
  const exitCode = refused.length === 0 ? 0 : EXIT_FAILED;
  if (json) return { text: JSON.stringify(rows, null, 2), exitCode };
  const cells = rows.map(({ record, subject, state, id, version }) => [
    record,
    subject,
    state,
    version === null ? '' : String(version),
    id === null ? '' : String(id),
  ]);
  const lines = [columns([['record', 'subject', 'state', 'version', 'id'], ...cells])];
  for (const { subject, version, problems } of refused) {
    lines.push('', `  ${subject} does not fit its version ${version}:`, ...problems.map((each) => `    ${each}`));
  }
  const where = config.registry.url === null ? 'the embedded registry' : 'the registry';
  const count = refused.length === 0 ? `every record fits ${where}` : `${refused.length} of ${rows.length} do not fit`;
  return { text: [...lines, '', `  ${count}`].join('\n'), exitCode };
}

/** Writes the types of a folder outside, or says whether they are as they would be written. */
export function generateTypes(folder: string, isCheck: boolean): Found {
  const changed = generate(houseIn(folder), { dryRun: isCheck });
  if (changed.length === 0) return { text: 'every type is as its schema', exitCode: 0 };
  return {
    text: changed.map((file) => `${isCheck ? 'stale' : 'wrote'} ${file}`).join('\n'),
    exitCode: isCheck ? EXIT_FAILED : 0,
  };
}
