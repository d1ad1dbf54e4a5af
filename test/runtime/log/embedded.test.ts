import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { openEmbeddedLog } from '../../../runtime/log/embedded/log.ts';
import type { Log, NewRecord } from '../../../runtime/log/log.ts';
import { logContract } from '../../contract/log.ts';
import { readAll } from '../../contract/read-all.ts';

logContract('embedded', async () => {
  const path = mkdtempSync(join(tmpdir(), 'log-'));
  let log = await openEmbeddedLog({ path });
  return {
    log,
    async reopen() {
      await log.close();
      log = await openEmbeddedLog({ path });
      return log;
    },
    async close() {
      await log.close();
      rmSync(path, { recursive: true });
    },
  };
});

test('a second open of the same folder is refused in one line, and the first goes on', async () => {
  const { log, path } = await opened();
  await expect(openEmbeddedLog({ path })).rejects.toThrow(
    /^folder_in_use: .* is open in process \d+; stop that process[^\n]*$/,
  );
  await log.append([record('a', 'x')]);
  await log.close();
  await (await openEmbeddedLog({ path })).close();
});

test('the lock of a killed process is taken over, and so is one whose number another process has now', async () => {
  const path = folder();
  const child = spawn(process.execPath, [new URL('holder.ts', import.meta.url).pathname, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await expect(openEmbeddedLog({ path })).rejects.toMatchObject({ code: 'folder_in_use' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const log = await openEmbeddedLog({ path });
  expect((await readAll(log, 'state', 0)).length).toBe(1);
  await log.close();
  writeFileSync(join(path, 'lock'), JSON.stringify({ pid: process.pid, started: 'another boot 1', token: 'x' }));
  await (await openEmbeddedLog({ path })).close();
  writeFileSync(join(path, 'lock'), '');
  await (await openEmbeddedLog({ path })).close();
});

test('more bytes than may wait for the disk are refused, and later ones are taken', async () => {
  const { log } = await opened();
  const value = Buffer.alloc(8 * 1024 * 1024);
  const results = await Promise.allSettled(
    Array.from({ length: 12 }, () => log.append([{ ...record('k', ''), value }])),
  );
  const refused = results.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThanOrEqual(4);
  expect(refused.length).toBeLessThan(12);
  expect((refused[0] as PromiseRejectedResult).reason).toMatchObject({ code: 'log_refused' });
  await log.append([record('k', 'later')]);
  expect((await readAll(log, 'state', 0)).length).toBe(12 - refused.length + 1);
});

test('compaction keeps the newest record of each key at its offset', async () => {
  const { log, path } = await opened();
  const newest = new Map<string, { offset: number; value: string | null }>();
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  for (let round = 0; round < 60; round++) {
    const records = Array.from({ length: 2000 }, (_, i) => {
      const key = `device-${(i * 7919 + round) % 3000}`;
      return i % 50 === 49 ? { ...record(key, ''), value: null } : record(key, `${round}/${i}`.padEnd(60, '.'));
    });
    const offsets = await log.append(records);
    for (const [i, { key, value }] of records.entries()) {
      newest.set(String(key), { offset: offsets[i] as number, value: value === null ? null : String(value) });
    }
  }
  while ((await readAll(log, 'state', 0)).length >= 60_000) await new Promise((resolve) => setTimeout(resolve, 100));
  clearInterval(watch);
  await log.close();
  const again = await openEmbeddedLog({ path });
  const kept = await readAll(again, 'state', 0);
  expect(kept.length).toBeLessThan(60_000);
  expect(kept.map(({ offset }) => offset)).toEqual(kept.map(({ offset }) => offset).toSorted((a, b) => a - b));
  const folded = new Map<string, { offset: number; value: string | null }>();
  for (const { key, value, offset } of kept)
    folded.set(String(key), { offset, value: value === null ? null : String(value) });
  expect(folded).toEqual(newest);
  expect(await again.endOffset('state', 0)).toBe(120_000);
  console.log(
    `compaction kept ${kept.length} of 120000 records; longest block of the event loop ${longest.toFixed(1)} ms`,
  );
  await again.close();
});

test('any records, appended in any groups and read in any portions, come back the same', {
  timeout: 60_000,
}, async () => {
  const bytes = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null });
  const given = fc.array(
    fc.record({
      partition: fc.nat(2),
      key: bytes,
      value: bytes,
      timestamp: fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
      headers: fc.dictionary(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }),
        fc.uint8Array({ maxLength: 5 }),
        { maxKeys: 3 },
      ),
    }),
    { maxLength: 60 },
  );
  const { log } = await opened();
  let topics = 0;
  const property = fc.asyncProperty(
    fc.array(given, { maxLength: 5 }),
    fc.integer({ min: 1, max: 2000 }),
    async (groups, bytesMax) => {
      const topic = `any-${topics++}`;
      await log.ensureTopics([{ name: topic, partitions: 3, cleanup: 'delete' }]);
      await Promise.all(groups.map((records) => log.append(records.map((one) => ({ topic, ...one })))));
      for (const partition of [0, 1, 2]) {
        const expected = groups.flat().filter((one) => one.partition === partition);
        const read = await readAll(log, topic, partition, bytesMax);
        expect(read.map(plain)).toEqual(expected.map((one, offset) => plain({ ...one, offset })));
      }
    },
  );
  await fc.assert(property, { numRuns: 60, reporter: printSeed });
});

async function opened(): Promise<{ log: Log; path: string }> {
  const path = folder();
  const log = await openEmbeddedLog({ path });
  onTestFinished(async () => log.close());
  await log.ensureTopics([{ name: 'state', partitions: 1, cleanup: 'compact' }]);
  return { log, path };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'log-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function record(key: string, value: string): NewRecord {
  return { topic: 'state', partition: 0, key: Buffer.from(key), value: Buffer.from(value), timestamp: 0 };
}

function plain(record: Pick<NewRecord, 'key' | 'value' | 'headers' | 'timestamp'> & { offset: number }): unknown {
  const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'));
  const headers = Object.entries(record.headers ?? {}).map(([name, bytes]) => [name, hex(bytes)]);
  return [record.offset, hex(record.key), hex(record.value), record.timestamp, headers];
}

function printSeed<T>(run: fc.RunDetails<T>): void {
  console.log(`seed ${run.seed}, ${run.numRuns} runs`);
  if (run.failed) throw new Error(fc.defaultReportMessage(run) ?? 'failed');
}
