import type { Environment } from '../../lmdb/environment.ts';
import { type Fetched, LogError, type LogRecord, type Position } from '../log.ts';
import { type Batch, batchKey, openBatch, parseBatchKey, readBatch } from './batch.ts';
import type { Partition } from './catalog.ts';
import type { PartitionOf } from './writer.ts';

/** Reads durable batches, and checks each before a byte of it is given out. */
export class Reader {
  readonly #environment: Environment<'meta' | 'records'>;
  readonly #partitionOf: PartitionOf;
  /** The batch read last of each partition: a reader that goes on within it need not check it again. */
  readonly #last = new Map<Partition, Batch>();
  #turn = 0;

  constructor(environment: Environment<'meta' | 'records'>, partitionOf: PartitionOf) {
    this.#environment = environment;
    this.#partitionOf = partitionOf;
  }

  /**
   * What stands at the positions. Each has an equal share of the bytes, and what one leaves goes to the next; another
   * comes first each time. A damaged partition throws `record_corrupt` once the others have nothing more to read.
   */
  find(positions: readonly Position[], bytesMax: number): Fetched[] {
    const readable = positions.filter(
      ({ topic, partition, offset }) => offset < this.#partitionOf(topic, partition).end,
    );
    const found: Fetched[] = [];
    let corrupt: LogError | null = null;
    let left = Math.max(1, bytesMax);
    this.#turn += 1;
    for (let i = 0; i < readable.length && left > 0; i++) {
      const position = readable[(i + this.#turn) % readable.length] as Position;
      const share = Math.ceil(left / (readable.length - i));
      const allowance = { bytes: share };
      try {
        found.push(this.#read(position, allowance));
      } catch (error) {
        if (!(error instanceof LogError)) throw error;
        corrupt = error;
      }
      left -= share - allowance.bytes;
    }
    if (found.length === 0 && corrupt !== null) throw corrupt;
    return found;
  }

  /** The batch that covers an offset below the partition's end. Throws `record_corrupt`. */
  batchAt(partition: Partition, offset: number): Batch {
    const { topic, number } = partition;
    const last = this.#last.get(partition);
    if (last !== undefined && last.base <= offset && offset < last.end) return last;
    try {
      const key = batchKey(topic.id, number, offset);
      const bytes = this.#environment.databases.records.getBinary(key);
      const batch = bytes === undefined ? this.#batchBefore(partition, key) : openBatch(key, bytes);
      if (batch !== null && batch.end > offset) {
        this.#last.set(partition, batch);
        return batch;
      }
    } catch (error) {
      throw corruptAt(partition, offset, error);
    }
    throw corruptAt(partition, offset);
  }

  #read({ topic, partition: number, offset }: Position, allowance: { bytes: number }): Fetched {
    const partition = this.#partitionOf(topic, number);
    const records: LogRecord[] = [];
    let next = Math.max(offset, partition.start);
    while (allowance.bytes > 0 && next < partition.end) {
      try {
        next = readBatch(this.batchAt(partition, next), next, allowance, records);
      } catch (error) {
        // What stands before the damage is given out first.
        if (records.length === 0) throw error;
        break;
      }
    }
    return { topic, partition: number, records, next };
  }

  #batchBefore({ topic, number }: Partition, key: Buffer): Batch | null {
    const { records } = this.#environment.databases;
    for (const { key: found, value } of records.getRange({ start: key, reverse: true, limit: 1 })) {
      const [topicId, partition] = parseBatchKey(found);
      if (topicId === topic.id && partition === number) return openBatch(found, value);
    }
    return null;
  }
}

function corruptAt({ topic, number }: Partition, offset: number, cause?: unknown): LogError {
  const detail =
    `${topic.spec.name}/${number} is damaged at offset ${offset}: its bytes do not fit their checksum; ` +
    'restore the log from a backup, or read on behind the damage';
  return new LogError('record_corrupt', detail, cause === undefined ? undefined : { cause });
}
