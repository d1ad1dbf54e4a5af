import type { Environment } from '../../lmdb/environment.ts';
import type { LogRecord } from '../log.ts';
import { type Batch, BATCH_BYTES_MAX, BatchBuilder, batchKey, readBatch } from './batch.ts';
import { type Partition, writeCleaned } from './catalog.ts';
import type { Reader } from './reader.ts';

/** Below this, a partition is not worth a pass. */
const GARBAGE_BYTES_MIN = 8 * 1024 * 1024;
/** Read or rewritten in one step, between which others run: a few milliseconds. */
const STEP_BYTES_MAX = 256 * 1024;
/** Keys remembered in one pass; a partition with more takes several. */
const KEYS_MAX = 500_000;

/**
 * Keeps the newest record of each key, tombstones included, in topics with `cleanup: 'compact'`. Offsets stay. Each
 * step is one transaction, so a crash leaves a log that says the same, and the pass begins again.
 */
export class Compaction {
  readonly #environment: Environment<'meta' | 'records'>;
  readonly #reader: Reader;
  readonly #due = new Set<Partition>();
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(environment: Environment<'meta' | 'records'>, reader: Reader) {
    this.#environment = environment;
    this.#reader = reader;
  }

  /** Begins a pass when what was appended since the last one outweighs what that one left. */
  consider(partition: Partition): void {
    if (partition.topic.spec.cleanup !== 'compact' || this.#closed) return;
    const added = partition.bytes - partition.cleaned.bytes;
    if (added < Math.max(GARBAGE_BYTES_MIN, partition.cleaned.bytes)) return;
    this.#due.add(partition);
    this.#running ??= this.#run();
  }

  /** Stops after the step that runs. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (const partition of this.#due) {
      await this.#pass(partition).catch(() => {
        // The disk or damage stopped it: it is tried again when as much has been appended anew.
        partition.cleaned = { ...partition.cleaned, bytes: partition.bytes };
      });
      this.#due.delete(partition);
    }
    this.#running = null;
  }

  async #pass(partition: Partition): Promise<void> {
    const newest = new Map<string, number>();
    let to = partition.cleaned.end;
    const end = partition.end;
    while (to < end && newest.size < KEYS_MAX) {
      const batches = this.#step(partition, to, end);
      for (const record of batches.flatMap(recordsOf)) {
        if (record.key !== null) newest.set(textOf(record.key), record.offset);
      }
      to = batches.at(-1)?.end ?? end;
      if (await this.#stopped()) return;
    }
    let bytes = 0;
    for (let at = partition.start; at < to; ) {
      const batches = this.#step(partition, at, to);
      bytes += await this.#rewrite(partition, batches, newest);
      at = batches.at(-1)?.end ?? to;
      if (await this.#stopped()) return;
    }
    const cleaned = { end: to, bytes };
    await this.#environment.write(() => writeCleaned(this.#environment.databases.meta, partition, cleaned));
    partition.cleaned = cleaned;
  }

  #step(partition: Partition, from: number, to: number): Batch[] {
    const batches: Batch[] = [];
    let bytes = 0;
    for (let at = from; at < to && bytes < STEP_BYTES_MAX; ) {
      const batch = this.#reader.batchAt(partition, at);
      batches.push(batch);
      bytes += batch.bytes.length;
      at = batch.end;
    }
    return batches;
  }

  /** Gives the bytes that the batches take afterwards. */
  async #rewrite(
    partition: Partition,
    batches: readonly Batch[],
    newest: ReadonlyMap<string, number>,
  ): Promise<number> {
    const before = sum(batches.map(({ bytes }) => bytes.length));
    const records = batches.flatMap(recordsOf);
    const kept = records.filter(({ key, offset }) => key === null || (newest.get(textOf(key)) ?? offset) <= offset);
    const builders = rebuilt(batches, kept);
    if (kept.length === records.length && builders.length >= batches.length) return before;
    const stored = builders.map((builder) => {
      const key = batchKey(partition.topic.id, partition.number, builder.base);
      return { key, value: builder.finish(key) };
    });
    const { records: database } = this.#environment.databases;
    await this.#environment.write(() => {
      for (const { key } of batches) void database.remove(key);
      for (const { key, value } of stored) void database.put(key, value);
    });
    this.#environment.refresh();
    const after = sum(stored.map(({ value }) => value.length));
    partition.bytes += after - before;
    return after;
  }

  async #stopped(): Promise<boolean> {
    await new Promise(setImmediate);
    return this.#closed;
  }
}

/** Batches with the kept records, which cover together what the old ones covered. */
function rebuilt(batches: readonly Batch[], kept: readonly LogRecord[]): BatchBuilder[] {
  const base = (batches[0] as Batch).base;
  let builder = new BatchBuilder(base, true);
  const builders = [builder];
  for (const record of kept) {
    if (builder.size >= BATCH_BYTES_MAX) {
      builder = new BatchBuilder(builder.end, true);
      builders.push(builder);
    }
    builder.add(record, record.offset);
  }
  builder.end = (batches.at(-1) as Batch).end;
  return builders;
}

function recordsOf(batch: Batch): LogRecord[] {
  const records: LogRecord[] = [];
  readBatch(batch, batch.base, { bytes: Number.POSITIVE_INFINITY }, records);
  return records;
}

/** One character a byte. */
function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
