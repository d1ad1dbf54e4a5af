import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { EVENTS_TOPIC, keyOf } from '#sdk';
import { tables, TelemetryReported, topics } from '#schemas';
import { compiled, frame } from '#runtime/avro.ts';
import { SimulatedTarget } from '#runtime/clickhouse/simulated.ts';
import { startSink } from '#runtime/clickhouse/sink.ts';
import { Engine } from '#runtime/engine/engine.ts';
import { type FolderLog, openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { forgetRound, startRetention } from '#runtime/retention.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { readAll } from '../contract/read-all.ts';
import { counter, settle, telemetryOf } from './engine/examples.ts';

const HOUR_MS = 3_600_000;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'retention-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function openedAt(path: string): Promise<FolderLog> {
  const log = await openEmbeddedLog({ path });
  onTestFinished(() => log.close());
  return log;
}

/** Offsets that a partition still has. */
const offsets = async (log: FolderLog, topic: string, partition = 0) =>
  (await readAll(log, topic, partition)).map(({ offset }) => offset);

test('what is old and needed by nobody goes; what is young, needed or not named stays', async () => {
  const log = await openedAt(folder());
  const names = ['named', 'young', 'unnamed', 'state'];
  const cleanup = (name: string) => (name === 'state' ? 'compact' : 'delete');
  await log.ensureTopics(names.map((name) => ({ name, partitions: 2, cleanup: cleanup(name) })));
  for (const topic of names) {
    for (let i = 0; i < 6; i++) {
      const timestamp = topic === 'young' ? 10 * HOUR_MS : i;
      await log.append(
        [0, 1].map((partition) => ({ topic, partition, key: null, value: Buffer.from('x'), timestamp })),
      );
    }
  }
  const reports: string[] = [];
  const needed = new Map([
    ['state', new Map([[0, 6]])],
    ['named', new Map([[0, 3]])],
    ['young', new Map([[0, 6]])],
    ['absent', new Map([[0, 6]])],
  ]);
  const report = (code: string, { topic }: Readonly<Record<string, unknown>>) =>
    reports.push(`${code} ${String(topic)}`);
  const options = { log, keepMs: HOUR_MS, needed: () => needed, now: () => 10 * HOUR_MS, report };
  await forgetRound(options);
  expect(await offsets(log, 'named')).toEqual([3, 4, 5]);
  for (const topic of ['young', 'unnamed', 'state']) expect(await offsets(log, topic), topic).toHaveLength(6);
  expect(await offsets(log, 'named', 1)).toHaveLength(6);
  // What cannot be shortened keeps none of the others back.
  expect(reports).toEqual(['retention_failed state', 'retention_failed absent']);

  needed.set('named', new Map([[0, 5]]));
  const stop = startRetention(options);
  await expect.poll(() => offsets(log, 'named')).toEqual([5]);
  await stop();
});

test('a house that forgot begins again as it was, and goes on', async () => {
  const path = folder();
  const registry = new MemoryRegistry();
  const target = new SimulatedTarget(100);
  const kept = new MemoryStateStore();
  const table = tables.telemetry;
  await target.prepare([table]);
  const id = await registry.register(TelemetryReported.avro);
  const rows: number[] = [];
  const forgotten: number[] = [];
  for (let life = 0; life < 4; life++) {
    const log = await openEmbeddedLog({ path });
    await log.ensureTopics([{ name: EVENTS_TOPIC, partitions: 1, cleanup: 'delete' }]);
    for (let i = 0; i < 5; i++) {
      const event = telemetryOf({ device: 'd', epoch: 1, sequence: life * 5 + i + 1, metrics: { a: i } });
      const value = frame(compiled(TelemetryReported.avro), id, event);
      const place = { topic: EVENTS_TOPIC, partition: 0, key: Buffer.from(keyOf(event)) };
      await log.append([{ ...place, value, timestamp: life }]);
    }
    // Every second life has lost its local state, and restores it from the changelog.
    const store = life % 2 === 0 ? kept : new MemoryStateStore();
    const common = { log, registry, partitions: 1, report: () => undefined };
    const clock = new SimulatedClock(0);
    const engine = await Engine.open({ ...common, app: 'house', processors: [counter], store, clock });
    await settle(engine);
    await engine.stop();
    const sink = await startSink({ ...common, target, tables: [table], rowsMax: 2 });
    await expect.poll(() => target.rowsOf(table).length).toBe((life + 1) * 5);
    await forgetRound({
      log,
      keepMs: HOUR_MS,
      needed: () => sink.needed(),
      now: () => 10 * HOUR_MS,
      report: (code, detail) => expect.fail(`${code} ${JSON.stringify(detail)}`),
    });
    await sink.stop();
    rows.push(target.rowsOf(table).length);
    forgotten.push((await offsets(log, topics.telemetry.name))[0] as number);
    expect(await offsets(log, EVENTS_TOPIC)).toHaveLength((life + 1) * 5);
    await log.close();
  }
  expect(rows).toEqual([5, 10, 15, 20]);
  expect(forgotten.at(-1)).toBeGreaterThan(forgotten[0] as number);
  const places = target.rowsOf(table).map(({ _offset }) => _offset);
  expect(new Set(places).size).toBe(20);
});
