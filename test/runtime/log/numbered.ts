import { type Log, LogError, type NewRecord } from '../../../runtime/log/log.ts';

export const PARTITIONS = 3;

/** What the n-th append holds: a record for each partition, from which its number can be told. */
export function recordsOfAppend(number: number, seed: number): NewRecord[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    const size =
      (Math.imul(number + 1, 2_654_435_761 + seed * 2 + partition * 4) >>> 8) % (number % 10 === 9 ? 30_000 : 900);
    const value = Buffer.alloc(8 + size, number % 251);
    value.writeUInt32BE(number, 0);
    value.writeUInt32BE(partition, 4);
    return { topic: 'numbered', partition, key: Buffer.from(`key-${number % 17}`), value, timestamp: number };
  });
}

/** How a reading of the log went. */
export interface Reading {
  /** For each partition, the first append that is there. */
  readonly starts: readonly number[];
  /** For each partition, up to which append all were read right. */
  readonly right: readonly number[];
  /** Partitions that told of damage. */
  readonly told: number;
  /** What was read and is not what was appended. */
  readonly wrong: readonly string[];
}

/** Reads all partitions and compares each record with what was appended; they may begin as late as `startMax`. */
export async function readNumbered(log: Log, seed: number, partitions = [0, 1, 2], startMax = 0): Promise<Reading> {
  const starts: number[] = [];
  const right: number[] = [];
  const wrong: string[] = [];
  let told = 0;
  for (const partition of partitions) {
    let offset = 0;
    let numbers = 0;
    for (;;) {
      try {
        const position = { topic: 'numbered', partition, offset };
        const [part] = await log.fetch({ positions: [position], bytesMax: 100_000, waitMsMax: 0 });
        if (part === undefined) break;
        // The first offset that is left, where so much may have been forgotten.
        const first = part.records[0]?.offset ?? 0;
        if (offset === 0 && first <= startMax) numbers = first;
        if (offset === 0) starts.push(first);
        for (const record of part.records) {
          const expected = recordsOfAppend(numbers, seed)[partition] as NewRecord;
          const same = Buffer.compare(record.value ?? Buffer.alloc(0), expected.value as Uint8Array) === 0;
          const fits = same && Buffer.compare(record.key ?? Buffer.alloc(0), expected.key as Uint8Array) === 0;
          if (!fits || record.offset !== numbers || record.timestamp !== numbers)
            wrong.push(`partition ${partition}, offset ${record.offset}`);
          numbers += 1;
        }
        offset = part.next;
      } catch (error) {
        if (!(error instanceof LogError) || error.code !== 'record_corrupt') throw error;
        told += 1;
        break;
      }
    }
    right.push(numbers);
  }
  return { starts, right, told, wrong };
}
