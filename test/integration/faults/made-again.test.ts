import { Kafka } from 'kafkajs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EVENTS_TOPIC } from '#sdk';
import { changelogTopic } from '#runtime/engine/fold.ts';
import { openFleet } from './fleet.ts';
import { canRun, ownKafka, registryUrl, seedOf } from './own.ts';
import type { WorkerProcess } from './processes.ts';

const PARTITIONS = 2;
const TWIN_CHANGELOG = changelogTopic({ name: 'twin' });

describe.skipIf(!canRun)('a worker halts, while it runs and when it starts again', { timeout: 180_000 }, () => {
  test('where the events were deleted and made again', async () => {
    const { admin, worker, again } = await folding();
    await makeAgain(admin, EVENTS_TOPIC);
    expect(await lastOf(worker)).toMatch(/^topic_recreated: fleet\.events .*restore it/);
    expect(await lastOf(again())).toMatch(/^topic_recreated: .*restore the topic, or delete /);
  });

  test('where the events got more partitions', async () => {
    const { admin, worker, again } = await folding();
    await admin.createPartitions({ topicPartitions: [{ topic: EVENTS_TOPIC, count: PARTITIONS + 1 }] });
    const said = /^partitions_changed: fleet\.events has 3 partitions, not 2; keep the count/;
    expect(await lastOf(worker)).toMatch(said);
    expect(await lastOf(again())).toMatch(said);
  });

  test('where a changelog got more partitions', async () => {
    const { admin, worker, again } = await folding();
    await admin.createPartitions({ topicPartitions: [{ topic: TWIN_CHANGELOG, count: PARTITIONS + 1 }] });
    const said = /^partitions_changed: \S+ has 3 partitions, not 2; keep the count/;
    expect(await lastOf(worker)).toMatch(said);
    expect(await lastOf(again())).toMatch(said);
  });
});

test.skipIf(!canRun)(
  'a worker halts where a changelog was deleted and made again under it',
  { timeout: 180_000 },
  async () => {
    const { admin, worker } = await folding();
    await makeAgain(admin, TWIN_CHANGELOG);
    expect(await lastOf(worker)).toMatch(/^topic_recreated: \S+ was deleted and made again while it was in use/);
  },
);

/** A fleet whose command has folded all that was sent, and runs on. */
async function folding() {
  const kafka = await ownKafka();
  const options = { brokers: kafka.brokers, registry: registryUrl(), seed: seedOf('made again'), events: 500 };
  const fleet = await openFleet({ ...options, partitions: PARTITIONS });
  onTestFinished(() => fleet.close());
  const admin = new Kafka({ brokers: [...kafka.brokers] }).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  const worker = fleet.run('a', { threads: 1 });
  await fleet.sent;
  await fleet.drained(60_000);
  return { admin, worker, again: () => fleet.run('a', { threads: 1 }) };
}

async function makeAgain(admin: ReturnType<Kafka['admin']>, topic: string): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: false });
}

/** The last line of a worker that ended by itself with an error. */
async function lastOf({ ended, lines }: WorkerProcess): Promise<string> {
  expect((await ended)[0]).toBe(1);
  return lines.at(-1) ?? '';
}
