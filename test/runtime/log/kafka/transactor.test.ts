import { expect, test } from 'vitest';
import type { Brokers } from '#runtime/log/kafka/brokers.ts';
import { untilAnswered } from '#runtime/log/kafka/retry.ts';
import { KafkaTransactor } from '#runtime/log/kafka/transactor.ts';
import { LogError } from '#runtime/log/log.ts';

test('a transaction that no coordinator ends any more is waited for until a topic is seen to be made again', async () => {
  const busy = Object.assign(new Error('another is going on'), { type: 'CONCURRENT_TRANSACTIONS', retriable: true });
  let [asked, looked] = [0, 0];
  const coordinator = {
    initProducerId: async () => ({ producerId: '1', producerEpoch: 0 }),
    addPartitionsToTxn: async () => (asked++, Promise.reject(busy)),
    endTxn: async () => Promise.reject(busy),
  };
  const brokers = {
    patiently: (work) => untilAnswered({ msMax: 60_000 }, work),
    coordinated: async (_id, _type, work) => work(coordinator as never),
    renew: async () => undefined,
    isKnown: () => true,
    assertSame: async () => {
      if (++looked > 2) throw new LogError('topic_recreated', 'changelog was deleted and made again');
    },
  } satisfies Partial<Brokers>;
  const transactor = await KafkaTransactor.open(brokers as unknown as Brokers, 'worker', 'none');
  const record = { topic: 'outputs', partition: 0, key: null, value: Buffer.from('x'), timestamp: 0 };
  await expect(transactor.commit([record])).rejects.toMatchObject({ code: 'topic_recreated' });
  expect(asked).toBe(3);
});

test('a commit tells no end of a partition whose batch was written before, and its answer lost', async () => {
  const DUPLICATE_SEQUENCE_NUMBER = 46;
  const coordinator = {
    initProducerId: async () => ({ producerId: '1', producerEpoch: 0 }),
    addPartitionsToTxn: async () => undefined,
    endTxn: async () => undefined,
  };
  const places = [
    { topic: 'outputs', partition: 0, errorCode: 0, baseOffset: 7 },
    { topic: 'changelog', partition: 0, errorCode: DUPLICATE_SEQUENCE_NUMBER, baseOffset: -1 },
  ];
  const brokers = {
    patiently: (work) => untilAnswered({ msMax: 60_000 }, work),
    coordinated: async (_id, _type, work) => work(coordinator as never),
    renew: async () => undefined,
    isKnown: () => true,
    leaderOf: async () => ({ node: 1 }) as never,
    send: async () => ({ places }) as never,
  } satisfies Partial<Brokers>;
  const transactor = await KafkaTransactor.open(brokers as unknown as Brokers, 'worker', 'none');
  const record = (topic: string) => ({ topic, partition: 0, key: null, value: Buffer.from('x'), timestamp: 0 });
  const ends = await transactor.commit([record('outputs'), record('outputs'), record('changelog')]);
  expect(ends).toEqual([{ topic: 'outputs', partition: 0, offset: 9 }]);
});
