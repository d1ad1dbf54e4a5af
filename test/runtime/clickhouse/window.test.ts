// A table remembers the tokens of its newest inserts. Whoever comes later than that must look at the rows first.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import type { ClickHouseEngine } from '#runtime/clickhouse/engine.ts';
import { ServerTarget } from '#runtime/clickhouse/server.ts';
import { startSink } from '#runtime/clickhouse/sink.ts';
import type { Target } from '#runtime/clickhouse/target.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { range } from '../../contract/target.ts';
import { startChdbServer } from '../../stack/chdb-server.ts';
import { framed, Sample, sampleTable } from './records.ts';

/** Inserts whose tokens the tables of this test remember, instead of ten thousand. */
const WINDOW = 5;
/** As long as a sink believes that its token is remembered, and a little more. */
const FROZEN_MS = 61_000;
const ROWS = 40;

const path = await mkdtemp(join(tmpdir(), 'fleetstream-window-'));
let server: Awaited<ReturnType<typeof startChdbServer>>;
let engine: ClickHouseEngine;

beforeAll(async () => {
  // One engine a process: the server's own is the embedded one too.
  server = await startChdbServer({ path: join(path, 'clickhouse') });
  engine = server.engine;
});

afterAll(async () => {
  await server.close();
  await rm(path, { recursive: true, force: true });
});

const TARGETS: Readonly<Record<string, () => Target>> = {
  embedded: () => new EmbeddedTarget(engine),
  server: () => new ServerTarget({ url: server.url, database: 'fleet', cluster: null }),
};

test.each([
  ['embedded', FROZEN_MS, ROWS],
  ['server', FROZEN_MS, ROWS],
  // Were the time not told, the forgotten token would let the rows in again: so the test can fail.
  ['embedded', 0, 2 * ROWS],
])(
  'a sink that was frozen behind its edges, into a target that is %s, for %i ms, leaves %i rows',
  async (kind, frozenMs, rows) => {
    const name = `frozen_${kind}_${frozenMs}`;
    const table = { ...sampleTable, name };
    const log = await openEmbeddedLog({ path: join(path, name) });
    const registry = new MemoryRegistry();
    const id = await registry.register(Sample.avro);
    await log.ensureTopics([{ name: 'samples', partitions: 1, cleanup: 'delete' }]);
    const write = (from: number, to: number) =>
      log.append(
        range(from, to).map((number) => {
          return { topic: 'samples', partition: 0, key: null, value: framed(id, number), timestamp: 0 };
        }),
      );
    const target = TARGETS[kind]!();
    await target.prepare([table], []);
    await engine.client.command({
      query: `ALTER TABLE fleet.${name} MODIFY SETTING non_replicated_deduplication_window = ${WINDOW}`,
    });
    const all = { log, registry, target, tables: [table], partitions: 1, flushMsMax: 0 };
    const count = async () => {
      const query = `SELECT toUInt32(count()) AS n FROM fleet.${name}`;
      const [found] = await (await engine.client.query({ query, format: 'JSONEachRow' })).json<{ n: number }>();
      return found?.n ?? 0;
    };

    await write(0, ROWS);
    let now = 0;
    const clock = { now: () => now, sleep: (ms: number) => pause(Math.min(ms, 5)) };
    const frozen = Promise.withResolvers<void>();
    const thaw = Promise.withResolvers<void>();
    const step = async (at: string) => {
      if (at !== 'edge.persisted') return;
      frozen.resolve();
      await thaw.promise;
    };
    const first = await startSink({ ...all, clock, step });
    await frozen.promise;

    // Another sink takes over, completes the batch, and inserts more than the table remembers.
    const second = await startSink(all);
    for (let i = 1; i <= 3 * WINDOW; i++) {
      await write(ROWS + i - 1, ROWS + i);
      while ((await count()) < ROWS + i) await pause(5);
    }
    await second.stop();

    now += frozenMs;
    thaw.resolve();
    // Its next edge is refused, which ends it.
    await expect(first.done).rejects.toThrow('fenced');
    expect(await count()).toBe(rows + 3 * WINDOW);
    await log.close();
    await target.close();
  },
);
