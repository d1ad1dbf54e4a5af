import { setTimeout as pause } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { PARTITIONS } from './job.ts';

/** Makes topics that forget nothing by age, and waits until they are there. */
export function makeTopics(brokers: readonly string[], topics: readonly string[]): Promise<void> {
  return administered(brokers, async (admin) => {
    const configEntries = [{ name: 'retention.ms', value: '-1' }];
    // kafkajs's own waiting for leaders stumbles over a topic that is not there yet.
    await admin.createTopics({
      waitForLeaders: false,
      topics: topics.map((topic) => ({ topic, numPartitions: PARTITIONS, configEntries })),
    });
    for (;;) {
      const known = await admin.listTopics();
      if (topics.every((topic) => known.includes(topic))) return;
      await pause(50);
    }
  });
}

/** Deletes topics, and waits until they are gone. */
export function deleteTopics(brokers: readonly string[], which: (topic: string) => boolean): Promise<void> {
  return administered(brokers, async (admin) => {
    const topics = (await admin.listTopics()).filter(which);
    if (topics.length > 0) await admin.deleteTopics({ topics });
    while ((await admin.listTopics()).some(which)) await pause(50);
  });
}

async function administered(brokers: readonly string[], work: (admin: Admin) => Promise<void>): Promise<void> {
  const admin = new Kafka({ clientId: 'bench-topics', brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await work(admin);
  await admin.disconnect();
}
