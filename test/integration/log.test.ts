import { randomUUID } from 'node:crypto';
import { describe, inject } from 'vitest';
import { openKafkaLog } from '../../runtime/log/kafka/log.ts';
import { logContract } from '../contract/log.ts';
import { clientOf } from './client.ts';
import { prefixed } from './prefixed.ts';

const { kafka } = inject('stack');

describe.skipIf(kafka === null)('on real Kafka', () => {
  const brokers = kafka?.listeners.plaintext.brokers ?? [];
  logContract('Kafka', async () => {
    const prefix = `${randomUUID()}-`;
    const open = async () => prefixed(await openKafkaLog({ brokers, clientId: 'contract' }), prefix);
    let log = await open();
    const admin = clientOf({ brokers }).admin();
    await admin.connect();
    return {
      log,
      async reopen() {
        await log.close();
        log = await open();
        return log;
      },
      async forget(topic, partition, below) {
        const name = prefix + topic;
        // kafkajs knows leaders only of topics that it was asked of before.
        await admin.fetchTopicOffsets(name);
        await admin.deleteTopicRecords({ topic: name, partitions: [{ partition, offset: String(below) }] });
      },
      async close() {
        await admin.disconnect();
        await log.close();
      },
    };
  });
});
