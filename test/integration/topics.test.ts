// `fleetstream topics` on a cluster of its own, since its topics have no prefix.
import type { Admin, ConfigResourceTypes } from 'kafkajs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { catalog } from '#cli/catalog.ts';
import { fleetstream } from '../cli/process.ts';
import { type KafkaNode, startKafka } from '../stack/index.ts';
import { clientOf } from './client.ts';

// oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- Node does not see the names that kafkajs exports
const TOPIC = 2 as ConfigResourceTypes.TOPIC;
const PARTITIONS = 2;

describe.skipIf(inject('stack').kafka === null)('fleetstream topics on Kafka', () => {
  const folder = mkdtempSync(join(tmpdir(), 'topics-'));
  let kafka: KafkaNode;
  let admin: Admin;
  let env: Record<string, string>;
  const topics = (...args: string[]) => fleetstream(['topics', ...args], env, '', folder);

  beforeAll(async () => {
    kafka = await startKafka();
    admin = clientOf(kafka).admin();
    await admin.connect();
    env = { FLEETSTREAM_KAFKA_BROKERS: kafka.brokers.join(','), FLEETSTREAM_PARTITIONS: String(PARTITIONS) };
  });

  afterAll(async () => {
    await admin.disconnect();
    await kafka.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('an empty cluster: the plan makes nothing, apply makes every topic, and then nothing is to do', async () => {
    const before = topics('plan');
    expect(before).toMatchObject({ status: 2, stderr: '' });
    expect(before.stdout).toMatch(/^\+ fleet\.events: 2 partitions, delete; is made/m);
    expect((await admin.listTopics()).filter((name) => name.startsWith('fleet.'))).toEqual([]);
    expect(topics('apply')).toMatchObject({ status: 0, stderr: '' });
    const names = catalog(PARTITIONS).map(({ name }) => name);
    expect(await admin.listTopics()).toEqual(expect.arrayContaining(names));
    expect(topics('plan')).toMatchObject({ status: 0, stdout: 'every topic is as declared' });
  });

  test('what was changed is set back, what is not declared stays, and what loses something waits to be asked for', async () => {
    const set = (name: string, configs: Record<string, string>) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [
          { type: TOPIC, name, configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })) },
        ],
      });
    // Whoever sets these by the old request puts all others back to the cluster's defaults.
    await set('fleet.events', { 'retention.ms': '86400000', 'segment.bytes': '1048576' });
    await set('fleet.twin.changelog', { 'cleanup.policy': 'delete' });
    const found = topics('plan');
    expect(found.status).toBe(2);
    expect(found.stdout).toMatch(/^ *fleet\.events$/m);
    expect(found.stdout).toMatch(/^~ {3}retention\.ms 86400000 → -1: records are kept longer$/m);
    expect(found.stdout).toMatch(/^! {3}cleanup\.policy delete → compact: refused: of each key all records but/m);

    const first = topics('apply');
    expect(first.status).toBe(1);
    expect(await configsOf('fleet.events')).toMatchObject({ 'retention.ms': '-1', 'segment.bytes': '1048576' });
    expect(await configsOf('fleet.twin.changelog')).toMatchObject({ 'cleanup.policy': 'delete' });

    const second = topics('apply', '--destructive', '--json');
    expect(second.status).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ done: [{ what: 'cleanup.policy' }], left: [] });
    expect(await configsOf('fleet.twin.changelog')).toMatchObject({ 'cleanup.policy': 'compact' });
    expect(topics('plan').status).toBe(0);
  });

  test('another partition count is refused, whatever is asked for', () => {
    env = { ...env, FLEETSTREAM_PARTITIONS: '4' };
    const { status, stdout } = topics('apply', '--destructive');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^! {3}partitions 2 → 4: refused: keys would move/m);
    env = { ...env, FLEETSTREAM_PARTITIONS: String(PARTITIONS) };
  });

  test('a replication that the cluster does not have is refused with the name of the setting', async () => {
    await admin.deleteTopics({ topics: ['gaps'] });
    env = { ...env, FLEETSTREAM_KAFKA_REPLICAS: '3' };
    const { status, stderr } = topics('apply');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^log_refused: the cluster does not make gaps: .*kafka\.replicas/);
  });

  async function configsOf(name: string): Promise<Record<string, string>> {
    const resources = [{ type: TOPIC, name }];
    const found = await admin.describeConfigs({ resources, includeSynonyms: false });
    const entries = found.resources[0]?.configEntries ?? [];
    return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
  }
});
