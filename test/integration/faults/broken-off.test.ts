import { expect, test } from 'vitest';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { readAll } from '../../contract/read-all.ts';
import { canRun, ownKafka } from './own.ts';

test.skipIf(!canRun)(
  'a transaction that broke off fences its writer, and the next holder of the name goes on',
  async () => {
    const kafka = await ownKafka();
    const log = await openKafkaLog({ brokers: kafka.brokers, clientId: 'broken-off', patienceMsMax: 2_000 });
    await log.ensureTopics([{ name: 'events', partitions: 1, cleanup: 'delete' }]);
    const record = { topic: 'events', partition: 0, key: null, value: Buffer.from('x'), timestamp: 0 };
    const transactor = await log.transactor('writer');
    await transactor.commit([record]);
    await kafka.kill();
    await expect(transactor.commit([record])).rejects.toMatchObject({ code: 'fenced' });
    await kafka.start();
    // Whoever would wait and try the same one again would wait for ever.
    await expect(transactor.commit([record])).rejects.toMatchObject({ code: 'fenced' });
    await log.close();
    const again = await openKafkaLog({ brokers: kafka.brokers, clientId: 'broken-off' });
    await (await again.transactor('writer')).commit([record]);
    expect(await readAll(again, 'events', 0)).toHaveLength(2);
    await again.close();
  },
);
