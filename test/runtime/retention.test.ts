import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type AnyProcessor, EVENTS_TOPIC, keyOf, type Logged } from '#sdk';
import { tables, TelemetryReported, topics } from '#schemas';
import { compiled, frame } from '#runtime/avro.ts';
import { SimulatedTarget } from '#runtime/clickhouse/simulated.ts';
import { startSink } from '#runtime/clickhouse/sink.ts';
import { Engine } from '#runtime/engine/engine.ts';
import { type Archive, archivedLog } from '#runtime/log/archive/log.ts';
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
  const fed = [table, tables.logArchive];
  await target.prepare(fed);
  const id = await registry.register(TelemetryReported.avro);
  const rows: number[] = [];
  const forgotten: Record<string, number[]> = { [topics.telemetry.name]: [], [EVENTS_TOPIC]: [] };
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
    const whole = archivedLog({ log, archive: archiveIn(target) });
    const common = { log: whole, registry, partitions: 1, report: () => undefined };
    const clock = new SimulatedClock(0);
    // One that is new folds everything, also what only the archive has.
    const late = silent(`late${life}`);
    const engine = await Engine.open({ ...common, app: 'house', processors: [counter, late], store, clock });
    await settle(engine);
    for (const { name } of [counter, late])
      expect(engine.stateOf(name, 'acme/d')).toMatchObject({ missing: (life + 1) * 5 });
    await engine.stop();
    const sink = await startSink({ ...common, target, tables: fed, rowsMax: 2 });
    for (const each of fed) await expect.poll(() => target.rowsOf(each).length).toBe((life + 1) * 5);
    await forgetRound({
      log,
      keepMs: HOUR_MS,
      needed: () => sink.needed(),
      now: () => 10 * HOUR_MS,
      report: (code, detail) => expect.fail(`${code} ${JSON.stringify(detail)}`),
    });
    await sink.stop();
    rows.push(target.rowsOf(table).length);
    for (const topic of [topics.telemetry.name, EVENTS_TOPIC])
      forgotten[topic]?.push((await offsets(log, topic))[0] ?? 0);
    await log.close();
  }
  expect(rows).toEqual([5, 10, 15, 20]);
  for (const starts of Object.values(forgotten)) expect(starts.at(-1)).toBeGreaterThan(starts[0] as number);
  for (const each of fed) expect(new Set(target.rowsOf(each).map(({ _offset }) => _offset)).size).toBe(20);
});

/** Counts as `counter` does, and writes nothing. */
function silent(name: string): AnyProcessor {
  const telemetryReported = (state: { missing: number }) => ({ state: { ...state, missing: state.missing + 1 } });
  return { ...counter, name, gatekeeper: false, outputs: [], apply: { telemetryReported } };
}

/** What the archive's table holds, as an archive. */
function archiveIn(target: SimulatedTarget): Archive {
  const rows = (partition: number) =>
    (target.rowsOf(tables.logArchive) as unknown as readonly (Logged & Placed)[])
      .filter(({ _partition }) => _partition === partition)
      .toSorted((a, b) => a._offset - b._offset);
  return {
    topic: EVENTS_TOPIC,
    read: ({ partition, offset }, to) =>
      Promise.resolve(
        rows(partition)
          .filter(({ _offset }) => _offset >= offset && _offset < to)
          .map(({ _offset, ...record }) => ({ ...record, offset: _offset })),
      ),
    end: (_, partition) => Promise.resolve((rows(partition).at(-1)?._offset ?? -1) + 1),
  };
}

interface Placed {
  readonly _partition: number;
  readonly _offset: number;
}
