import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { EVENTS_TOPIC } from '#sdk';
import { tables } from '#schemas';
import { ServerTarget } from '#runtime/clickhouse/server.ts';
import { archivedLog } from '#runtime/log/archive/log.ts';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { openConfluentRegistry } from '#runtime/registry/confluent.ts';
import { check } from '../crash/check.ts';
import { Producer } from '../crash/producer.ts';
import { startChdbServer } from '../stack/chdb-server.ts';
import { canRun, ownKafka, registryUrl } from './faults/own.ts';
import { committed, filled } from './faults/settled.ts';
import { startService } from './service.ts';

const PARTITIONS = 2;
const EVENTS_MIN = 2_000;
const APP = 'late';

test.skipIf(!canRun)(
  'run --archive folds what Kafka has forgotten, from the tables that the sink filled: derived topics and tables equal the oracle',
  { timeout: 300_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleetstream-archive-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { brokers } = await ownKafka();
    const server = await startChdbServer({ path: join(folder, 'tables') });
    onTestFinished(() => server.close());
    const env = (instance: string) => ({
      FLEETSTREAM_KAFKA_BROKERS: brokers.join(','),
      FLEETSTREAM_KAFKA_INSTANCE: instance,
      FLEETSTREAM_REGISTRY_URL: registryUrl(),
      FLEETSTREAM_PARTITIONS: String(PARTITIONS),
      FLEETSTREAM_CLICKHOUSE_URL: server.url,
      FLEETSTREAM_DATA: join(folder, instance),
    });
    const doors = await startService(['connect'], env('doors'), /HTTP http:[^\s,]+/);
    const sink = await startService(['sink'], env('sink'), /tables of fleet follow Kafka/);
    const url = new URL('/v1/events', doors.ready.replace('HTTP ', ''));
    const producer = new Producer();
    await producer.send(Number(url.port), () => producer.acknowledged.size < EVENTS_MIN);
    const log = await openKafkaLog({ brokers, clientId: 'check' });
    onTestFinished(() => log.close());
    // What nobody can read, or only a stranger wrote, is archived as well.
    const time = { partition: 0, timestamp: Date.now() };
    const junk = { topic: EVENTS_TOPIC, ...time, value: Buffer.from([1, 2, 3]) };
    await log.append([
      { ...junk, key: null },
      { ...junk, key: Buffer.from('acme/d0'), headers: { odd: Buffer.alloc(0) } },
    ]);
    const places = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    const ends = await Promise.all(places.map((partition) => log.endOffset(EVENTS_TOPIC, partition)));
    const archived = async () => {
      const query = 'SELECT _partition AS p, toUInt32(max(_offset)) AS o FROM fleet.log_archive GROUP BY p ORDER BY p';
      const answer = await server.engine.client.query({ query, format: 'JSONEachRow' });
      const rows = (await answer.json()) as readonly { readonly o: number }[];
      return rows.length === PARTITIONS && rows.every(({ o }, partition) => o + 1 >= (ends[partition] as number));
    };
    await expect.poll(archived, { timeout: 60_000 }).toBe(true);
    const admin = new Kafka({ brokers: [...brokers] }).admin();
    await admin.connect();
    const partitions = ends.map((end, partition) => ({ partition, offset: String(end) }));
    // It learns of the topic by this.
    await admin.fetchTopicOffsets(EVENTS_TOPIC);
    await admin.deleteTopicRecords({ topic: EVENTS_TOPIC, partitions });
    await admin.disconnect();
    expect(await Promise.all(places.map((partition) => log.startOffset(EVENTS_TOPIC, partition)))).toEqual(ends);

    const args = ['run', 'ledger', 'twin', '--app', APP, '--archive'];
    // Two threads, each with an archive of its own.
    const late = await startService(args, env(APP), /health http:[^\s"]+/);
    // Its clock stands, so that what is derived is what one pass over the log derives.
    expect(await doors.stop(), doors.output()).toBe(0);
    await committed(log, APP, PARTITIONS);
    await filled(log, server.engine, PARTITIONS);
    for (const service of [late, sink]) expect(await service.stop(), service.output()).toBe(0);
    expect(late.output()).not.toMatch(/archive_behind|records_gone/);

    const target = new ServerTarget({ url: server.url, database: 'fleet', cluster: null });
    onTestFinished(() => target.close());
    const whole = archivedLog({ log, archive: await target.archive(tables.logArchive) });
    const registry = await openConfluentRegistry({ url: registryUrl() });
    await check({ log: whole, registry, clickhouse: server.engine, partitions: PARTITIONS }, producer);
  },
);
