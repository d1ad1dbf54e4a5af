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
    const open = async () => prefixed(await openKafkaLog({ brokers, clientId: 'contract' }), prefix);
    let log = await open();
    return {
      log,
      async reopen() {
        await log.close();
        log = await open();
        return log;
      },
      close: () => log.close(),
    };
  });
});
