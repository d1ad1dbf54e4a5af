import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { EVENTS_TOPIC } from '#sdk';
import { topics } from '#schemas';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { readAll } from '../contract/read-all.ts';
import { startChdbServer } from '../stack/chdb-server.ts';
import { canRun, ownKafka, registryUrl } from './faults/own.ts';
import { startService } from './service.ts';

const PARTITIONS = 2;
const REPORTS = 40;

test.skipIf(!canRun)(
  'run --archive folds what Kafka has forgotten, from the tables that the sink filled',
  { timeout: 180_000 },
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
    for (let sequence = 1; sequence <= REPORTS; sequence++) await report(url, `d${sequence % 4}`, sequence);

    const log = await openKafkaLog({ brokers, clientId: 'check' });
    onTestFinished(() => log.close());
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

    const late = await startService(['run', 'twin', '--app', 'late', '--archive'], env('late'), /health http:[^\s"]+/);
    // Two threads, each with an archive of its own.
    const health = late.ready.replace('health ', '');
    while ((await fetch(health)).status !== 200) await pause(50);
    const folded = async () =>
      (await Promise.all(places.map((partition) => readAll(log, topics.twinChanges.name, partition)))).flat().length;
    await expect.poll(folded, { timeout: 60_000 }).toBe(REPORTS);
    for (const service of [late, sink, doors]) expect(await service.stop(), service.output()).toBe(0);
    expect(late.output()).not.toMatch(/archive_behind|records_gone/);
  },
);

async function report(url: URL, device: string, sequence: number): Promise<void> {
  const patch = { counter: sequence };
  const body = JSON.stringify({ tenant: 'acme', device, type: 'twin/reported', sequence, patch });
  const sent = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect(sent.status, await sent.text()).toBe(202);
}
