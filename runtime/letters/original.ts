import { type DeadLettered, EVENTS_TOPIC } from '#sdk';
import { asBuffer } from '../avro.ts';
import type { Log, LogRecord, NewRecord } from '../log/log.ts';
import { readPartition } from '../log/read-partition.ts';
import { AGAIN_TOPIC, ORIGIN as WEBHOOK } from '../webhook/letters.ts';
import { settledEnd } from '../log/settled-end.ts';
import type { Letter, LettersOptions } from './letters.ts';

/** Where a given-up record stood first. */
export interface Root {
  /** topic/partition/offset */
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Why a letter cannot be put in again. */
export interface Unredrivable {
  readonly code: string;
  readonly detail: string;
}

/** Where a letter's record stood. What a door refused never stood in the log, and only the door can take it. */
export function rootOf({ value }: Letter, { partitions }: Pick<LettersOptions, 'partitions'>): Root | Unredrivable {
  if (value === null)
    return { code: 'letter_unreadable', detail: 'the record is no dead letter; see it with dlq show' };
  const { topic, partition, offset, origin } = value;
  if (topic === null || partition === null || offset === null) {
    const next = 'correct the bytes that dlq show prints, and send them there again';
    return {
      code: 'letter_of_door',
      detail: `it was refused at the door of ${origin} and never was a record; ${next}`,
    };
  }
  // Anybody may write a letter, and none may reach into the platform's own topics.
  if ((topic !== EVENTS_TOPIC && origin !== WEBHOOK) || partition < 0 || partition >= partitions || offset < 0) {
    return { code: 'root_foreign', detail: `${topic}/${partition}/${offset} is no place of ${EVENTS_TOPIC}` };
  }
  return { name: `${topic}/${partition}/${offset}`, topic, partition, offset };
}

/**
 * The record as it was, and where it goes. The log itself is asked first: a letter tells no tombstone from an empty
 * value, and keeps headers in another order. Where the log has it no more, the letter has its bytes. What a receiver
 * was not told is told from a topic of its own, and only as the log has it, since a letter alone proves nothing of what
 * is derived.
 */
export async function originalOf(
  log: Log,
  root: Root,
  letter: DeadLettered,
): Promise<Omit<NewRecord, 'timestamp'> | Unredrivable> {
  const { topic, partition } = root;
  const found = await recordAt(log, root);
  if (found !== null && isSame(found, letter)) {
    const { key, value, headers } = found;
    return { topic: letter.origin === WEBHOOK ? AGAIN_TOPIC : topic, partition, key, value, headers };
  }
  if (letter.origin === WEBHOOK) {
    const detail = `${root.name} is no longer in the log as the letter has it; see the table of alerts`;
    return { code: 'original_gone', detail };
  }
  const { key, value, headers } = letter;
  if (value.length > 0) return { topic, partition, key, value, headers };
  const detail = `${root.name} is no longer in the log, which alone tells a tombstone from an empty value`;
  return { code: 'original_gone', detail };
}

async function recordAt(log: Log, { topic, partition, offset }: Root): Promise<LogRecord | null> {
  // A letter may name a topic that there is not.
  if (offset >= ((await settledEnd(log, topic, partition)) ?? 0)) return null;
  // Of what the log has no more, nothing comes below the end.
  for await (const [record] of readPartition(log, { topic, partition, offset }, offset + 1, 1)) {
    if (record !== undefined) return record;
  }
  return null;
}

function isSame({ key, value }: LogRecord, letter: DeadLettered): boolean {
  if ((key === null) !== (letter.key === null)) return false;
  const isKey = key === null || letter.key === null || asBuffer(key).equals(letter.key);
  return isKey && asBuffer(value ?? new Uint8Array()).equals(letter.value);
}
