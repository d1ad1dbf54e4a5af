import type { Environment } from '../../lmdb/environment.ts';
import { LogError, type NewRecord } from '../log.ts';
import { BATCH_BYTES_MAX, BatchBuilder, batchKey, recordBytesMax } from './batch.ts';
import type { Partition } from './catalog.ts';

/** Bytes that wait for the disk; beyond them an append is refused, so that memory stays flat. */
const PENDING_BYTES_MAX = 64 * 1024 * 1024;

/** Milliseconds to the year 73,000: differences of such numbers are exact. */
const TIMESTAMP_MAX = 2 ** 51;

/** Finds the partition of a record. Throws `unknown_topic`. */
export type PartitionOf = (topic: string, partition: number) => Partition;

interface Group {
  readonly batches: { readonly partition: Partition; readonly builder: BatchBuilder }[];
  readonly waiting: { readonly resolve: () => void; readonly reject: (error: LogError) => void }[];
  bytes: number;
}

/**
 * Group commit: while one LMDB transaction is on its way to the disk, what arrives gathers for the next one. The
 * records of one append stand in one group, and so in the log together or not at all.
 */
export class Writer {
  readonly #environment: Environment<'meta' | 'records'>;
  readonly #partitionOf: PartitionOf;
  readonly #onFlushed: (partition: Partition) => void;
  #group = emptyGroup();
  #pendingBytes = 0;
  #flushing: Promise<void> | null = null;

  constructor(
    environment: Environment<'meta' | 'records'>,
    partitionOf: PartitionOf,
    onFlushed: (partition: Partition) => void,
  ) {
    this.#environment = environment;
    this.#partitionOf = partitionOf;
    this.#onFlushed = onFlushed;
  }

  /** Copies the records; resolves with their offsets when they are on disk. */
  async append(records: readonly NewRecord[]): Promise<readonly number[]> {
    if (records.length === 0) return [];
    const bytes = this.#admit(records);
    const group = this.#group;
    const offsets = records.map((record) => this.#add(group, record));
    group.bytes += bytes;
    this.#pendingBytes += bytes;
    const flushed = new Promise<void>((resolve, reject) => group.waiting.push({ resolve, reject }));
    this.#flushing ??= this.#flushAll();
    await flushed;
    return offsets;
  }

  /** Resolves when everything that waits now is on disk or refused. */
  async idle(): Promise<void> {
    await this.#flushing;
  }

  /** Everything is checked before anything is taken. */
  #admit(records: readonly NewRecord[]): number {
    let bytes = 0;
    for (const record of records) {
      const { damaged, topic, number } = this.#partitionOf(record.topic, record.partition);
      if (damaged) {
        const detail = `the last batch of ${topic.spec.name}/${number} is damaged, so its next offset is unknown; restore the log from a backup`;
        throw new LogError('record_corrupt', detail);
      }
      if (!(Math.abs(record.timestamp) <= TIMESTAMP_MAX)) {
        throw new LogError('log_refused', `the timestamp ${record.timestamp} is no date; give milliseconds since 1970`);
      }
      bytes += recordBytesMax(record);
    }
    // What is larger alone than all that may wait would be refused for ever, however often it is sent again.
    if (this.#pendingBytes > 0 && this.#pendingBytes + bytes > PENDING_BYTES_MAX) {
      const detail = `${this.#pendingBytes} bytes wait for the disk, and at most ${PENDING_BYTES_MAX} may; send less, or wait and send again`;
      throw new LogError('log_refused', detail);
    }
    return bytes;
  }

  #add(group: Group, record: NewRecord): number {
    const partition = this.#partitionOf(record.topic, record.partition);
    let { builder } = partition;
    if (builder === null || builder.size >= BATCH_BYTES_MAX) {
      builder = new BatchBuilder(partition.next);
      partition.builder = builder;
      group.batches.push({ partition, builder });
    }
    builder.add(record);
    return partition.next++;
  }

  async #flushAll(): Promise<void> {
    // Appends of the same turn share a transaction.
    await Promise.resolve();
    while (this.#group.batches.length > 0) {
      const group = this.#group;
      this.#group = emptyGroup();
      for (const { partition } of group.batches) partition.builder = null;
      try {
        await this.#write(group);
      } catch (error) {
        this.#refuse(group, error);
      }
      this.#pendingBytes -= group.bytes;
    }
    this.#flushing = null;
  }

  async #write(group: Group): Promise<void> {
    const { databases } = this.#environment;
    const stored = group.batches.map(({ partition, builder }) => {
      const key = batchKey(partition.topic.id, partition.number, builder.base);
      return { key, value: builder.finish(key) };
    });
    await this.#environment.write(() => {
      for (const { key, value } of stored) void databases.records.put(key, value);
    });
    this.#environment.refresh();
    for (const [index, { partition, builder }] of group.batches.entries()) {
      partition.end = builder.end;
      partition.bytes += stored[index]?.value.length ?? 0;
    }
    for (const { resolve } of group.waiting) resolve();
    for (const { partition } of group.batches) this.#onFlushed(partition);
  }

  /** Offsets that were given out are taken back, so what gathered behind the failed group goes with it. */
  #refuse(failed: Group, cause: unknown): void {
    const behind = this.#group;
    this.#group = emptyGroup();
    this.#pendingBytes -= behind.bytes;
    for (const { partition } of [...failed.batches, ...behind.batches]) {
      partition.next = partition.end;
      partition.builder = null;
    }
    const detail = `the disk did not take the records (${(cause as Error).message}); make room and send them again`;
    const error = new LogError('log_refused', detail, { cause });
    for (const { reject } of [...failed.waiting, ...behind.waiting]) reject(error);
  }
}

function emptyGroup(): Group {
  return { batches: [], waiting: [], bytes: 0 };
}
