import { LogError, type NewRecord } from '../log.ts';
import { type Brokers, unknownTopic } from './brokers.ts';
import { kafkaError } from './errors.ts';
import { produceCall, type ProducedPlace, type SealedBatch } from './produce-request.ts';
import { BatchWriter } from './record-batch.ts';
import { Again, untilAnswered } from './retry.ts';

/** Bytes that wait for the brokers; beyond it appends are refused. */
export const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** A batch is closed with so many bytes; a single larger record still goes, alone. */
export const BATCH_BYTES_MAX = 512 * 1024;
/** Bytes of one request, over all partitions. */
export const REQUEST_BYTES_MAX = 8 * 1024 * 1024;
/** How long the brokers may take to have a record on all replicas in sync. */
export const ACK_MS_MAX = 10_000;
/** A record that no broker took by then is refused. */
const DELIVERY_MS_MAX = 15_000;

/** Identity of a producer, as the cluster gave it. */
interface Identity {
  readonly id: bigint;
  readonly epoch: number;
}

/** Records of one partition that go together. */
interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly writer: BatchWriter;
  readonly waiting: { readonly append: Append; readonly place: number; readonly index: number }[];
  /** As sent: the same bytes each time, so that a repetition is recognised. */
  sealed: Buffer | null;
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
  readonly #queues = new Map<string, Batch[]>();
  #identity: Promise<Identity> | null = null;
  #sequences = new Map<string, number>();
  #bytes = 0;
  #sending: Promise<void> | null = null;

  constructor(brokers: Brokers, compression: 'none' | 'lz4') {
    this.#brokers = brokers;
    this.#compression = compression;
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
      const append = {
        offsets: Array.from({ length: records.length }, () => -1),
        left: records.length,
        resolve,
        reject,
      };
      for (const [place, record] of records.entries()) this.#add(record, append, place);
      this.#sending ??= this.#send();
    });
  }

  #add(record: NewRecord, append: Append, place: number): void {
    const { topic, partition } = record;
    const name = `${topic}/${partition}`;
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    let batch = queue.at(-1);
    if (batch === undefined || batch.sealed !== null || batch.writer.bytes >= BATCH_BYTES_MAX) {
      batch = { topic, partition, writer: new BatchWriter(), waiting: [], sealed: null };
      queue.push(batch);
    }
    const before = batch.writer.bytes;
    batch.writer.add(record);
    this.#bytes += batch.writer.bytes - before;
    batch.waiting.push({ append, place, index: batch.writer.count - 1 });
  }

  /** Sends the first batch of each partition, again and again, until none is left. */
  async #send(): Promise<void> {
    // What is appended in the same turn goes together.
    await Promise.resolve();
    while (this.#queues.size > 0) {
      const batches = this.#take();
      try {
        await this.#deliver(batches);
      } catch (error) {
        // Nobody knows what the brokers have, so the numbers begin anew, under another identity.
        this.#identity = null;
        this.#sequences = new Map();
        for (const batch of batches) this.#settle(batch, null, error as Error);
      }
    }
    // In the turn that found nothing left: what comes in a later one must not wait for a sending that has ended.
    this.#sending = null;
  }

  #take(): Batch[] {
    const batches: Batch[] = [];
    let bytes = 0;
    for (const queue of this.#queues.values()) {
      const [batch] = queue as [Batch];
      if (batches.length > 0 && bytes + batch.writer.bytes > REQUEST_BYTES_MAX) break;
      bytes += batch.writer.bytes;
      batches.push(batch);
    }
    return batches;
  }

  async #deliver(batches: readonly Batch[]): Promise<void> {
    const open = new Set(batches);
    await untilAnswered({ msMax: DELIVERY_MS_MAX }, async () => {
      this.#identity ??= this.#identify();
      const identity = await this.#identity.catch((error: unknown) => {
        this.#identity = null;
        throw error;
      });
      for (const batch of open) this.#seal(batch, identity);
      const answers = await produce(this.#brokers, null, [...open].map(sealedOf));
      let again: string | null = null;
      for (const batch of open) {
        const answer = answers.get(`${batch.topic}/${batch.partition}`);
        const error = kafkaError(answer?.errorCode ?? -1);
        if (answer !== undefined && error.code === 0) {
          open.delete(batch);
          this.#settle(batch, answer.baseOffset, null);
        } else if (answer === undefined || error.isRetriable) {
          again = error.name;
        } else {
          throw refused(batch, error.name);
        }
      }
      if (again !== null) throw new Again(again);
    });
  }

  #seal(batch: Batch, { id, epoch }: Identity): void {
    if (batch.sealed !== null) return;
    const name = `${batch.topic}/${batch.partition}`;
    const sequence = this.#sequences.get(name) ?? 0;
    this.#sequences.set(name, nextSequence(sequence, batch.writer.count));
    const before = batch.writer.bytes;
    batch.sealed = batch.writer.finish({ id, epoch, sequence, isTransactional: false }, this.#compression);
    this.#bytes -= before;
    // A place in the queue costs what is really held.
    this.#bytes += batch.sealed.length;
  }

  /** Takes a batch out of its queue and tells those who wait for it. */
  #settle(batch: Batch, baseOffset: number | null, error: Error | null): void {
    const name = `${batch.topic}/${batch.partition}`;
    const queue = this.#queues.get(name);
    if (queue === undefined || queue[0] !== batch) return;
    queue.shift();
    if (queue.length === 0) this.#queues.delete(name);
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

/** Sends batches to the leaders of their partitions; gives the answer to each. A leader that is not one any more is looked up again. */
export async function produce(
  brokers: Brokers,
  transactionalId: string | null,
  batches: readonly SealedBatch[],
): Promise<ReadonlyMap<string, ProducedPlace>> {
  const byNode = new Map<number, SealedBatch[]>();
  for (const batch of batches) {
    const { node } = await brokers.leaderOf(batch.topic, batch.partition);
    const same = byNode.get(node);
    if (same === undefined) byNode.set(node, [batch]);
    else same.push(batch);
  }
  const calls = [...byNode].map(async ([node, own]) => {
    try {
      return (await brokers.send(node, produceCall({ transactionalId, timeoutMs: ACK_MS_MAX, batches: own }))).places;
    } catch (error) {
      await brokers.moved(own.map(({ topic }) => topic));
      throw error;
    }
  });
  const answers = (await Promise.all(calls)).flat();
  const stale = answers.filter(({ errorCode }) => kafkaError(errorCode).isStaleMetadata);
  if (stale.length > 0) await brokers.moved(stale.map(({ topic }) => topic));
  return new Map(answers.map((answer) => [`${answer.topic}/${answer.partition}`, answer]));
}

/** Sequence numbers go round within 31 bits (KIP-98). */
export function nextSequence(sequence: number, count: number): number {
  return (sequence + count) % 2 ** 31;
}

function sealedOf({ topic, partition, sealed }: Batch): SealedBatch {
  return { topic, partition, bytes: sealed as Buffer };
}

/** What a broker will not take, now or later. */
export function refused({ topic, partition }: Pick<SealedBatch, 'topic' | 'partition'>, error: string): LogError {
  if (error === 'UNKNOWN_TOPIC_OR_PARTITION') return unknownTopic(`${topic}/${partition}`);
  if (error === 'TOPIC_AUTHORIZATION_FAILED') {
    return new LogError('log_denied', `the cluster does not let this user write ${topic}; allow it to`);
  }
  return new LogError('log_refused', `the broker refused a batch of ${topic}/${partition}: ${error}`);
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
