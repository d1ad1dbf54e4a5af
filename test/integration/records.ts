import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';

/** A topic of its own for a test. */
export async function newTopic(client: Kafka, numPartitions = 1): Promise<string> {
  const topic = `test-${randomUUID()}`;
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
  await admin.disconnect();
  return topic;
}

/** Resolves once every record is acknowledged by all in-sync replicas. */
export async function write(client: Kafka, topic: string, values: readonly string[]): Promise<void> {
  const producer = client.producer({ idempotent: true, retry: { retries: 5 } });
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ key: 'd1', value })), acks: -1 });
  await producer.disconnect();
}

/** The first values of a topic from its beginning. */
export async function read(client: Kafka, topic: string, count: number): Promise<string[]> {
  const consumer = client.consumer({ groupId: `test-${randomUUID()}` });
  const values: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      values.push(String(message.value));
      if (values.length >= count) resolve();
    },
  });
  await promise;
  await consumer.disconnect();
  return values;
}
