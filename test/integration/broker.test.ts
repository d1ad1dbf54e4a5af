import { afterAll, describe, expect, inject, test } from 'vitest';
import { type KafkaNode, startKafka } from '../stack/index.ts';
import { clientOf } from './client.ts';
import { newTopic, read, write } from './records.ts';

const { kafka, docker } = inject('stack');
/** Four starts of a broker, on a machine that others may load. */
const TEST_MS_MAX = 240_000;
const houses = [
  { house: 'maven', runs: kafka !== null, absence: 'nothing here runs it' },
  { house: 'containers', runs: docker, absence: 'no Docker engine answers' },
] as const;

describe.each(houses)('Kafka by $house', ({ house, runs, absence }) => {
  const nodes: KafkaNode[] = [];
  afterAll(() => Promise.all(nodes.map((node) => node.close())));

  test(
    'keeps its records and addresses when it is stopped and killed',
    async ({ skip }) => {
      skip(!runs, absence);
      const node = await startKafka({ house });
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
