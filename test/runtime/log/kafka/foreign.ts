import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { LogRecord } from '../../../../runtime/log/log.ts';
import type { AbortedTransaction } from '../../../../runtime/log/kafka/transactions.ts';
import { hex } from './records.ts';

/** Offset, timestamp, then in hex key, value and headers. */
type Told = readonly [number, number, string | null, string | null, readonly (readonly [string, string | null])[]];

/** A record set that Kafka's own client wrote, and what its consumer read of it (fixtures/Foreign.java). */
interface Fixture {
  readonly name: string;
  readonly bytes: Buffer;
  readonly from: number;
  readonly aborted: readonly AbortedTransaction[];
  readonly next: number;
  /** Where they are few. */
  readonly records: readonly Told[] | undefined;
  /** Of many records: the hash of the JSON of each, in lines. */
  readonly sha256: string | undefined;
}

export function fixtures(file: 'batches' | 'streams'): Fixture[] {
  const parsed = fixture(`${file}.json`) as (Omit<Fixture, 'bytes' | 'aborted'> & {
    bytes: string;
    aborted: [number, number][];
  })[];
  return parsed.map((one) => ({
    ...one,
    bytes: Buffer.from(one.bytes, 'base64'),
    aborted: one.aborted.map(([producerId, firstOffset]) => ({ producerId: BigInt(producerId), firstOffset })),
  }));
}

export function fixture(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8'));
}

/** As the fixtures tell of records. */
export function told(records: readonly LogRecord[]): Told[] {
  return records.map(({ offset, timestamp, key, value, headers }) => [
    offset,
    timestamp,
    hex(key),
    hex(value),
    Object.entries(headers).map(([name, bytes]) => [Buffer.from(name).toString('hex'), hex(bytes)] as const),
  ]);
}

/** What of the headers fits a record of the log: the last of each name, and no null. */
export function fitting(records: readonly Told[]): Told[] {
  return records.map(([offset, timestamp, key, value, headers]) => [
    offset,
    timestamp,
    key,
    value,
    [...new Map(headers.map(([name, bytes]) => [name, bytes ?? '']))],
  ]);
}

export function digest(records: readonly Told[]): string {
  // As Java writes it, with a space behind each comma; keys and values hold none.
  const lines = records.map((record) => JSON.stringify(record).replaceAll(',', ', '));
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
