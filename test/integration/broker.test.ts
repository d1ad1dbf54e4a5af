import { afterAll, describe, expect, test } from 'vitest';
import { type KafkaNode, requireKafka, StackAbsent, startKafka } from '../stack/index.ts';
import { clientOf } from './client.ts';
import { newTopic, read, write } from './records.ts';

/** Three starts of a broker, on a machine that others may load. */
const TEST_MS_MAX = 240_000;

describe.each(['maven', 'containers'] as const)('Kafka by %s', (house) => {
  const nodes: KafkaNode[] = [];
  afterAll(() => Promise.all(nodes.map((node) => node.close())));

  test(
    'keeps its records and addresses when it is stopped and killed',
    async ({ skip }) => {
      const node = await startKafka({ house }).catch((error: unknown) => {
        if (error instanceof StackAbsent && (house === 'containers' || !requireKafka())) return skip(error.message);
        throw error;
      });
      nodes.push(node);
      const client = clientOf(node);
      const topic = await newTopic(client);
      await write(client, topic, ['a']);
      await node.stop();
      await expect(clientOf(node, false).admin().connect()).rejects.toThrow(/ECONNREFUSED|closed/);
      await node.start();
      await write(client, topic, ['b']);
      await node.kill();
      await node.start();
      expect(await read(client, topic, 2)).toEqual(['a', 'b']);
      expect(await read(clientOf(node.listeners.scram), topic, 2)).toEqual(['a', 'b']);
    },
    TEST_MS_MAX,
  );
});
