import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openLmdbStateStore, StateCorrupt } from '../../../runtime/state/lmdb.ts';
import { MemoryStateStore } from '../../../runtime/state/memory.ts';
import type { PartitionStore, StateStore } from '../../../runtime/state/store.ts';
import { chance } from '../log/chance.ts';

const CHECKPOINT = { logId: 'log', changelogOffset: 7, schemaIds: [1] };
const LOWEST = new Uint8Array();
const HIGHEST = Buffer.from([0xff]);

describe.for<[string, () => Promise<StateStore>]>([
  ['lmdb', async () => openLmdbStateStore(folder())],
  ['memory', async () => new MemoryStateStore()],
])('the state store in %s', ([, open]) => {
  test('what is written is read, in byte order, with its checkpoint', async () => {
    const store = await opened(open);
    const part = store.open('twin', 3);
    expect(part.checkpoint).toBeNull();
    await part.write(
      [
        [Buffer.from('b'), Buffer.from('2')],
        [Buffer.from([0x80]), Buffer.from('3')],
        [Buffer.from('a'), Buffer.alloc(0)],
      ],
      CHECKPOINT,
    );
    expect(part.checkpoint).toEqual(CHECKPOINT);
    expect(text(part.get(Buffer.from('b')))).toBe('2');
    expect(text(part.get(Buffer.from('a')))).toBe('');
    expect(part.get(Buffer.from('c'))).toBeUndefined();
    expect(entries(part)).toEqual([
      ['61', ''],
      ['62', '2'],
      ['80', '3'],
    ]);
    expect(entries(part, Buffer.from('b'), Buffer.from([0x80]))).toEqual([['62', '2']]);
  });

  test('a checkpoint names the schemas of every write since the copy was begun', async () => {
    const store = await opened(open);
    const part = store.open('twin', 0);
    await part.write([[Buffer.from('a'), Buffer.from('1')]], { ...CHECKPOINT, schemaIds: [3, 1] });
    await part.write([[Buffer.from('b'), Buffer.from('2')]], { ...CHECKPOINT, schemaIds: [1, 2] });
    expect(part.checkpoint?.schemaIds).toEqual([3, 1, 2]);
    await part.clear();
    await part.write([[Buffer.from('b'), Buffer.from('2')]], { ...CHECKPOINT, schemaIds: [4] });
    expect(part.checkpoint?.schemaIds).toEqual([4]);
  });

  test('null drops an entry, and the same key may change twice in one write', async () => {
    const store = await opened(open);
    const part = store.open('twin', 0);
    await part.write(
      [
        [Buffer.from('a'), Buffer.from('1')],
        [Buffer.from('b'), Buffer.from('1')],
      ],
      CHECKPOINT,
    );
    await part.write(
      [
        [Buffer.from('a'), null],
        [Buffer.from('b'), null],
        [Buffer.from('b'), Buffer.from('2')],
        [Buffer.from('c'), null],
      ],
      CHECKPOINT,
    );
    expect(entries(part)).toEqual([['62', '2']]);
  });

  test('processors and partitions do not see each other, whatever their names', async () => {
    const store = await opened(open);
    const parts = [store.open('a', 1), store.open('a', 11), store.open('a/1', 1), store.open('b', 1)];
    for (const [i, part] of parts.entries())
      await part.write([[Buffer.from('k'), Buffer.from(String(i))]], { ...CHECKPOINT, changelogOffset: i });
    await parts[0]?.clear();
    expect(parts.map((part) => entries(part))).toEqual([[], [['6b', '1']], [['6b', '2']], [['6b', '3']]]);
    expect(parts.map((part) => part.checkpoint?.changelogOffset)).toEqual([undefined, 1, 2, 3]);
  });

  test('it behaves as a sorted map, whatever is written', async () => {
    const store = await opened(open);
    let partition = 0;
    const key = fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => bytes.map((byte) => byte & 0xf3));
    const write = fc.array(fc.tuple(key, fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null })), {
      maxLength: 30,
    });
    const property = fc.asyncProperty(fc.array(write, { maxLength: 6 }), key, key, async (writes, from, to) => {
      const part = store.open('any', partition++);
      const model = new Map<string, string>();
      for (const changes of writes) {
        await part.write(changes, CHECKPOINT);
        for (const [name, value] of changes) {
          if (value === null) model.delete(hex(name));
          else model.set(hex(name), hex(value));
        }
      }
      const expected = [...model]
        .filter(([name]) => name >= hex(from) && name < hex(to))
        .sort(([a], [b]) => (a < b ? -1 : 1));
      expect([...part.range(from, to)].map(([name, value]) => [hex(name), hex(value)])).toEqual(expected);
      for (const [name, value] of model) expect(hex(part.get(Buffer.from(name, 'hex')) as Uint8Array)).toBe(value);
    });
    await fc.assert(property, { numRuns: 50 });
  });
});

test('state is there after closing and opening again, large values too', async () => {
  const path = folder();
  const large = Buffer.alloc(300_000, 5);
  const store = await openLmdbStateStore(path);
  await store.open('twin', 0).write([[Buffer.from('a'), large]], CHECKPOINT);
  await store.close();
  const again = await opened(async () => openLmdbStateStore(path));
  expect(again.open('twin', 0).checkpoint).toEqual(CHECKPOINT);
  expect(large.equals(again.open('twin', 0).get(Buffer.from('a')) as Uint8Array)).toBe(true);
});

test('two workers never share a folder of state', async () => {
  const path = folder();
  const store = await openLmdbStateStore(path);
  await expect(openLmdbStateStore(path)).rejects.toThrow(/^folder_in_use: .* another folder$/);
  await store.close();
  await (await openLmdbStateStore(path)).close();
});

test('a copy is not trusted once the tombstones that it has not seen may be gone', async () => {
  const DAY_MS = 24 * 3_600_000;
  let now = 0;
  const path = folder();
  const store = await openLmdbStateStore(path, () => now);
  const part = store.open('twin', 0);
  await part.write([[Buffer.from('a'), Buffer.from('1')]], CHECKPOINT);
  now = 5 * DAY_MS;
  expect(part.checkpoint).toEqual(CHECKPOINT);
  now = 7 * DAY_MS;
  expect(part.checkpoint).toBeNull();
  await store.close();
  const again = await opened(async () => openLmdbStateStore(path, () => now));
  expect(again.open('twin', 0).checkpoint).toBeNull();
});

test('a checkpoint names the schemas of entries that are older than its trust', async () => {
  let now = 0;
  const path = folder();
  const store = await openLmdbStateStore(path, () => now);
  await store.open('twin', 0).write([[Buffer.from('a'), Buffer.from('1')]], CHECKPOINT);
  now = 30 * 24 * 3_600_000;
  await store.open('twin', 0).write([[Buffer.from('b'), Buffer.from('2')]], { ...CHECKPOINT, schemaIds: [2] });
  await store.close();
  const again = await opened(async () => openLmdbStateStore(path, () => now));
  expect(again.open('twin', 0).checkpoint?.schemaIds).toEqual([1, 2]);
});

test('a store of many entries is cleared, and may be filled again', async () => {
  const store = await opened(async () => openLmdbStateStore(folder()));
  const part = store.open('twin', 0);
  await part.write(
    Array.from({ length: 25_000 }, (_, i) => [Buffer.from(`k${i}`), Buffer.from('v')] as const),
    CHECKPOINT,
  );
  await part.clear();
  expect([part.checkpoint, entries(part)]).toEqual([null, []]);
  await part.write([[Buffer.from('a'), Buffer.from('1')]], CHECKPOINT);
  expect(entries(part)).toEqual([['61', '1']]);
});

test('a key that LMDB cannot take is refused before anything is written', async () => {
  const store = await opened(async () => openLmdbStateStore(folder()));
  const part = store.open('twin', 0);
  const written = part.write(
    [
      [Buffer.from('a'), Buffer.from('1')],
      [Buffer.alloc(1_701), Buffer.from('2')],
    ],
    CHECKPOINT,
  );
  await expect(written).rejects.toThrow(/state_key_too_long/);
  expect([part.checkpoint, entries(part)]).toEqual([null, []]);
});

test('a damaged file gives right values, or an untrusted store that can be filled again', {
  timeout: 60_000,
}, async () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  // Told first, since damage that is not seen can end the process.
  console.log(`seed ${seed}`);
  const random = chance(seed);
  const path = folder();
  const expected = Array.from(
    { length: 400 },
    (_, i) => [Buffer.from(`key-${String(i).padStart(4, '0')}`), Buffer.alloc(20 + (i % 9) * 40, i)] as const,
  );
  const store = await openLmdbStateStore(path);
  await store.open('twin', 0).write(expected, CHECKPOINT);
  const sound = JSON.stringify(entries(store.open('twin', 0)));
  await store.close();
  const whole = readFileSync(join(path, 'state.mdb'));
  const seen = { whole: 0, untrusted: 0 };
  const wrong: string[] = [];
  for (let i = 0; i < 300; i++) {
    const damaged = Buffer.from(whole);
    const place = random(whole.length);
    damaged[place] = (damaged[place] as number) ^ (1 << random(8));
    writeFileSync(join(path, 'state.mdb'), damaged);
    const again = await openLmdbStateStore(path);
    const part = again.open('twin', 0);
    const read = readWhole(part);
    if (read === null && part.checkpoint !== null)
      wrong.push(`byte ${place}: damage was seen, and the checkpoint stands`);
    if (read !== null && part.checkpoint !== null && read !== sound)
      wrong.push(`byte ${place}: other entries under a checkpoint`);
    seen[part.checkpoint === null ? 'untrusted' : 'whole'] += 1;
    const refused = await part.write([], CHECKPOINT).catch((error: unknown) => error);
    if ((read === null) !== refused instanceof StateCorrupt)
      wrong.push(`byte ${place}: a write after damage was taken`);
    await part.clear();
    await part.write(expected.slice(0, 5), CHECKPOINT);
    if (entries(part).length !== 5) wrong.push(`byte ${place}: not filled again`);
    await again.close();
  }
  console.log(JSON.stringify(seen));
  expect(wrong, `seed ${seed}`).toEqual([]);
  expect(Math.min(seen.whole, seen.untrusted)).toBeGreaterThan(10);
});

/** All entries as the engine reads them at its start, or null when that met damage. */
function readWhole(part: PartitionStore): string | null {
  try {
    return JSON.stringify(entries(part));
  } catch (error) {
    if (error instanceof StateCorrupt) return null;
    throw error;
  }
}

async function opened(open: () => Promise<StateStore>): Promise<StateStore> {
  const store = await open();
  onTestFinished(async () => store.close());
  return store;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'state-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function entries(part: PartitionStore, from: Uint8Array = LOWEST, to: Uint8Array = HIGHEST): string[][] {
  return [...part.range(from, to)].map(([key, value]) => [hex(key), text(value)]);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}
