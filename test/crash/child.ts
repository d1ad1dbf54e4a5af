import { join } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { connectors } from '#connectors';
import { processors } from '#processors';
import { derived, tables } from '#schemas';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { startSink } from '#runtime/clickhouse/sink.ts';
import { Engine } from '#runtime/engine/engine.ts';
import { openTicker } from '#runtime/engine/ticker.ts';
import { createIngress } from '#runtime/ingress/ingress.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { openLmdbStateStore } from '#runtime/state/lmdb.ts';
import { startHttp } from '#runtime/transports/http.ts';

// The embedded pipeline as one process, which kills itself with SIGKILL at the n-th time that it comes to a named step:
// child.ts <folder> <partitions> [step] [n]. It prints `ready <port>`, and drains and ends when its input does.

const [folder = '', partitionsText = '', deadly = '', nth = '1'] = process.argv.slice(2);
const partitions = Number(partitionsText);
let left = Number(nth);
const step = (name: string): void => {
  if (name !== deadly || --left > 0) return;
  process.kill(process.pid, 'SIGKILL');
};

const report = (code: string, detail: unknown): void => {
  process.stderr.write(`${code} ${JSON.stringify(detail)}\n`);
};
const told = (fields: object, text: string): void => report(text, fields);
const logger = { info: () => {}, warn: told, error: told };
const clock = { now: () => Date.now(), sleep: (ms: number) => pause(ms), yield: () => turn() };
const log = await openEmbeddedLog({ path: join(folder, 'log') });
const registry = await openEmbeddedRegistry(join(folder, 'registry.json'));
const store = await openLmdbStateStore(join(folder, 'state'));
const clickhouse = await openEngine({ path: join(folder, 'clickhouse') });
const target = new EmbeddedTarget(clickhouse);
await target.prepare(Object.values(tables), derived);
const saveMs = 300;
const engine = await Engine.open({
  app: 'fleetstream',
  processors,
  log,
  registry,
  store,
  partitions,
  clock,
  step,
  saveMs,
  report,
});
const sink = await startSink({ log, registry, target, tables: Object.values(tables), partitions, step, report });
const ticker = await openTicker({ log, registry, partitions, clock, periodMs: 200 });
const ingress = await createIngress({ log, registry, connectors, partitions, clock: Date.now, instance: 'crash' });
const listen = { host: '127.0.0.1', port: 0, portSetting: 'port', tokenSetting: 'token' };
const about = { connectors, ingress, clock: Date.now, region: null, openapi: {}, missing: async () => [] };
const http = await startHttp({ listen, ...about, deviceToken: undefined, operatorToken: undefined, report: logger });
const running = Promise.all([engine.run(), ticker.run(), sink.done]);
process.stdout.write(`ready ${http.port}\n`);

await Promise.race([running, new Promise<void>((ended) => process.stdin.resume().once('end', ended))]);
await http.close();
await ingress.close();
ticker.stop();
while ((await engine.lag()) > 0) await pause(20);
await engine.stop();
while ([...(await sink.lag()).values()].some((records) => records > 0)) await pause(20);
await sink.stop();
await clickhouse.close();
await store.close();
await log.close();
process.exit(0);
