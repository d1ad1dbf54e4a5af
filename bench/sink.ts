// Rows of telemetry from the log into ClickHouse in this process, three ways, each in a process of its own: by the
// sink; decoded and sent as JSON by the official client; and as a ceiling, by ClickHouse from a file of the same bytes.
// `node bench/sink.ts [rows]`. Roll-ups are left out: they are the same in each.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PARTITIONS_DEFAULT, type Table } from '#sdk';
import { tables, Telemetry, topics } from '#schemas';
import { asBuffer, avroType, decodeBody, FRAME_BYTES } from '#runtime/avro.ts';
import { stored } from '#runtime/clickhouse/ddl.ts';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { startSink } from '#runtime/clickhouse/sink.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import type { Log, LogRecord } from '#runtime/log/log.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { telemetryRecords } from './events.ts';
import { dataFolder, measured, run } from './house.ts';

const [count = '1000000', way = '', folder = dataFolder()] = process.argv.slice(2);
const rows = Number(count);
const table = tables.telemetry as Table;
const topic = topics.telemetry.name;
const type = avroType(Telemetry.avro);
/** As large as the sink's own. */
const BATCH_ROWS = 20_000;
const FETCH_BYTES = 4 * 1024 * 1024;

const WAYS: Readonly<Record<string, { readonly title: string; readonly insert: (title: string) => Promise<void> }>> = {
  sink: { title: 'sink', insert: bySink },
  json: { title: 'decoded, JSONEachRow by the official client', insert: byJson },
  file: { title: 'ClickHouse from a file, AvroConfluent', insert: byFile },
};

const log = await openEmbeddedLog({ path: join(folder, 'log') });
const registry = await openEmbeddedRegistry(join(folder, 'registry.json'));
const chosen = WAYS[way];
if (chosen === undefined) {
  await log.ensureTopics([{ name: topic, partitions: PARTITIONS_DEFAULT, cleanup: 'delete' }]);
  for await (const batch of telemetryRecords(registry, rows, PARTITIONS_DEFAULT)) await log.append(batch);
  await log.close();
  // Each reads the same log; the engine keeps its folder for the life of its process.
  for (const each of Object.keys(WAYS)) await run([import.meta.filename, count, each, folder], console.log);
  process.exit(0);
}

const engine = await openEngine({ path: join(folder, way) });
const target = new EmbeddedTarget(engine);
await target.prepare([table], []);
await chosen.insert(chosen.title);
const answer = await engine.client.query({
  query: `SELECT count() AS rows, sum(cityHash64(eventId, eventTime, metrics)) AS hash FROM ${stored(table)}`,
  format: 'JSONEachRow',
});
const [found] = await answer.json<{ rows: string; hash: string }>();
if (Number(found?.rows) !== rows) throw new Error(`result_wrong: ${found?.rows} rows of ${rows}`);
// Told, so that a reader can see whether the three wrote the same rows.
console.error(`  ${chosen.title}: hash ${found?.hash}`);
await log.close();
await engine.close();
process.exit(0);

async function bySink(title: string): Promise<void> {
  await measured(title, rows, 'row', async () => {
    const sink = await startSink({ log, registry, target, tables: [table], partitions: PARTITIONS_DEFAULT });
    // Asking for the lag reads the log's ends, which is not the sink's work.
    while ((sink.stats()[0]?.rows ?? 0) < rows) await pause(20);
    await sink.stop();
  });
}

async function byJson(title: string): Promise<void> {
  await measured(title, rows, 'row', async () => {
    for await (const batch of batches(log)) {
      const values = batch.map(({ partition, record: { offset, value } }) => {
        const decoded = decodeBody(type, asBuffer(value as Uint8Array), FRAME_BYTES) as object;
        return { ...decoded, _partition: partition, _offset: offset };
      });
      await engine.client.insert({ table: stored(table), values, format: 'JSONEachRow' });
    }
  });
}

async function byFile(title: string): Promise<void> {
  const name = 'telemetry.confluent';
  const file = createWriteStream(join(engine.incoming, name));
  for await (const batch of batches(log)) {
    for (const { record } of batch) if (!file.write(record.value)) await once(file, 'drain');
  }
  await new Promise((resolve) => file.end(resolve));
  // The registry that the format asks for schemas.
  const server = createServer((_, answer) => answer.end(JSON.stringify({ schema: JSON.stringify(Telemetry.avro) })));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await measured(title, rows, 'row', async () => {
    const columns = Telemetry.avro.fields.map(({ name: column }) => `\`${column}\``).join(', ');
    await engine.client.command({
      query: `INSERT INTO ${stored(table)} (${columns})
        SELECT ${columns} FROM file('${join(engine.incoming, name)}', 'AvroConfluent')
        SETTINGS format_avro_schema_registry_url = '${url}', max_threads = 1, max_insert_threads = 1,
          max_partitions_per_insert_block = 0`,
    });
  });
  server.close();
}

interface Placed {
  readonly partition: number;
  readonly record: LogRecord;
}

/** All records of the topic, partition by partition. */
async function* batches(from: Log): AsyncIterable<Placed[]> {
  const batch: Placed[] = [];
  for (let partition = 0; partition < PARTITIONS_DEFAULT; partition++) {
    const end = await from.endOffset(topic, partition);
    for (let offset = 0; offset < end; ) {
      const [got] = await from.fetch({
        positions: [{ topic, partition, offset }],
        bytesMax: FETCH_BYTES,
        waitMsMax: 0,
      });
      if (got === undefined) break;
      batch.push(...got.records.map((record) => ({ partition, record })));
      offset = got.next;
      while (batch.length >= BATCH_ROWS) yield batch.splice(0, BATCH_ROWS);
    }
  }
  if (batch.length > 0) yield batch;
}
