import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { tables } from '#schemas';
import { Edges } from '#runtime/clickhouse/edges.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { type Running, startUp } from '../cli/process.ts';
import { checkFolder } from './check.ts';
import { Producer } from './producer.ts';

const PARTITIONS = 4;
const EVENTS_MIN = 5_000;
/** Rows of one insert. */
const BATCH_ROWS_MAX = 20_000;

test('SIGTERM under load: exit 0, nothing acknowledged is lost, and no table begins again behind more than one batch', {
  timeout: 240_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetstream-stop-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, '.fleetstream');
  const env = { FLEETSTREAM_PARTITIONS: String(PARTITIONS) };
  const producer = new Producer();

  const running = await startUp(folder, ['--no-demo'], env);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  let isOver = false;
  void running.exited.then(() => {
    isOver = true;
  });
  const sending = producer.send(Number(running.env['FLEETSTREAM_HTTP_PORT']), () => !isOver);
  while (producer.acknowledged.size < EVENTS_MIN && !isOver) await pause(20);
  const askedAt = performance.now();
  running.child.kill('SIGTERM');
  expect(await running.exited, running.output()).toBe(0);
  const endedMs = Math.round(performance.now() - askedAt);
  await sending;
  // It was sending to the end.
  expect(producer.unanswered).toBe(1);

  const again = await rowsAgain(data);
  const most = Math.max(...again.values());
  const acknowledged = producer.acknowledged.size;
  console.log(`${acknowledged} events acknowledged; ended after ${endedMs} ms; a table inserts ${most} rows again`);
  expect(most).toBeLessThanOrEqual(BATCH_ROWS_MAX);

  const next = await startUp(folder, ['--no-demo'], env);
  onTestFinished(() => void next.child.kill('SIGKILL'));
  await folded(next);
  next.child.kill('SIGTERM');
  expect(await next.exited, next.output()).toBe(0);
  expect([...(await rowsAgain(data)).values()].filter((rows) => rows > 0)).toEqual([]);
  await checkFolder(data, PARTITIONS, producer);
});

/** Of each table, how many rows the next start has to look at again. */
async function rowsAgain(data: string): Promise<ReadonlyMap<string, number>> {
  const log = await openEmbeddedLog({ path: join(data, 'log') });
  const edges = await Edges.open(log, Date.now);
  const pending = Object.values(tables).map(({ name }) => {
    return [name, edges.of(name).edges.reduce((rows, { count }) => rows + count, 0)] as const;
  });
  await log.close();
  return new Map(pending);
}

/** Waits until a pipeline is behind by no more than what its clock has just said. */
async function folded(pipeline: Running): Promise<void> {
  for (;;) {
    const lags = [...pipeline.output().matchAll(/"lag":(\d+)/g)];
    if (lags.length > 1 && Number(lags.at(-1)?.[1]) < 20 * PARTITIONS) return;
    await pause(100);
  }
}
