import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { tables } from '#schemas';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { readAll } from '../../contract/read-all.ts';
import { tableBehind, tablesDiffer } from '../../crash/tables.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { startChdbServer } from '../../stack/chdb-server.ts';
import { openFleet } from './fleet.ts';
import { canRun, LONG, ownKafka, registryUrl, seedOf } from './own.ts';
import { startProcess, type WorkerProcess } from './processes.ts';
import type { SinkOrders } from './sink-worker.ts';

const SINK = new URL('sink-worker.ts', import.meta.url).pathname;
const PARTITIONS = 6;
const KILLS = LONG ? 30 : 6;
const EVENTS_MIN = LONG ? 100_000 : 12_000;
const RATE = 2_000;
/** Where a sink dies; an empty one by a kill from outside at a random moment. */
const DEADLY = ['edge.persisted', 'inserted', '', 'edge.forming', 'inserted', ''];

test.skipIf(!canRun)(
  `${KILLS} times kill -9 of the sink, another one standing by, before chdb behind HTTP (not a ClickHouse server) that cuts and refuses: the tables equal the oracle`,
  { timeout: LONG ? 900_000 : 240_000 },
  async () => {
    const seed = seedOf('sink');
    const chance = chanceFrom(seed);
    const kafka = await ownKafka();
    const { brokers } = kafka;
    const registry = registryUrl();
    const path = mkdtempSync(join(tmpdir(), 'fleetstream-tables-'));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    const server = await startChdbServer({ path });
    onTestFinished(() => server.close());
    const fates = { cut: 0, cut_after: 0, fail: 0, fail_after: 0 };
    server.fate = (sql) => {
      if (!sql.startsWith('INSERT') || !chance.hit(0.2)) return 'ok';
      const fate = chance.pick(['cut', 'cut_after', 'fail', 'fail_after'] as const);
      fates[fate]++;
      return fate;
    };
    const fleet = await openFleet({
      brokers,
      registry,
      seed,
      events: 100 * EVENTS_MIN,
      rate: RATE,
      partitions: PARTITIONS,
    });
    const worker = fleet.start('a');
    const log = await openKafkaLog({ brokers, clientId: 'check' });
    const startSink = (instance: string, orders: Partial<SinkOrders> = {}): WorkerProcess => {
      const own = { brokers, registry, clickhouse: server.url, instance, partitions: PARTITIONS };
      return startProcess(SINK, { ...own, ...orders });
    };
    const other = startSink('other');
    await said(other, 'sink_active');
    for (let life = 0; life < KILLS; life++) {
      const deadly = DEADLY[life % DEADLY.length] as string;
      const sink = startSink('mortal', deadly === '' ? {} : { deadly, nth: chance.int(1, 12) });
      // The incumbent keeps its turn, so for the first kill it must go.
      if (life === 0) await other.stop();
      await said(sink, 'sink_active');
      await (deadly === '' ? pause(chance.int(500, 3_000)) : Promise.race([sink.ended, pause(20_000)]));
      await sink.kill();
      const [, signal] = await sink.ended;
      expect(signal, sink.lines.join('\n')).toBe('SIGKILL');
    }
    const last = startSink('last');
    const next = startSink('next');
    while (fleet.sentSoFar() < EVENTS_MIN) await pause(100);
    fleet.enough();
    await fleet.sent;
    // The archive holds ticks too, so the clock has to stand before the two are compared.
    await fleet.finished(['fleet'], 120_000);
    await worker.stop();
    // Whichever of the two has the turn ends in good order, and the other goes on from there.
    await last.stop();
    await said(next, 'sink_active');
    expect(await fleet.differs()).toBeNull();
    const read = (topic: string) =>
      Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => readAll(log, topic, partition)));
    const names = [...new Set(Object.values(tables).map(({ from }) => from.name))];
    // The engine counts what this process holds, so no topic is held longer than it is looked at.
    const lasts = new Map<string, readonly number[]>();
    const counts: string[] = [];
    for (const name of names) {
      const records = await read(name);
      lasts.set(
        name,
        records.map((partition) => partition.at(-1)?.offset ?? -1),
      );
      counts.push(`${name} ${records.flat().length}`);
    }
    console.log(`${KILLS} kills; ${counts.join(', ')}; faults of the server: ${JSON.stringify(fates)}`);
    const behind = () => tableBehind(server.engine, (topic) => lasts.get(topic) ?? []);
    const deadline = Date.now() + (LONG ? 300_000 : 90_000);
    for (let found = await behind(); found !== null; found = await behind()) {
      if (Date.now() > deadline) throw new Error(`never_drained: ${found}\n${next.lines.slice(-40).join('\n')}`);
      await pause(1_000);
    }
    await next.stop();
    expect(await tablesDiffer(server.engine, read)).toBeNull();
    // What was done though its answer was lost is what could be there twice.
    expect(fates.cut_after + fates.fail_after).toBeGreaterThan(0);
    await log.close();
    await fleet.close();
  },
);

async function said(process: WorkerProcess, code: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!process.lines.some((line) => line.startsWith(`${code} `))) {
    if (Date.now() > deadline || process.child.exitCode !== null)
      throw new Error(`never said ${code}: ${process.lines.slice(-10).join('\n')}`);
    await pause(50);
  }
}
