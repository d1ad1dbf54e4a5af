import { type Fetched, type FetchRequest, LogError, type LogRecord, type Position } from '../log.ts';
import type { Brokers } from './brokers.ts';
import { kafkaError } from './errors.ts';
import { fetchCall, type FetchedPlace, type FetchPlace } from './fetch-request.ts';
import { EARLIEST, LATEST, listedOffset, READ_UNCOMMITTED } from './offsets.ts';
import { placeOf } from './produce.ts';
import { readRecords } from './record-reader.ts';
import { Again, passing } from './retry.ts';

/** Bytes of records that came with a batch and were not asked for yet. */
const REST_BYTES_MAX = 32 * 1024 * 1024;

/** What a broker gave of a partition, from the record on that nobody has asked for yet. */
interface Part {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly LogRecord[];
  readonly from: number;
  /** Of the records from there on. */
  readonly bytes: number;
  readonly next: number;
}

interface Asked extends FetchPlace {
  readonly topic: string;
}

/**
 * Reads committed records. Brokers give whole batches, so what is beyond the bytes asked for is kept for the fetch that
 * reads on there.
 */
export class Fetcher {
  readonly #brokers: Brokers;
  /** By place and offset, oldest first. */
  readonly #rests = new Map<string, Part>();
  #restBytes = 0;
  #fetches = 0;

  constructor(brokers: Brokers) {
    this.#brokers = brokers;
  }

  async fetch({ positions, bytesMax, waitMsMax }: FetchRequest): Promise<readonly Fetched[]> {
    // An idle reader would not learn that a topic has more partitions now: nothing that it asks for tells it.
    await this.#brokers.renew();
    // Each fetch begins at another partition, lest a busy one starve those behind it.
    const first = this.#fetches++ % Math.max(1, positions.length);
    const order = [...positions.slice(first), ...positions.slice(0, first)];
    const kept = this.#kept(order);
    const others = order.filter((position) => !kept.has(placeOf(position)));
    // Where something is at hand already, the others need not have anything.
    const waitMs = kept.size > 0 ? 0 : waitMsMax;
    const asked = others.length === 0 ? [] : await this.#brokers.patiently(() => this.#ask(others, bytesMax, waitMs));
    const found = new Map([...kept, ...asked.map((part) => [placeOf(part), part] as const)]);
    return this.#cut(
      order.flatMap((position) => found.get(placeOf(position)) ?? []),
      bytesMax,
    );
  }

  /** What earlier fetches brought already, by place. */
  #kept(positions: readonly Position[]): Map<string, Part> {
    const found = new Map<string, Part>();
    for (const position of positions) {
      const name = `${placeOf(position)}@${position.offset}`;
      const rest = this.#rests.get(name);
      if (rest === undefined) continue;
      this.#rests.delete(name);
      this.#restBytes -= rest.bytes;
      found.set(placeOf(position), rest);
    }
    return found;
  }

  async #ask(positions: readonly Position[], bytesMax: number, waitMsMax: number): Promise<Part[]> {
    const byNode = new Map<number, Asked[]>();
    for (const { topic, partition, offset } of positions) {
      const { node, epoch, topicId } = await this.#brokers.leaderOf(topic, partition);
      const place = { topic, topicId, partition, offset: Math.max(0, offset), leaderEpoch: epoch };
      const same = byNode.get(node);
      if (same === undefined) byNode.set(node, [place]);
      else same.push(place);
    }
    // With several brokers none is waited for alone: whatever one has comes soon.
    const waitMs = byNode.size > 1 ? Math.min(waitMsMax, SHARED_WAIT_MS_MAX) : waitMsMax;
    const calls = Array.from(byNode, ([node, places]) => this.#askNode(node, places, bytesMax, waitMs));
    const outcomes = (await Promise.all(calls)).flat();
    const parts = outcomes.filter((outcome): outcome is Read => !(outcome instanceof Error));
    const errors = outcomes.filter((outcome): outcome is Error => outcome instanceof Error);
    for (const error of errors) if (!(error instanceof Again)) throw error;
    const found = parts.filter(({ records, next, offset }) => records.length > 0 || next > offset);
    // A partition that cannot be read now holds up no other.
    if (found.length === 0 && errors[0] !== undefined) throw errors[0];
    return found;
  }

  /** What came of each place; an `Again` of those that may be read later. */
  async #askNode(
    node: number,
    places: readonly Asked[],
    bytesMax: number,
    waitMsMax: number,
  ): Promise<(Read | Error)[]> {
    const answers = this.#answersOf(node, places, bytesMax, waitMsMax);
    const outcomes = await answers.catch((error: unknown) => [passing(error)]);
    // Where nobody can say, the next attempt meets the same and asks again.
    if (outcomes.some((outcome) => outcome instanceof Again)) {
      await this.#brokers.moved(places.map(({ topic }) => topic)).catch(() => undefined);
    }
    return outcomes;
  }

  async #answersOf(
    node: number,
    places: readonly Asked[],
    bytesMax: number,
    waitMsMax: number,
  ): Promise<(Read | Error)[]> {
    if (node < 0) throw new Again('LEADER_NOT_AVAILABLE');
    const { errorCode, places: answers } = await this.#brokers.alone(node, fetchCall({ places, bytesMax, waitMsMax }));
    const error = kafkaError(errorCode);
    if (error.code !== 0) throw new Again(error.name);
    return Promise.all(answers.map((answer) => this.#read(placeIn(places, answer), answer).catch(passing)));
  }

  async #read(asked: Asked, answer: FetchedPlace): Promise<Read | Error> {
    const { topic, partition, offset } = asked;
    const error = kafkaError(answer.errorCode);
    if (error.name === 'OFFSET_OUT_OF_RANGE') return this.#within(asked);
    if (error.name === 'TOPIC_AUTHORIZATION_FAILED') {
      return new LogError('log_denied', `the cluster does not let this user read ${topic}; allow it to`);
    }
    if (error.code !== 0) return new Again(error.name);
    const { records, next } = readRecords(answer.records, offset, answer.aborted);
    return { topic, partition, offset, records, from: 0, bytes: sizeOf(records), next };
  }

  /** Below the start one reads from the start; beyond the end there is nothing that could be meant. */
  async #within({ topic, partition, offset }: Asked): Promise<Read> {
    // The answer itself does not tell the start.
    const asked = { topic, partition, isolationLevel: READ_UNCOMMITTED };
    const start = await listedOffset(this.#brokers, { ...asked, at: EARLIEST });
    if (offset < start) {
      if (offset > 0) this.#brokers.report('records_gone', { topic, partition, from: offset, to: start });
      return { topic, partition, offset, records: [], from: 0, bytes: 0, next: start };
    }
    if (offset > (await listedOffset(this.#brokers, { ...asked, at: LATEST }))) {
      throw beyondEnd(topic, partition, offset);
    }
    throw new Again('OFFSET_OUT_OF_RANGE');
  }

  /** Gives what fits, and keeps the rest. */
  #cut(parts: readonly Part[], bytesMax: number): Fetched[] {
    const found: Fetched[] = [];
    let left = bytesMax;
    for (const part of parts) {
      const { topic, partition, records, from } = part;
      let to = from;
      let bytes = 0;
      while (to < records.length && bytes < left) bytes += bytesOf(records[to++] as LogRecord);
      left -= bytes;
      const isWhole = to === records.length;
      const next = isWhole ? part.next : (records[to] as LogRecord).offset;
      if (isWhole || to > from) found.push({ topic, partition, records: records.slice(from, to), next });
      if (!isWhole) this.#keep(`${placeOf(part)}@${next}`, { ...part, from: to, bytes: part.bytes - bytes });
    }
    return found;
  }

  #keep(name: string, rest: Part): void {
    this.#rests.set(name, rest);
    this.#restBytes += rest.bytes;
    for (const [oldest, { bytes }] of this.#rests) {
      if (this.#restBytes <= REST_BYTES_MAX) break;
      this.#rests.delete(oldest);
      this.#restBytes -= bytes;
    }
  }
}

/** How long one of several brokers may wait for records. */
const SHARED_WAIT_MS_MAX = 50;

interface Read extends Part {
  /** Where it was asked to begin. */
  readonly offset: number;
}

function placeIn(places: readonly Asked[], answer: FetchedPlace): Asked {
  const found = places.find(({ topicId, partition }) => topicId === answer.topicId && partition === answer.partition);
  if (found === undefined) throw new Again('ANSWER_OF_ANOTHER_PLACE');
  return found;
}

function beyondEnd(topic: string, partition: number, offset: number): LogError {
  return new LogError(
    'topic_recreated',
    `${topic}/${partition} ends before offset ${offset}, which was read before: the topic was made again or has lost records; restore it`,
  );
}

function sizeOf(records: readonly LogRecord[]): number {
  let bytes = 0;
  for (const record of records) bytes += bytesOf(record);
  return bytes;
}

function bytesOf({ key, value }: LogRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + 32;
}
