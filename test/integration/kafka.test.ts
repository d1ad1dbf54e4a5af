import { describe, expect, inject, test } from 'vitest';
import type { Listener, Security } from '../stack/index.ts';
import { clientOf } from './client.ts';
import { newTopic, read, write } from './records.ts';

const { kafka } = inject('stack');
const securities: readonly Security[] = ['plaintext', 'tls', 'mutual-tls', 'scram'];

describe.skipIf(kafka === null)('Kafka, by kafkajs', () => {
  test.each(securities)('gives back over %s what it was given', async (security) => {
    const client = clientOf(listener(security));
    const topic = await newTopic(client, 2);
    await write(client, topic, ['warm', 'warmer']);
    expect(await read(client, topic, 2)).toEqual(['warm', 'warmer']);
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
