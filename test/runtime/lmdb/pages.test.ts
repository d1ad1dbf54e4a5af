import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Bytes, openEnvironment } from '../../../runtime/lmdb/environment.ts';
import { checkPages } from '../../../runtime/lmdb/pages.ts';
import { chance } from '../log/chance.ts';

const SECONDS = Number(process.env['PAGES_SECONDS'] ?? 2);

test('a file that LMDB wrote passes the check, whatever was put and removed', {
  timeout: SECONDS * 1000 + 20_000,
}, async () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`seed ${seed}`);
  const random = chance(seed);
  const folder = mkdtempSync(join(tmpdir(), 'pages-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'any.mdb');
  const environment = await openEnvironment({ file, databases: ['a', 'b'], initialise: () => {} });
  const databases = Object.values(environment.databases);
  let checks = 0;
  for (const end = Date.now() + SECONDS * 1000; Date.now() < end; checks++) {
    const changes = random(6) === 0 ? random(2000) : random(40);
    const valueBytesMax = random(20) === 0 ? 200_000 : 3_000;
    await environment.write(() => {
      for (let i = 0; i < changes; i++) change(databases[random(2)] as Bytes, random, valueBytesMax);
    });
    let entries = 0;
    checkPages(file, () => (entries += 1));
    expect(entries).toBe(databases.reduce((sum, database) => sum + database.getKeysCount(), 0));
  }
  expect(checks).toBeGreaterThan(10);
  await environment.close();
});

function change(database: Bytes, random: (below: number) => number, valueBytesMax: number): void {
  const key = Buffer.alloc(1 + random(random(10) === 0 ? 1500 : 12));
  for (let i = 0; i < Math.min(key.length, 4); i++) key[i] = 1 + random(12);
  if (random(5) < 2) void database.remove(key);
  else void database.put(key, Buffer.alloc(random(1 + random(valueBytesMax))));
}
