import { randomUUID } from 'node:crypto';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { type KafkaLog, type KafkaOptions, openKafkaLog } from '../../runtime/log/kafka/log.ts';
import type { NewRecord } from '../../runtime/log/log.ts';
import { readAll } from '../contract/read-all.ts';
import { startKafka, type Listener } from '../stack/index.ts';
import { clientOf } from './client.ts';

const { kafka } = inject('stack');

/** Every way in, as the settings name them. */
const WAYS = ['plaintext', 'tls', 'mutual-tls', 'scram-sha-256', 'scram-sha-512', 'plain'] as const;

describe.skipIf(kafka === null)('the log, however a cluster is secured', () => {
  test.each(WAYS)('appends, commits, fetches and shares over %s', async (way) => {
    const log = await opened(wayOf(way));
    const topic = `secured.${randomUUID()}`;
    await log.ensureTopics([{ name: topic, partitions: 2, cleanup: 'delete' }]);
    const group = log.group(topic, topic, 2, ['twin']);
    const { member, partitions } = await group.join();
    onTestFinished(() => group.leave());
    expect(partitions).toEqual([0, 1]);
    await log.append([record(topic, 'appended')]);
    const transactor = await log.transactor(topic);
    await transactor.commit([record(topic, 'committed')], { member, positions: [{ topic, partition: 0, offset: 1 }] });
    expect((await readAll(log, topic, 0)).map(({ value }) => String(value))).toEqual(['appended', 'committed']);
    expect(await log.committedOffsets(topic, topic, 2)).toEqual([1, null]);
    expect(await log.workOf(topic)).toEqual([['twin']]);
  });

  const { tls } = kafka?.listeners ?? {};
  const refusals: readonly (readonly [string, () => Partial<KafkaOptions>, RegExp])[] = [
    [
      'a wrong password',
      () => withSasl('scram-sha-256', { password: 'wrong' }),
      /log_denied: .*name, password and rights/,
    ],
    [
      'a wrong password in the clear',
      () => withSasl('plain', { password: 'wrong' }),
      /log_denied: .*name, password and rights/,
    ],
    [
      'an unknown user',
      () => withSasl('scram-sha-512', { username: 'nobody' }),
      /log_denied: .*name, password and rights/,
    ],
    ['another CA', () => ({ ...wayOf('tls'), ssl: { ca: [] } }), /log_denied: .*certificate is not trusted.*CA/],
    [
      'no client certificate',
      () => ({ ...wayOf('mutual-tls'), ssl: { ca: [tls?.tls?.ca ?? ''] } }),
      /log_denied: .*give it a certificate and key/,
    ],
  ];
  test.each(refusals)('says so in a line at once, with %s', async (_, way, said) => {
    const refused = openKafkaLog({ brokers: [], clientId: 'stranger', patienceMsMax: 50_000, ...way() });
    await expect(refused).rejects.toMatchObject({ code: 'log_denied', message: expect.stringMatching(said) });
    const { message } = (await refused.catch((error: unknown) => error)) as Error;
    expect(message).not.toContain('\n');
    expect(message).not.toMatch(/wrong|fleet-secret/);
  });
});

test.skipIf(kafka === null)(
  'a user without rights is told which, in each operation',
  async () => {
    const secured = await startKafka({
      settings: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
      },
    });
    onTestFinished(() => secured.close());
    const root = await opened({ brokers: secured.brokers });
    await root.ensureTopics([{ name: 'seen', partitions: 1, cleanup: 'delete' }]);
    const { brokers, tls, sasl } = secured.listeners.scram;
    const ssl = { ca: [tls?.ca ?? ''] };
    const log = await opened({ brokers, ssl, ...(sasl === undefined ? {} : { sasl: { ...sasl } }) });
    const denied = (message: RegExp) => ({ code: 'log_denied', message: expect.stringMatching(message) });
    await expect(log.append([record('seen', 'x')])).rejects.toMatchObject(denied(/see seen/));
    await expect(log.transactor('mine')).rejects.toMatchObject(denied(/transactional id mine/));
    await expect(log.group('ours', 'seen', 1).join()).rejects.toMatchObject(denied(/log_denied/));
    await expect(log.ensureTopics([{ name: 'new', partitions: 1, cleanup: 'delete' }])).rejects.toMatchObject(
      denied(/log_denied/),
    );

    const admin = clientOf({ brokers: secured.brokers }).admin();
    await admin.connect();
    onTestFinished(() => admin.disconnect());
    // By their numbers: kafkajs exports its names in a way that Node does not see.
    /* oxlint-disable typescript/no-unsafe-enum-assignment */
    const DESCRIBE = 8;
    const acl = { resourceType: 2, resourceName: 'seen', resourcePatternType: 3, principal: 'User:fleet', host: '*' };
    await admin.createAcls({ acl: [{ ...acl, operation: DESCRIBE, permissionType: 3 }] });
    /* oxlint-enable typescript/no-unsafe-enum-assignment */
    await expect.poll(() => log.endOffset('seen', 0).catch((error: unknown) => error), { timeout: 10_000 }).toBe(0);
    await expect(log.append([record('seen', 'x')])).rejects.toMatchObject(denied(/refuses this user|write seen/));
    const positions = [{ topic: 'seen', partition: 0, offset: 0 }];
    await expect(log.fetch({ positions, bytesMax: 1e6, waitMsMax: 100 })).rejects.toMatchObject(denied(/read seen/));
    await expect(log.forget('seen', 0, { below: 0, before: 0 })).rejects.toMatchObject(
      denied(/delete records of seen/),
    );
  },
  120_000,
);

function wayOf(way: (typeof WAYS)[number]): Pick<KafkaOptions, 'brokers' | 'ssl' | 'sasl'> {
  if (kafka === null) throw new Error('skipped');
  const isSasl = way.startsWith('scram') || way === 'plain';
  const listener: Listener = kafka.listeners[isSasl ? 'scram' : (way as 'plaintext')];
  const { brokers, tls, sasl } = listener;
  return {
    brokers,
    ...(tls === undefined ? {} : { ssl: { ...tls, ca: [tls.ca] } }),
    ...(sasl === undefined ? {} : { sasl: { ...sasl, mechanism: way as 'plain' } }),
  };
}

function withSasl(way: 'scram-sha-256' | 'scram-sha-512' | 'plain', over: object): Partial<KafkaOptions> {
  const { sasl, ...rest } = wayOf(way);
  return { ...rest, sasl: { ...sasl, ...over } as NonNullable<typeof sasl> };
}

async function opened(way: Omit<KafkaOptions, 'clientId'>): Promise<KafkaLog> {
  const log = await openKafkaLog({ clientId: randomUUID(), patienceMsMax: 20_000, ...way });
  onTestFinished(() => log.close());
  return log;
}

function record(topic: string, value: string): NewRecord {
  return { topic, partition: 0, key: null, value: Buffer.from(value), timestamp: 0 };
}
