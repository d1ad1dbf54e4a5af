import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { EVENTS_TOPIC } from '#sdk';
import { tables, topics } from '#schemas';
import { compiled } from '#runtime/avro.ts';
import { SINK_TOPIC } from '#runtime/clickhouse/edges.ts';
import { type KafkaLog, openKafkaLog } from '#runtime/log/kafka/log.ts';
import { openConfluentRegistry } from '#runtime/registry/confluent.ts';
import { readAll } from '../../contract/read-all.ts';
import { check } from '../../crash/check.ts';
import { Producer } from '../../crash/producer.ts';
import { startChdbServer } from '../../stack/chdb-server.ts';
import { type RunningService, startService } from '../service.ts';
import { canRun, ownKafka, registryUrl } from './own.ts';
import { committed, filled } from './settled.ts';

const PARTITIONS = 4;
/** Acknowledged before each end. */
const EVENTS_MIN = 3_000;
/** Rows of one insert. */
const BATCH_ROWS_MAX = 20_000;
const APP = 'fleet';

test.skipIf(!canRun)(
  'SIGTERM to sink, processors and doors under load: each ends with 0, and nothing is lost or there twice',
  { timeout: 400_000 },
  async () => {
    const kafka = await ownKafka();
    const { brokers } = kafka;
    const folder = mkdtempSync(join(tmpdir(), 'fleetstream-stop-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const server = await startChdbServer({ path: join(folder, 'clickhouse') });
    onTestFinished(() => server.close());
    const log = await openKafkaLog({ brokers, clientId: 'check' });
    onTestFinished(() => log.close());
    const start = (args: readonly string[], ready: RegExp) =>
      startService(args, envOf(args[0] ?? '', { brokers, folder, clickhouse: server.url }), ready);
    const run = () => start(['run', 'ledger', 'twin', '--app', APP, '--threads', '1'], HEALTH);
    const sink = () => start(['sink'], HEALTH);

    const doors = await start(['connect'], /HTTP http:[^\s,]+/);
    let [folding, feeding] = [await run(), await sink()];
    const producer = new Producer();
    const { port } = new URL(doors.ready.replace('HTTP ', ''));
    const sending = producer.send(Number(port), () => true);
    const more = async () => {
      const wanted = producer.acknowledged.size + EVENTS_MIN;
      while (producer.acknowledged.size < wanted && producer.unanswered === 0) await pause(20);
    };

    await more();
    await ends('sink', feeding);
    const again = await rowsAgain(log);
    console.log(`a table inserts ${Math.max(...again)} rows again`);
    expect(Math.max(...again)).toBeLessThanOrEqual(BATCH_ROWS_MAX);
    feeding = await sink();

    await more();
    await ends('run', folding);
    expect(await derivedAhead(log)).toBe(0);
    folding = await run();

    await more();
    await ends('connect', doors);
    await sending;
    // It was sending to the end.
    expect(producer.unanswered).toBe(1);

    await committed(log, APP, PARTITIONS);
    await ends('run', folding);
    await filled(log, server.engine, PARTITIONS);
    await ends('sink', feeding);
    expect(await rowsAgain(log)).toEqual(Object.values(tables).map(() => 0));
    const registry = await openConfluentRegistry({ url: registryUrl() });
    await check({ log, registry, clickhouse: server.engine, partitions: PARTITIONS }, producer);
  },
);

const HEALTH = /health http:[^\s"]+/;

interface Places {
  readonly brokers: readonly string[];
  readonly folder: string;
  readonly clickhouse: string;
}

function envOf(name: string, { brokers, folder, clickhouse }: Places): Readonly<Record<string, string>> {
  return {
    FLEETSTREAM_KAFKA_BROKERS: brokers.join(','),
    FLEETSTREAM_KAFKA_INSTANCE: name,
    FLEETSTREAM_REGISTRY_URL: registryUrl(),
    FLEETSTREAM_PARTITIONS: String(PARTITIONS),
    FLEETSTREAM_DATA: join(folder, name),
    ...(name === 'sink' ? { FLEETSTREAM_CLICKHOUSE_URL: clickhouse } : {}),
  };
}

/** Asks it to end, as a service manager does. */
async function ends(name: string, service: RunningService): Promise<void> {
  const askedAt = performance.now();
  expect(await service.stop(), service.output()).toBe(0);
  console.log(`${name} ended after ${Math.round(performance.now() - askedAt)} ms`);
}

/** Of each table, how many rows the next sink has to look at again. */
async function rowsAgain(log: KafkaLog): Promise<number[]> {
  const newest = new Map<string, number>();
  for (const { key, value } of await readAll(log, SINK_TOPIC, 0)) {
    const { edges } = JSON.parse(Buffer.from(value ?? '{}').toString()) as { edges: readonly (readonly number[])[] };
    newest.set(
      Buffer.from(key ?? '').toString(),
      edges.reduce((rows, edge) => rows + (edge[3] ?? 0), 0),
    );
  }
  return Object.values(tables).map(({ name }) => newest.get(name) ?? 0);
}

/** Derived rows whose events the app has not committed, and so would fold again. */
async function derivedAhead(log: KafkaLog): Promise<number> {
  const offsets = await log.committedOffsets(APP, EVENTS_TOPIC, PARTITIONS);
  const type = compiled(topics.telemetry.value.avro);
  let ahead = 0;
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (const { value } of await readAll(log, topics.telemetry.name, partition)) {
      const { causeOffset } = type.fromBuffer(Buffer.from(value ?? '').subarray(5)) as { causeOffset: number };
      if (causeOffset >= (offsets[partition] ?? 0)) ahead++;
    }
  }
  return ahead;
}
