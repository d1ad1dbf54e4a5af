import type { AvroRecord } from '#sdk';
import { canonicalOf } from './canonical.ts';
import { type Incompatibility, incompatibilities } from './compatibility.ts';
import { RegistryError, type Standing } from './registry.ts';

/** A registered version of a record. */
export interface Version {
  /** Within its subject, from 1. */
  readonly version: number;
  /** Over all subjects. */
  readonly id: number;
  readonly record: AvroRecord;
}

/** Full name of a record, which is its subject: records of several types share a topic. */
export function subjectOf({ namespace, name }: AvroRecord): string {
  return `${namespace}.${name}`;
}

/** Equal for records that differ only in what changes no byte. */
export function textOf(record: AvroRecord): string {
  const known = texts.get(record);
  if (known !== undefined) return known;
  const text = JSON.stringify(canonicalOf(record));
  texts.set(record, text);
  return text;
}

/** Records are never changed in place, and each is judged by every version of its subject whenever a process starts. */
const texts = new WeakMap<AvroRecord, string>();

/** Judges a record by every version of its subject, oldest first. */
export function standingOf(record: AvroRecord, versions: readonly Version[]): Standing {
  const text = textOf(record);
  const same = versions.findLast((each) => textOf(each.record) === text);
  if (same !== undefined) return { state: 'same', version: same.version, id: same.id };
  if (versions.length === 0) return { state: 'new_subject' };
  for (const { version, record: older } of versions) {
    const problems = incompatibilities(older, record);
    if (problems.length > 0) return { state: 'incompatible', version, problems };
  }
  return { state: 'new_version' };
}

/** What is wrong and what to do instead, in a line for each problem. */
export function problemTexts(problems: readonly Incompatibility[]): string[] {
  return problems.map(
    ({ path, problem, remedy }) => `${path === '' ? 'the record' : `"${path}"`} ${problem}; ${remedy}`,
  );
}

/** Throws `schema_incompatible` for a record that may not be registered. */
export function assertFits(record: AvroRecord, standing: Standing): void {
  if (standing.state !== 'incompatible') return;
  const all = problemTexts(standing.problems).join('. ');
  throw new RegistryError(
    'schema_incompatible',
    `${subjectOf(record)} does not fit its version ${standing.version}: ${all}`,
  );
}
