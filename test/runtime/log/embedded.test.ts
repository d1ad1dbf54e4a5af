import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { type FolderLog, openEmbeddedLog } from '../../../runtime/log/embedded/log.ts';
import type { NewRecord } from '../../../runtime/log/log.ts';
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
    forget: (topic, partition, below) => log.forget(topic, partition, { below, before: Number.POSITIVE_INFINITY }),
    async close() {
      await log.close();
      rmSync(path, { recursive: true });
    },
  };
});

const ALL = { below: Number.POSITIVE_INFINITY, before: Number.POSITIVE_INFINITY };

test('of a partition that may be forgotten whole the newest batch stays, and its offsets go on', async () => {
  const { log, path } = await opened();
  for (let i = 0; i < 5; i++) await log.append([{ ...record('k', String(i)), topic: 'facts' }]);
  expect(await log.forget('facts', 0, ALL)).toBe(4);
  expect(await log.forget('facts', 0, ALL)).toBe(4);
  await log.close();
  const again = await openEmbeddedLog({ path });
  expect((await readAll(again, 'facts', 0)).map(({ value }) => String(value))).toEqual(['4']);
  expect(await again.append([{ ...record('k', '5'), topic: 'facts' }])).toEqual([5]);
  await expect(again.forget('state', 0, ALL)).rejects.toMatchObject({ code: 'log_refused' });
  await again.close();
});

test('a batch stays while one record of it is younger than it may be forgotten, and what stands behind stays too', async () => {
  const { log } = await opened();
  const facts = (...timestamps: readonly number[]) =>
    log.append(timestamps.map((timestamp) => ({ ...record('k', 'x'), topic: 'facts', timestamp })));
  for (const batch of [[1, 2], [3, 100, 3], [4], [5]]) await facts(...batch);
  expect(await log.forget('facts', 0, { ...ALL, before: 2 })).toBe(0);
  expect(await log.forget('facts', 0, { ...ALL, before: 10 })).toBe(2);
  expect(await log.forget('facts', 0, { ...ALL, below: 4, before: 101 })).toBe(2);
  expect(await log.forget('facts', 0, { ...ALL, below: 5, before: 101 })).toBe(5);
  await log.close();
});

test('who reads, writes and forgets at once meets no gap and no error', async () => {
  const { log } = await opened();
  const seen: number[] = [];
  let written = 0;
  const write = async () => {
    for (; written < 300; written++) await log.append([{ ...record('k', 'x'.repeat(5_000)), topic: 'facts' }]);
  };
  const forget = async () => {
    while (written < 300) {
      await log.forget('facts', 0, { ...ALL, below: (seen.at(-1) ?? 0) - 3 });
      await new Promise(setImmediate);
    }
  };
  const read = async () => {
    for (let offset = 0; offset < 300; ) {
      const positions = [{ topic: 'facts', partition: 0, offset }];
      const [part] = await log.fetch({ positions, bytesMax: 20_000, waitMsMax: 50 });
      seen.push(...(part?.records ?? []).map((each) => each.offset));
      offset = part?.next ?? offset;
    }
  };
  // One that is always behind asks for the very batches that go.
  const readBehind = async () => {
    while (written < 300) {
      const positions = [{ topic: 'facts', partition: 0, offset: 0 }];
      await log.fetch({ positions, bytesMax: 1_000_000, waitMsMax: 0 });
      await new Promise(setImmediate);
    }
  };
  await Promise.all([write(), read(), readBehind(), forget()]);
  expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i));
  const [first] = await readAll(log, 'facts', 0);
  expect(first?.offset).toBeGreaterThan(200);
  await log.close();
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

// Each large record has a key of its own, lest a compaction that comes meanwhile leave the newest alone.
test('more bytes than may wait for the disk are refused, and later ones are taken', async () => {
  const { log } = await opened();
  const value = Buffer.alloc(8 * 1024 * 1024);
  const results = await Promise.allSettled(
    Array.from({ length: 12 }, (_, i) => log.append([{ ...record(`k-${i}`, ''), value }])),
  );
  const refused = results.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThanOrEqual(4);
  expect(refused.length).toBeLessThan(12);
  expect((refused[0] as PromiseRejectedResult).reason).toMatchObject({ code: 'log_refused' });
  await log.append([record('k', 'later')]);
  expect((await readAll(log, 'state', 0)).length).toBe(12 - refused.length + 1);
});

test('a commit that is larger than all that may wait is taken when nothing waits', async () => {
  const { log } = await opened();
  const value = Buffer.alloc(8 * 1024 * 1024);
  const largeOf = (commit: string) => Array.from({ length: 9 }, (_, i) => ({ ...record(`${commit}-${i}`, ''), value }));
  const large = largeOf('second');
  const transactor = await log.transactor('large');
  await transactor.commit(largeOf('first'));
  const waiting = log.append([record('k', 'before')]);
  await expect(log.append(large)).rejects.toMatchObject({ code: 'log_refused' });
  await waiting;
  await log.append(large);
  expect((await readAll(log, 'state', 0)).length).toBe(9 + 1 + 9);
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

async function opened(): Promise<{ log: FolderLog; path: string }> {
  const path = folder();
  const log = await openEmbeddedLog({ path });
  onTestFinished(async () => log.close());
  await log.ensureTopics([
    { name: 'state', partitions: 1, cleanup: 'compact' },
    { name: 'facts', partitions: 1, cleanup: 'delete' },
  ]);
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
