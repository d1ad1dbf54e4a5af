import { randomUUID } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { openKafkaLog } from '../../runtime/log/kafka/log.ts';
import { readAll } from '../contract/read-all.ts';
import { clientOf } from './client.ts';

const { kafka } = inject('stack');

/** Longer than the test may take: what is waited for by the cluster's own patience fails it. */
const TRANSACTION_MS = 600_000;

/** A partition with a transaction that its writer has left open, and a member to whom the partition belongs now. */
async function abandoned() {
  if (kafka === null) throw new Error('skipped');
  const { plaintext } = kafka.listeners;
  const topic = `open.${randomUUID()}`;
  const log = await openKafkaLog({ brokers: plaintext.brokers, clientId: 'heir', patienceMsMax: 5_000 });
  onTestFinished(() => log.close());
  await log.ensureTopics([{ name: topic, partitions: 1, cleanup: 'delete' }]);
  await log.append([{ topic, partition: 0, key: null, value: Buffer.from('before'), timestamp: 0 }]);
  const producer = clientOf(plaintext).producer({
    transactionalId: `left ${topic}`,
    transactionTimeout: TRANSACTION_MS,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ partition: 0, value: 'left open' }] });
  const group = log.group(`heirs ${topic}`, topic, 1);
  const { member } = await group.join();
  onTestFinished(() => group.leave());
  return { log, topic, transaction, member };
}

test.skipIf(kafka === null)(
  'who takes a partition over ends what an earlier writer left open there, and fences it',
  async () => {
    const { log, topic, transaction, member } = await abandoned();
    expect(await log.settledEnd(topic, 0, member)).toBe(2);
    await expect(transaction.commit()).rejects.toThrow(/epoch|fenced|newer/i);
    expect((await readAll(log, topic, 0)).map(({ value }) => String(value))).toEqual(['before']);
  },
);

test.skipIf(kafka === null)('a member of the past ends nothing', async () => {
  const { log, topic, transaction, member } = await abandoned();
  const past = { ...member, generation: member.generation - 1 };
  await expect(log.settledEnd(topic, 0, past)).rejects.toMatchObject({ code: 'ownership_lost' });
  await expect(log.settledEnd(topic, 0)).rejects.toMatchObject({ code: 'log_refused' });
  await transaction.commit();
  expect((await readAll(log, topic, 0)).map(({ value }) => String(value))).toEqual(['before', 'left open']);
});
