import { randomUUID } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import type { Listener, Security } from '../stack/index.ts';
import { clientOf } from './client.ts';

const { kafka } = inject('stack');
const securities: readonly Security[] = ['plaintext', 'tls', 'mutual-tls', 'scram'];

describe.skipIf(kafka === null)('Kafka, by kafkajs', () => {
  test.each(securities)('gives back over %s what it was given', async (security) => {
    const client = clientOf(listener(security));
    const topic = `test-${randomUUID()}`;
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
    await admin.disconnect();

    const producer = client.producer({ idempotent: true });
    await producer.connect();
    await producer.send({ topic, messages: [{ key: 'd1', value: 'warm', partition: 1 }], acks: -1 });
    await producer.disconnect();

    const consumer = client.consumer({ groupId: topic });
    const { promise, resolve } = Promise.withResolvers<string>();
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) =>
        resolve(`${partition} ${String(message.key)} ${String(message.value)}`),
    });
    expect(await promise).toBe('1 d1 warm');
    await consumer.disconnect();
  });

  test('refuses a client that it cannot trust', async () => {
    const { tls, sasl, brokers } = listener('scram');
    if (tls === undefined || sasl === undefined) throw new Error('the listener asks for neither TLS nor SASL');
    const strangers: readonly (readonly [Listener, RegExp])[] = [
      [{ ...listener('mutual-tls'), tls }, /certificate|closed|reset/i],
      [{ brokers, tls }, /closed|request|sasl/i],
      [{ brokers, tls, sasl: { ...sasl, password: 'wrong' } }, /invalid credentials/],
    ];
    for (const [way, refusal] of strangers) {
      const admin = clientOf(way, false).admin();
      await expect(admin.connect().then(() => admin.listTopics())).rejects.toThrow(refusal);
      await admin.disconnect();
    }
  });
});

function listener(security: Security): Listener {
  if (kafka === null) throw new Error('skipped');
  return kafka.listeners[security];
}
