import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { Brokers } from '../../runtime/log/kafka/brokers.ts';
import { openKafkaLog } from '../../runtime/log/kafka/log.ts';
import { Producer } from '../../runtime/log/kafka/producer.ts';
import type { NewRecord } from '../../runtime/log/log.ts';
import { clientOf } from './client.ts';

const { kafka } = inject('stack');

describe.skipIf(kafka === null)('the Kafka house', () => {
  test('reads from the start where the start has moved on, and says what is gone', async () => {
    const reports: string[] = [];
    const { log, topic, admin } = await opened((code) => reports.push(code));
    for (let i = 0; i < 10; i++) await log.append([record(topic, String(i))]);
    // It learns of the topic by this.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] });
    const asked = { bytesMax: 1e6, waitMsMax: 1_000 };
    const [gone] = await log.fetch({ ...asked, positions: [{ topic, partition: 0, offset: 2 }] });
    expect(gone).toMatchObject({ records: [], next: 6 });
    const [part] = await log.fetch({ ...asked, positions: [{ topic, partition: 0, offset: gone?.next ?? 0 }] });
    expect(part?.records.map(({ value }) => String(value))).toEqual(['6', '7', '8', '9']);
    expect(reports).toContain('records_gone');
    const beyond = log.fetch({ ...asked, positions: [{ topic, partition: 0, offset: 99 }] });
    await expect(beyond).rejects.toMatchObject({ code: 'topic_recreated' });
  });

  test('never takes a topic that was made again for the one that it knows', async () => {
    const { log, topic, admin } = await opened();
    await log.append([record(topic, 'a')]);
    await admin.deleteTopics({ topics: [topic] });
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] });
    // What is not yet told by every broker is said to be unknown.
    const said = () => log.topicId(topic).catch(({ code }: { readonly code: string }) => code);
    await expect.poll(said, { timeout: 10_000 }).toBe('topic_recreated');
  });

  test('refuses a record that is too large alone, and takes those that came with it', async () => {
    const { log, topic } = await opened();
    const outcomes = await Promise.allSettled([
      log.append([record(topic, 'before')]),
      log.append([record(topic, randomBytes(10_600_000))]),
      log.append([record(topic, 'after')]),
      log.append([record(topic, 'beside', 1)]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({
      reason: { code: 'log_refused', message: expect.stringContaining('smaller records') },
    });
  }, 60_000);

  test('a record that cannot be written harms no other', async () => {
    const { log, topic } = await opened();
    await log.append([record(topic, 'known')]);
    const outcomes = await Promise.allSettled([
      log.append([record(topic, 'before')]),
      log.append([{ ...record(topic, 'never'), timestamp: Number.NaN }]),
      log.append([record(topic, 'after')]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('a topic that is gone holds up no other, in reading and writing', async () => {
    const { log, topic, admin } = await opened();
    const { topic: lost } = await opened();
    await log.append([record(topic, 'a'), record(lost, 'b')]);
    await admin.deleteTopics({ topics: [lost] });
    const refused = log.append([record(lost, 'c')]).catch((error: unknown) => error);
    let isOver = false;
    void refused.then(() => {
      isOver = true;
    });
    for (let i = 0; i < 5; i++) await log.append([record(topic, String(i))]);
    expect(isOver).toBe(false);
    const positions = [lost, topic].map((name) => ({ topic: name, partition: 0, offset: 0 }));
    const [part] = await log.fetch({ positions, bytesMax: 1e6, waitMsMax: 1_000 });
    expect(part).toMatchObject({ topic, next: 6 });
    expect(isOver).toBe(false);
    expect(await refused).toMatchObject({ code: 'log_refused' });
  }, 90_000);

  test('what waits for the brokers is counted to the byte', async () => {
    if (kafka === null) throw new Error('skipped');
    const { topic } = await opened();
    const reach = { brokers: kafka.listeners.plaintext.brokers, clientId: 'counts', requestMsMax: 15_000 };
    const brokers = await Brokers.open(reach, { msMax: 10_000 });
    onTestFinished(() => brokers.close());
    const producer = new Producer(brokers, 'lz4');
    for (let i = 0; i < 20; i++) await producer.append([record(topic, String(i)), record(topic, String(i), 1)]);
    expect(producer.waitingBytes).toBe(0);
  });

  test('a member that waits for its share holds up nothing else', async () => {
    const { log, topic } = await opened();
    const { log: other } = await opened();
    const name = randomUUID();
    const first = log.group(name, topic, 2);
    const share = await first.join();
    onTestFinished(() => first.leave());
    const second = other.group(name, topic, 2);
    let hasJoined = false;
    const joining = second.join().then(() => {
      hasJoined = true;
    });
    await share.ended;
    await other.append([record(topic, 'meanwhile')]);
    await (await other.transactor(name)).commit([record(topic, 'meanwhile')]);
    expect(hasJoined).toBe(false);
    await Promise.all([first.join(), joining]);
    await second.leave();
  });

  test('members that do different things are told of, and each says what it does', async () => {
    const told: string[] = [];
    const { log, topic } = await opened((code) => told.push(code));
    const { log: other } = await opened((code) => told.push(code));
    const name = randomUUID();
    const first = log.group(name, topic, 2, ['ledger', 'twin']);
    const share = await first.join();
    const second = other.group(name, topic, 2, ['ledger']);
    const joining = second.join();
    await share.ended;
    await Promise.all([first.join(), joining]);
    expect(told).toContain('members_differ');
    expect(new Set(await log.workOf(name))).toEqual(new Set([['ledger', 'twin'], ['ledger']]));
    await second.leave();
    await first.leave();
    expect(await log.workOf(name)).toEqual([]);
  });

  test('nothing is asked, and no connection opened, once it is closed', async () => {
    const { log, topic } = await opened();
    await log.append([record(topic, 'a')]);
    const waiting = log.fetch({ positions: [{ topic, partition: 1, offset: 0 }], bytesMax: 1e6, waitMsMax: 2_000 });
    const ended = waiting.catch((error: unknown) => error);
    await log.close();
    await ended;
    await expect(log.endOffset(topic, 0)).rejects.toMatchObject({ code: 'log_refused' });
  });
});

async function opened(report?: (code: string) => void) {
  if (kafka === null) throw new Error('skipped');
  const { plaintext } = kafka.listeners;
  const log = await openKafkaLog({
    brokers: plaintext.brokers,
    clientId: randomUUID(),
    patienceMsMax: 8_000,
    ...(report === undefined ? {} : { report }),
  });
  onTestFinished(() => log.close());
  const topic = `house.${randomUUID()}`;
  await log.ensureTopics([{ name: topic, partitions: 2, cleanup: 'delete' }]);
  const admin = clientOf(plaintext).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  return { log, topic, admin };
}

function record(topic: string, value: string | Buffer, partition = 0): NewRecord {
  return { topic, partition, key: null, value: Buffer.from(value), timestamp: 0 };
}
