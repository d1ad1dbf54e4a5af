import { DeadLettered, deadLetters } from '#sdk';
import { asBuffer, schemaIdOf } from '../avro.ts';
import { Types } from '../engine/types.ts';
import { type Log, LogError, type LogRecord } from '../log/log.ts';
import { readPartition } from '../log/read-partition.ts';
import { settledEnd } from '../log/settled-end.ts';
import type { Registry } from '../registry/registry.ts';

/** What dead letters are read from. */
export interface LettersOptions {
  readonly log: Log;
  readonly registry: Registry;
  /** Of `fleet.events`, and so of the dead letters. */
  readonly partitions: number;
}

/** Which letters are meant; what is left out excludes none. */
export interface LetterFilter {
  readonly ids?: readonly string[] | undefined;
  readonly code?: string | undefined;
  readonly tenant?: string | undefined;
  readonly device?: string | undefined;
  /** Name of the connector or processor that refused. */
  readonly origin?: string | undefined;
  /** Refused at that time (ms) or later. */
  readonly since?: number | undefined;
  /** Refused before that time (ms). */
  readonly until?: number | undefined;
}

/** A dead letter, and where it stands. */
export interface Letter {
  /** Partition and offset in the dead letters' topic, as `3-1042`. */
  readonly id: string;
  /** Null where the record is no dead letter. */
  readonly value: DeadLettered | null;
}

/** Letters that were read together, and how far the reading is. */
export interface LettersPart {
  /** Those that match. */
  readonly letters: readonly Letter[];
  readonly read: number;
  readonly of: number;
}

/** The letters that stood there when the reading began, partition after partition. A part may hold none that matches. */
export async function* readLetters(options: LettersOptions, filter: LetterFilter): AsyncGenerator<LettersPart> {
  const { log, registry } = options;
  const types = new Types(registry);
  types.expect(DeadLettered);
  const places = await placesOf(options, filter);
  const of = places.reduce((sum, { from, end }) => sum + end - from, 0);
  let done = 0;
  for (const { partition, from, end } of places) {
    for await (const records of readPartition(log, { topic: deadLetters.name, partition, offset: from }, end)) {
      await types.learnAll(records);
      const letters = records
        .map((record) => ({ id: `${partition}-${record.offset}`, value: decoded(types, record) }))
        .filter((letter) => matches(letter, filter));
      yield { letters, read: done + (records.at(-1)?.offset ?? from) + 1 - from, of };
    }
    done += end - from;
  }
}

/** The position that a letter's id names; null where it names none. */
export function positionOf(id: string): { readonly partition: number; readonly offset: number } | null {
  const [, partition, offset] = /^(\d{1,6})-(\d{1,15})$/.exec(id) ?? [];
  return partition === undefined || offset === undefined
    ? null
    : { partition: Number(partition), offset: Number(offset) };
}

/** What is to be read of each partition: of named letters only from the first to the last of them. */
async function placesOf({ log, partitions }: LettersOptions, { ids }: LetterFilter) {
  const named = ids?.flatMap((id) => positionOf(id) ?? []);
  if ((await settledEnd(log, deadLetters.name, partitions)) !== null) {
    const next = 'set partitions (FLEETSTREAM_PARTITIONS) to its count';
    throw new LogError('partitions_changed', `${deadLetters.name} has more than ${partitions} partitions; ${next}`);
  }
  const places = Array.from({ length: partitions }, async (_, partition) => {
    const end = (await settledEnd(log, deadLetters.name, partition)) ?? 0;
    if (named === undefined) return { partition, from: 0, end };
    const offsets = named.filter((each) => each.partition === partition).map(({ offset }) => offset);
    return { partition, from: Math.min(...offsets), end: Math.min(end, Math.max(...offsets) + 1) };
  });
  return (await Promise.all(places)).filter(({ from, end }) => from < end);
}

/** Anybody may write to a topic, so what is no letter is told as such. */
function decoded(types: Types, { value }: LogRecord): DeadLettered | null {
  const id = value === null ? null : schemaIdOf(value);
  if (value === null || id === null || types.nameOf(id) !== DeadLettered.name) return null;
  try {
    return types.decode(DeadLettered, asBuffer(value));
  } catch {
    return null;
  }
}

function matches({ id, value }: Letter, { ids, code, tenant, device, origin, since, until }: LetterFilter): boolean {
  if (ids !== undefined && !ids.includes(id)) return false;
  const asked = { code, tenant, device, origin };
  if (value === null) return Object.values({ ...asked, since, until }).every((each) => each === undefined);
  if (since !== undefined && value.time < since) return false;
  if (until !== undefined && value.time >= until) return false;
  return (Object.keys(asked) as (keyof typeof asked)[]).every(
    (name) => asked[name] === undefined || asked[name] === value[name],
  );
}
