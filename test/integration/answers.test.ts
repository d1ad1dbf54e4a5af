import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { type KafkaLog, openKafkaLog } from '../../runtime/log/kafka/log.ts';
import type { GroupMember, NewRecord } from '../../runtime/log/log.ts';
import { readAll } from '../contract/read-all.ts';
import { freePorts, type KafkaNode, startKafka } from '../stack/index.ts';
import { startTampering, type Tampering, type Told } from './tampering.ts';

const PRODUCE = 0;
const FETCH = 1;
const FIND_COORDINATOR = 10;
const INIT_PRODUCER_ID = 22;
const ADD_PARTITIONS = 24;
const ADD_OFFSETS = 25;
const END = 26;
const OFFSET_COMMIT = 28;
/** Of a commit, in their order. */
const STEPS = { ADD_PARTITIONS, PRODUCE, ADD_OFFSETS, OFFSET_COMMIT, END };

describe.skipIf(inject('stack').kafka === null)('answers that are lost or bad', { timeout: 90_000 }, () => {
  let node: KafkaNode;
  let tampering: Tampering;
  const topic = 'events';

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    node = await startKafka({ advertised: port });
    tampering = await startTampering(node.direct, port);
  });
  afterAll(async () => {
    await tampering.close();
    await node.close();
  });

  test.each(Object.entries(STEPS))('a commit whose answer to %s is lost is there once', async (_, apiKey) => {
    const { log, member, readers } = await opened();
    const transactor = await log.transactor(randomUUID());
    await transactor.commit(records(0, 3), progress(member, 3));
    let lost = 0;
    tampering.decide((told) => (told.apiKey === apiKey && lost++ < 2 ? 'reset' : 'pass'));
    await transactor.commit(records(3, 6), progress(member, 6));
    await transactor.commit(records(6, 9), progress(member, 9));
    expect(lost).toBeGreaterThanOrEqual(2);
    expect(await readers()).toEqual(numbers(9));
    expect(await log.committedOffsets(member.group, topic, 1)).toEqual([9]);
  });

  test('an append whose answer is lost is there once, and so are those after it', async () => {
    const { log, readers } = await opened();
    await log.append(records(0, 3));
    let lost = 0;
    tampering.decide(({ apiKey }) => (apiKey === PRODUCE && lost++ < 2 ? 'reset' : 'pass'));
    const base = (await log.endOffset(topic, 0)) - 3;
    const offsets = await Promise.all([log.append(records(3, 5)), log.append(records(5, 6))]);
    expect(offsets.flat()).toEqual([base + 3, base + 4, base + 5]);
    expect(await log.append(records(6, 9))).toEqual([base + 6, base + 7, base + 8]);
    expect(await readers()).toEqual(numbers(9));
  });

  test('with idempotence switched off the same check is red', async () => {
    const { log, readers } = await opened();
    let lost = 0;
    tampering.decide((answer) => {
      // A batch under no identity is not known again by the broker.
      if (answer.apiKey === INIT_PRODUCER_ID) unnamed(answer);
      return answer.apiKey === PRODUCE && lost++ < 2 ? 'reset' : 'pass';
    });
    await log.append(records(0, 3));
    expect(await readers()).toEqual([...numbers(3), ...numbers(3), ...numbers(3)]);
  });

  const later = {
    NOT_LEADER_OR_FOLLOWER: 6,
    REQUEST_TIMED_OUT: 7,
    NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
    FENCED_LEADER_EPOCH: 74,
    UNKNOWN_TOPIC_ID: 100,
    THROTTLING_QUOTA_EXCEEDED: 89,
  };
  test.each(Object.entries(later))(
    'an append that is answered %s, though it was taken, is there once',
    async (_, code) => {
      const { log, readers } = await opened();
      let told = 0;
      tampering.decide((answer) => {
        if (answer.apiKey === PRODUCE && told++ < 2) produced(answer, code);
        return 'pass';
      });
      await log.append(records(0, 3));
      await log.append(records(3, 6));
      expect(told).toBeGreaterThan(2);
      expect(await readers()).toEqual(numbers(6));
    },
  );

  const never = {
    OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
    UNKNOWN_PRODUCER_ID: 59,
    INVALID_PRODUCER_EPOCH: 47,
    MESSAGE_TOO_LARGE: 10,
  };
  test.each(Object.entries(never))('after %s appends go on under another identity', async (_, code) => {
    const { log, readers } = await opened();
    await log.append(records(0, 3));
    let told = 0;
    tampering.decide((answer) => {
      if (answer.apiKey === PRODUCE && told++ === 0) produced(answer, code);
      return 'pass';
    });
    await expect(log.append(records(3, 6))).rejects.toMatchObject({ code: 'log_refused' });
    await log.append(records(6, 9));
    // The broker had it nevertheless: of a refused append nobody knows.
    expect(await readers()).toEqual(numbers(9));
  });

  const coordinators = { COORDINATOR_LOAD_IN_PROGRESS: 14, COORDINATOR_NOT_AVAILABLE: 15 };
  test.each(Object.entries(coordinators))('a coordinator that is %s is asked again', async (_, code) => {
    const { log, readers } = await opened();
    let told = 0;
    tampering.decide((answer) => {
      if (answer.apiKey === FIND_COORDINATOR && told++ < 3) answer.frame.writeInt16BE(code, 9);
      return 'pass';
    });
    const transactor = await log.transactor(randomUUID());
    await transactor.commit(records(0, 3));
    expect(told).toBeGreaterThan(3);
    expect(await readers()).toEqual(numbers(3));
  });

  const steps = { NOT_COORDINATOR: 16, COORDINATOR_LOAD_IN_PROGRESS: 14, CONCURRENT_TRANSACTIONS: 51 };
  test.each(Object.entries(steps))('an end that is answered %s is asked for again', async (_, code) => {
    const { log, readers } = await opened();
    const transactor = await log.transactor(randomUUID());
    let told = 0;
    tampering.decide((answer) => {
      // Of the first versions, without tagged fields: throttle time, then the error.
      if (answer.apiKey === END && told++ < 3) answer.frame.writeInt16BE(code, 8);
      return 'pass';
    });
    await transactor.commit(records(0, 3));
    expect(told).toBeGreaterThan(3);
    expect(await readers()).toEqual(numbers(3));
  });

  test('a fetch that is never answered is asked again over another connection', async () => {
    const { log, readers } = await opened();
    await log.append(records(0, 3));
    let swallowed = 0;
    tampering.decide(({ apiKey }) => (apiKey === FETCH && swallowed++ === 0 ? 'swallow' : 'pass'));
    expect(await readers()).toEqual(numbers(3));
    expect(swallowed).toBeGreaterThan(1);
  });

  test('a connection that died without an end is left for a new one', async () => {
    const { log, readers } = await opened();
    await log.append(records(0, 1));
    const dead = new Set<number>();
    tampering.decide(({ apiKey, connection }) => {
      if (apiKey === PRODUCE && dead.size === 0) dead.add(connection);
      return dead.has(connection) ? 'swallow' : 'pass';
    });
    await log.append(records(1, 2));
    expect(dead.size).toBe(1);
    tampering.decide(() => 'pass');
    expect(await readers()).toEqual(numbers(2));
  });

  let begin = 0;
  async function opened() {
    tampering.decide(() => 'pass');
    const log = await openKafkaLog({ brokers: node.brokers, clientId: randomUUID() });
    onTestFinished(() => log.close());
    await log.ensureTopics([{ name: topic, partitions: 1, cleanup: 'delete' }]);
    begin = await log.endOffset(topic, 0);
    const group = log.group(randomUUID(), topic, 1);
    const { member } = await group.join();
    onTestFinished(() => group.leave());
    return { log, member, readers: () => valuesOf(log, begin) };
  }
});

async function valuesOf(log: KafkaLog, from: number): Promise<string[]> {
  const all = await readAll(log, 'events', 0);
  return all.filter(({ offset }) => offset >= from).map(({ value }) => String(value));
}

function records(from: number, to: number): NewRecord[] {
  return numbers(to)
    .slice(from)
    .map((value) => ({ topic: 'events', partition: 0, key: null, value: Buffer.from(value), timestamp: 0 }));
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index));
}

function progress(member: GroupMember, offset: number) {
  return { member, positions: [{ topic: 'events', partition: 0, offset }] };
}

/** Writes into an answer to InitProducerId that there is no producer id and no epoch. */
function unnamed({ frame }: Told): void {
  frame.writeBigInt64BE(-1n, 10);
  frame.writeInt16BE(-1, 18);
}

/** Produce v9, one topic and partition: correlation, tags, then two arrays with the name between, the index, the error. */
function produced({ frame }: Told, code: number): void {
  const nameBytes = (frame[6] as number) - 1;
  frame.writeInt16BE(code, 7 + nameBytes + 1 + 4);
}
