// ClickHouse away while rows go on coming: what memory the sink takes meanwhile, and how fast it catches up afterwards.
// `node bench/outage.ts [rows a second] [seconds away]`.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PARTITIONS_DEFAULT, type Table } from '#sdk';
import { tables, topics } from '#schemas';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { startSink } from '#runtime/clickhouse/sink.ts';
import type { Target } from '#runtime/clickhouse/target.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import type { NewRecord } from '#runtime/log/log.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { telemetryRecords } from './events.ts';
import { dataFolder, tell } from './house.ts';

const [perSecond = '2000', away = '60'] = process.argv.slice(2);
const rate = Number(perSecond);
const awayMs = Number(away) * 1000;
/** Before anything is taken away, so that caches and buffers have their size. */
const WARM_MS = 20_000;
const STEP_MS = 100;
const MIB = 1024 * 1024;

const folder = dataFolder();
const table = tables.telemetry as Table;
const log = await openEmbeddedLog({ path: join(folder, 'log') });
const registry = await openEmbeddedRegistry(join(folder, 'registry.json'));
const engine = await openEngine({ path: join(folder, 'clickhouse') });
const target = new EmbeddedTarget(engine);
await target.prepare([table], []);
await log.ensureTopics([{ name: topics.telemetry.name, partitions: PARTITIONS_DEFAULT, cleanup: 'delete' }]);

let isAway = false;
const refuse = () => Promise.reject(new Error('ClickHouse is away'));
const mortal: Target = {
  prepare: (...model) => target.prepare(...model),
  align: (each) => target.align(each),
  watermarks: (each) => target.watermarks(each),
  close: () => target.close(),
  insert: (batch) => (isAway ? refuse() : target.insert(batch)),
  complete: (batch) => (isAway ? refuse() : target.complete(batch)),
};

const sink = await startSink({ log, registry, target: mortal, tables: [table], partitions: PARTITIONS_DEFAULT });
const written = () => sink.stats()[0]?.rows ?? 0;
let sent = 0;
let stopping = false;
const sending = send();

await pause(WARM_MS);
const before = process.memoryUsage.rss();
isAway = true;
let most = before;
for (let at = 0; at < awayMs; at += STEP_MS) {
  await pause(STEP_MS);
  most = Math.max(most, process.memoryUsage.rss());
}
tell('memory while ClickHouse is away, more than before', 'MiB', (most - before) / MIB);
const [behind, put, begun] = [sent - written(), written(), performance.now()];
tell('rows to catch up', 'rows', behind);
isAway = false;
// What comes meanwhile is caught up too.
while (sent - written() > rate) await pause(20);
const seconds = (performance.now() - begun) / 1000;
tell('rows that come', 'rows/s', rate);
tell('rows written while catching up', 'rows/s', (written() - put) / seconds);
stopping = true;
await sending;
await sink.stop();
const answer = await engine.client.query({
  query: `SELECT toUInt32(count()) AS n, toUInt32(uniqExact(_partition, _offset)) AS places FROM fleet.telemetry`,
  format: 'JSONEachRow',
});
const [found] = await answer.json<{ n: number; places: number }>();
if (found?.n !== sent || found.places !== sent) throw new Error(`result_wrong: ${JSON.stringify(found)} of ${sent}`);
await log.close();
await engine.close();
process.exit(0);

/** At the rate, whatever else is done, as devices do. */
async function send(): Promise<void> {
  const source = telemetryRecords(registry, Number.MAX_SAFE_INTEGER, PARTITIONS_DEFAULT)[Symbol.asyncIterator]();
  const ready: NewRecord[] = [];
  const started = performance.now();
  while (!stopping) {
    const due = Math.floor(((performance.now() - started) * rate) / 1000) - sent;
    while (ready.length < due) ready.push(...((await source.next()).value as NewRecord[]));
    if (due > 0) {
      await log.append(ready.splice(0, due));
      sent += due;
    }
    await pause(STEP_MS);
  }
}
