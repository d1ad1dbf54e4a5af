import { LogError, type NewRecord } from '../log.ts';
import type { Brokers } from './brokers.ts';
import type { SealedBatch } from './produce-request.ts';
import { ACK_MS_MAX, BATCH_BYTES_MAX, nextSequence, placeOf, produce, REQUEST_BYTES_MAX } from './produce.ts';
import { BatchWriter } from './record-batch.ts';
import { Again, away, judge } from './retry.ts';

/** Bytes that wait for the brokers; beyond it appends are refused. */
export const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** A record that no broker took by then is refused: long enough for a second attempt where a first is never answered. */
const DELIVERY_MS_MAX = 30_000;

/** Between two attempts for a partition. */
const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 1_000;

/** Identity of a producer, as the cluster gave it. */
interface Identity {
  readonly id: bigint;
  readonly epoch: number;
}

/** Under whose name a partition is written, and the number of its next record. */
interface Numbering {
  readonly identity: Identity;
  sequence: number;
}

/** Records of one partition that go together. */
interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly writer: BatchWriter;
  readonly waiting: { readonly append: Append; readonly place: number; readonly index: number }[];
  /** As sent: the same bytes each time, so that a repetition is recognised. */
  sealed: Buffer | null;
  /** When it was first sent, or was to be. */
  triedAt: number | null;
  pauseMs: number;
  /** Not to be sent before. */
  dueAt: number;
}

interface Append {
  readonly offsets: number[];
  left: number;
  readonly resolve: (offsets: readonly number[]) => void;
  readonly reject: (error: Error) => void;
}

/** Appends outside of transactions, idempotent within the cluster: one batch of a partition is under way at a time. */
export class Producer {
  readonly #brokers: Brokers;
  readonly #compression: 'none' | 'lz4';
  readonly #deliveryMsMax: number;
  /** By partition; the first batch of each is the one under way. */
  readonly #queues = new Map<string, Batch[]>();
  /** For partitions that have no numbering yet. */
  #identity: Identity | null = null;
  readonly #numberings = new Map<string, Numbering>();
  #bytes = 0;
  #sending: Promise<void> | null = null;

  constructor(brokers: Brokers, compression: 'none' | 'lz4', patienceMsMax = DELIVERY_MS_MAX) {
    this.#brokers = brokers;
    this.#compression = compression;
    this.#deliveryMsMax = Math.min(patienceMsMax, DELIVERY_MS_MAX);
  }

  /** Bytes that wait for the brokers. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  /** Resolves with the offsets, in the order of the records, once all replicas in sync have them. */
  async append(records: readonly NewRecord[]): Promise<readonly number[]> {
    if (records.length === 0) return [];
    if (records.every((record) => this.#brokers.isKnown(record))) return this.#enqueue(records);
    // The caller may use its memory again, so what must wait is copied.
    const copies = records.map(copied);
    for (const { topic, partition } of copies) await this.#brokers.leaderOf(topic, partition);
    return this.#enqueue(copies);
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.#sending !== null) await this.#sending;
  }

  #enqueue(records: readonly NewRecord[]): Promise<readonly number[]> {
    if (this.#bytes > WAITING_BYTES_MAX) {
      const detail = `${this.#bytes} bytes wait for the brokers, at most ${WAITING_BYTES_MAX} may; try again`;
      return Promise.reject(new LogError('log_refused', detail));
    }
    return new Promise((resolve, reject) => {
      const append: Append = {
        offsets: Array.from({ length: records.length }, () => -1),
        left: records.length,
        resolve,
        reject,
      };
      try {
        for (const [place, record] of records.entries()) this.#add(record, append, place);
      } catch (error) {
        // Of a record that cannot be written; those before it go nevertheless.
        append.reject(error as Error);
      }
      if (this.#queues.size > 0) this.#sending ??= this.#send();
    });
  }

  #add(record: NewRecord, append: Append, place: number): void {
    const name = placeOf(record);
    const queue = this.#queues.get(name) ?? [];
    const last = queue.at(-1);
    const isOpen = last !== undefined && last.sealed === null && last.writer.hasRoomFor(record, BATCH_BYTES_MAX);
    const batch = isOpen ? last : newBatch(record);
    const before = isOpen ? batch.writer.bytes : 0;
    batch.writer.add(record);
    this.#bytes += batch.writer.bytes - before;
    batch.waiting.push({ append, place, index: batch.writer.count - 1 });
    if (!isOpen) queue.push(batch);
    this.#queues.set(name, queue);
  }

  /** Sends the first batch of each partition, again and again, until none is left. */
  async #send(): Promise<void> {
    // What is appended in the same turn goes together.
    await Promise.resolve();
    while (this.#queues.size > 0) {
      const batches = this.#take();
      if (batches.length > 0) await this.#deliver(batches);
      else await new Promise((resolve) => setTimeout(resolve, PAUSE_MS_MIN));
    }
    // In the turn that found nothing left: what comes in a later one must not wait for a sending that has ended.
    this.#sending = null;
  }

  #take(): Batch[] {
    const batches: Batch[] = [];
    const now = performance.now();
    let bytes = 0;
    for (const [batch] of this.#queues.values() as Iterable<readonly [Batch]>) {
      if (batch.dueAt > now) continue;
      if (batches.length > 0 && bytes + batch.writer.bytes > REQUEST_BYTES_MAX) break;
      bytes += batch.sealed?.length ?? batch.writer.bytes;
      batches.push(batch);
    }
    return batches;
  }

  /** Sends batches once. What a broker may take later stays where it is, and holds up no other partition. */
  async #deliver(batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) batch.triedAt ??= performance.now();
    try {
      await this.#brokers.renew();
      for (const batch of batches) await this.#seal(batch);
    } catch (error) {
      for (const batch of batches) this.#postpone(batch, error);
      return;
    }
    const outcomes = await produce(this.#brokers, null, batches.map(sealedOf));
    for (const batch of batches) {
      const outcome = outcomes.get(placeOf(batch)) ?? new Again('NO_ANSWER');
      if (outcome instanceof Error) this.#postpone(batch, outcome);
      else this.#settle(batch, outcome.baseOffset, null);
    }
  }

  async #seal(batch: Batch): Promise<void> {
    if (batch.sealed !== null) return;
    const name = placeOf(batch);
    let numbering = this.#numberings.get(name);
    if (numbering === undefined) {
      this.#identity ??= await this.#identify();
      numbering = { identity: this.#identity, sequence: 0 };
      this.#numberings.set(name, numbering);
    }
    const { identity, sequence } = numbering;
    numbering.sequence = nextSequence(sequence, batch.writer.count);
    this.#bytes -= batch.writer.bytes;
    batch.sealed = batch.writer.finish({ ...identity, sequence, isTransactional: false }, this.#compression);
    // A place in the queue costs what is really held.
    this.#bytes += batch.sealed.length;
  }

  /** Leaves a batch for a later attempt, or gives it up. */
  #postpone(batch: Batch, error: unknown): void {
    const verdict = judge(error);
    const now = performance.now();
    const waitedMs = Math.round(now - (batch.triedAt ?? now));
    if (verdict === 'again' && waitedMs < this.#deliveryMsMax) {
      batch.dueAt = now + batch.pauseMs;
      batch.pauseMs = Math.min(batch.pauseMs * 2, PAUSE_MS_MAX);
      return;
    }
    // Nobody knows whether the broker has it, so the numbers of the partition begin anew, under another identity.
    if (batch.sealed !== null) {
      this.#numberings.delete(placeOf(batch));
      this.#identity = null;
    }
    this.#settle(batch, null, verdict === 'again' ? away(error as Error, waitedMs) : verdict);
  }

  /** Takes a batch out of its queue and tells those who wait for it. */
  #settle(batch: Batch, baseOffset: number | null, error: Error | null): void {
    const name = placeOf(batch);
    const queue = this.#queues.get(name) as Batch[];
    queue.shift();
    // The next of this partition goes behind the others, lest those wait for ever.
    this.#queues.delete(name);
    if (queue.length > 0) this.#queues.set(name, queue);
    this.#bytes -= batch.sealed?.length ?? batch.writer.bytes;
    for (const { append, place, index } of batch.waiting) {
      if (error !== null) append.reject(error);
      else if (baseOffset !== null) append.offsets[place] = baseOffset + index;
      if (--append.left === 0) append.resolve(append.offsets);
    }
  }

  async #identify(): Promise<Identity> {
    const broker = await this.#brokers.any();
    const { producerId, producerEpoch } = await broker.initProducerId({ transactionTimeout: ACK_MS_MAX });
    return { id: BigInt(producerId), epoch: producerEpoch };
  }
}

function newBatch({ topic, partition }: NewRecord): Batch {
  const state = { sealed: null, triedAt: null, pauseMs: PAUSE_MS_MIN, dueAt: 0 };
  return { topic, partition, writer: new BatchWriter(), waiting: [], ...state };
}

function sealedOf({ topic, partition, sealed }: Batch): SealedBatch {
  return { topic, partition, bytes: sealed as Buffer };
}

function copied(record: NewRecord): NewRecord {
  const { key, value, headers } = record;
  return {
    ...record,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    ...(headers === undefined
      ? {}
      : { headers: Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, Buffer.from(bytes)])) }),
  };
}
