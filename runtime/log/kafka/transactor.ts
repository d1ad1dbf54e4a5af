import { LogError, type NewRecord, type Position, type Progress, type Transactor } from '../log.ts';
import type { Brokers } from './brokers.ts';
import { kafkaError } from './errors.ts';
import { ownershipLost } from './group.ts';
import { OF_GROUP, OF_TRANSACTION, type ProducerIdentity } from './kafkajs.ts';
import type { SealedBatch } from './produce-request.ts';
import { BATCH_BYTES_MAX, nextSequence, placeOf, produce, REQUEST_BYTES_MAX } from './produce.ts';
import { BatchWriter } from './record-batch.ts';
import { Again } from './retry.ts';
import { txnOffsetCommitRequest, txnOffsetCommitResponse } from './txn-offset-commit.ts';

/** The cluster gives up a transaction that takes longer, and readers need not wait longer for one whose writer died. */
export const TRANSACTION_MS_MAX = 10_000;

/** A batch, and how many records are in it. */
interface Counted extends SealedBatch {
  readonly count: number;
}

/** A partition that is written to. */
interface Place {
  readonly topic: string;
  readonly partition: number;
  /** Kept from one commit to the next: memory of this size is dear to ask for ten times a second. */
  writers: BatchWriter[];
  /** Number of the next record. */
  sequence: number;
}

/**
 * Transactions under one id (KIP-98): records, then the group's offsets under the generation that folded them
 * (KIP-447), then the end. Each step may be repeated; none begins before the one before it is answered, so whoever
 * finds the offsets committed finds the records written.
 */
export class KafkaTransactor implements Transactor {
  readonly #brokers: Brokers;
  readonly #id: string;
  readonly #identity: ProducerIdentity;
  readonly #compression: 'none' | 'lz4';
  /** By topic and partition. */
  readonly #places = new Map<string, Place[]>();
  /** Why nothing can be committed any more. */
  #ended: Error | null = null;
  /** The commit that was asked for last: an id has one transaction at a time, and its writers are used again. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(brokers: Brokers, id: string, identity: ProducerIdentity, compression: 'none' | 'lz4') {
    this.#brokers = brokers;
    this.#id = id;
    this.#identity = identity;
    this.#compression = compression;
  }

  /** Takes the id over; a transaction that an earlier holder left open is aborted first. */
  static async open(brokers: Brokers, id: string, compression: 'none' | 'lz4'): Promise<KafkaTransactor> {
    const options = { transactionalId: id, transactionTimeout: TRANSACTION_MS_MAX };
    const identity = await brokers.patiently(() =>
      brokers.coordinated(id, OF_TRANSACTION, (broker) => broker.initProducerId(options)),
    );
    return new KafkaTransactor(brokers, id, identity, compression);
  }

  commit(records: readonly NewRecord[], progress?: Progress): Promise<readonly Position[]> {
    const done = this.#last.then(() => this.#commit(records, progress));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #commit(records: readonly NewRecord[], progress?: Progress): Promise<readonly Position[]> {
    if (this.#ended !== null) throw this.#ended;
    await this.#brokers.renew();
    const rounds = await this.#seal(records);
    const ends = new Map<string, Position>();
    try {
      await this.#enlist(rounds.flat());
      for (const round of rounds) await this.#produce(round, ends);
      if (progress !== undefined) await this.#place(progress);
      if (rounds.length > 0 || progress !== undefined) await this.#end(true);
      return [...ends.values()];
    } catch (error) {
      // Half of a transaction may be written: nothing can follow it under this identity, so none is tried again.
      this.#ended = isRefusal(error) ? this.#fenced(error.message, error) : (error as Error);
      // The cluster aborts by itself what cannot be ended by then.
      if (!isFenced(error)) await this.#end(false, TRANSACTION_MS_MAX).catch(() => undefined);
      throw this.#ended;
    }
  }

  /** Batches in the order in which they go: no two of a partition in one round. */
  async #seal(records: readonly NewRecord[]): Promise<Counted[][]> {
    const filled = new Set<Place>();
    try {
      let place: Place | null = null;
      for (const record of records) {
        // Most go where the one before went.
        if (place === null || record.partition !== place.partition || record.topic !== place.topic) {
          place = this.#placed(record);
          if (!this.#brokers.isKnown(record)) await this.#brokers.leaderOf(record.topic, record.partition);
          filled.add(place);
        }
        write(place.writers, record);
      }
      const rounds: Counted[][] = [];
      for (const place of filled) {
        const { topic, partition, writers } = place;
        for (const [round, writer] of writers.entries()) {
          const { count } = writer;
          (rounds[round] ??= []).push({ topic, partition, bytes: this.#sealed(place, writer), count });
        }
      }
      return rounds;
    } finally {
      // One batch a commit is the rule; what a second writer holds is let go, as is what could not be sealed.
      for (const place of filled) place.writers = place.writers.slice(0, 1).filter(({ count }) => count === 0);
    }
  }

  #placed({ topic, partition }: NewRecord): Place {
    const places = this.#places.get(topic) ?? [];
    this.#places.set(topic, places);
    return (places[partition] ??= { topic, partition, writers: [], sequence: 0 });
  }

  #sealed(place: Place, writer: BatchWriter): Buffer {
    const { producerId, producerEpoch: epoch } = this.#identity;
    const { sequence } = place;
    place.sequence = nextSequence(sequence, writer.count);
    return writer.finish({ id: BigInt(producerId), epoch, sequence, isTransactional: true }, this.#compression);
  }

  /** Tells the coordinator which partitions the transaction writes to, before it does. */
  async #enlist(batches: readonly SealedBatch[]): Promise<void> {
    const topics = new Map<string, Set<number>>();
    for (const { topic, partition } of batches) {
      const partitions = topics.get(topic) ?? new Set();
      topics.set(topic, partitions.add(partition));
    }
    if (topics.size === 0) return;
    const list = Array.from(topics, ([topic, partitions]) => ({ topic, partitions: [...partitions] }));
    await this.#coordinated((broker) => broker.addPartitionsToTxn({ ...this.#transactional(), topics: list }));
  }

  /** Notes where each partition ends; not of one whose batch had been written before, and its answer lost. */
  async #produce(round: readonly Counted[], ends: Map<string, Position>): Promise<void> {
    for (const open = new Set(round); open.size > 0; ) {
      await this.#brokers.patiently(async () => {
        const batches = within(open, REQUEST_BYTES_MAX);
        const outcomes = await produce(this.#brokers, this.#id, batches);
        let again: string | null = null;
        for (const batch of batches) {
          const outcome = outcomes.get(placeOf(batch)) ?? new Again('NO_ANSWER');
          if (!(outcome instanceof Error)) {
            const { topic, partition, count } = batch;
            ends.set(placeOf(batch), { topic, partition, offset: outcome.baseOffset + count });
            open.delete(batch);
            continue;
          }
          ends.delete(placeOf(batch));
          const name = nameOf(outcome);
          // A batch that was written before, and whose answer was lost, is known by its sequence number.
          if (name === 'DUPLICATE_SEQUENCE_NUMBER') open.delete(batch);
          else if (FENCING.has(name)) throw this.#fenced(name);
          else if (outcome instanceof Again) again = name;
          else throw outcome;
        }
        if (again !== null) throw new Again(again);
      });
    }
  }

  #fenced(error: string, cause?: Error): LogError {
    const found = `a newer writer holds ${this.#id}, or it was away too long (${error})`;
    return new LogError('fenced', `${found}; open it again`, { cause });
  }

  /** The group's offsets, in the same transaction; refused to a member of an older generation. */
  async #place({ member, positions }: Progress): Promise<void> {
    await this.#coordinated((broker) => broker.addOffsetsToTxn({ ...this.#transactional(), groupId: member.group }));
    const { producerId, producerEpoch } = this.#identity;
    const request = txnOffsetCommitRequest({
      transactionalId: this.#id,
      producerId: BigInt(producerId),
      producerEpoch,
      member,
      positions,
    });
    await this.#brokers.patiently(() =>
      this.#brokers.coordinated(member.group, OF_GROUP, async (broker) => {
        const codes = await broker.connectionPool.send({ request, response: txnOffsetCommitResponse });
        for (const error of codes.map(kafkaError)) {
          if (error.code === 0) continue;
          if (FENCING.has(error.name)) throw this.#fenced(error.name);
          if (LOST.has(error.name)) throw ownershipLost(member.group, error.name);
          if (error.name === 'GROUP_AUTHORIZATION_FAILED') throw deniedGroup(member.group);
          if (error.isRetriable) throw new Again(error.name);
          throw new LogError('log_refused', `the offsets of group ${member.group} were refused: ${error.name}`);
        }
      }),
    );
  }

  async #end(isCommit: boolean, msMax?: number): Promise<void> {
    const end = { ...this.#transactional(), transactionResult: isCommit };
    await this.#coordinated((broker) => broker.endTxn(end), msMax);
  }

  #coordinated(work: Parameters<Brokers['coordinated']>[2], msMax?: number): Promise<unknown> {
    const patience = msMax === undefined ? {} : { msMax };
    let isAgain = false;
    const attempt = async () => {
      // Kafka never ends a transaction whose topic was deleted and made again before its markers were written.
      if (isAgain) await this.#brokers.assertSame();
      isAgain = true;
      return this.#brokers.coordinated(this.#id, OF_TRANSACTION, work);
    };
    return this.#brokers.patiently(attempt, patience);
  }

  #transactional() {
    return { transactionalId: this.#id, ...this.#identity };
  }
}

/** Into the last batch, or into another where that one is full. */
function write(writers: BatchWriter[], record: NewRecord): void {
  let writer = writers.at(-1);
  if (!writer?.hasRoomFor(record, BATCH_BYTES_MAX)) writers.push((writer = new BatchWriter()));
  writer.add(record);
}

/** The first of them that fit, and one at least. */
function within<B extends SealedBatch>(batches: Iterable<B>, bytesMax: number): B[] {
  const found: B[] = [];
  let bytes = 0;
  for (const batch of batches) {
    bytes += batch.bytes.length;
    if (found.length > 0 && bytes > bytesMax) break;
    found.push(batch);
  }
  return found;
}

const FENCING: ReadonlySet<string> = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_TXN_STATE',
  'INVALID_PRODUCER_ID_MAPPING',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
]);
const LOST: ReadonlySet<string> = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'REBALANCE_IN_PROGRESS',
]);

/** The protocol's name of an error, where it is one. */
function nameOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message;
}

/** What a caller may wait out and do again elsewhere. */
function isRefusal(error: unknown): error is LogError {
  return error instanceof LogError && error.code === 'log_refused';
}

function isFenced(error: unknown): boolean {
  return error instanceof LogError && error.code === 'fenced';
}

function deniedGroup(group: string): LogError {
  return new LogError(
    'log_denied',
    `the cluster does not let this user be of group ${group}; allow it to read the group`,
  );
}
