import { randomUUID } from 'node:crypto';
import { describe, inject } from 'vitest';
import { openKafkaLog } from '../../runtime/log/kafka/log.ts';
import { logContract } from '../contract/log.ts';
import { prefixed } from './prefixed.ts';

const { kafka } = inject('stack');

describe.skipIf(kafka === null)('on real Kafka', () => {
  const brokers = kafka?.listeners.plaintext.brokers ?? [];
  logContract('Kafka', async () => {
    const prefix = `${randomUUID()}-`;
    const open = () => openKafkaLog({ brokers, clientId: 'contract' });
    let log = await open();
    return {
      log: prefixed(log, prefix),
      async reopen() {
        await log.close();
        log = await open();
        return prefixed(log, prefix);
      },
      forget: (topic, partition, below) =>
        log.forget(prefix + topic, partition, { below, before: Number.MAX_SAFE_INTEGER }),
      close: () => log.close(),
    };
  });
});
