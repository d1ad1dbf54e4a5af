import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { AvroRecord } from '#sdk';
import { openEmbeddedRegistry } from '../../../runtime/registry/embedded.ts';
import { registryContract } from '../../contract/registry.ts';

registryContract('embedded', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'registry-'));
  const path = join(folder, 'schemas', 'registry.json');
  return {
    registry: await openEmbeddedRegistry(path),
    reopen: async () => openEmbeddedRegistry(path),
    close: async () => rmSync(folder, { recursive: true }),
  };
});

const READING: AvroRecord = {
  type: 'record',
  name: 'Reading',
  namespace: 'test',
  doc: 'A reading.',
  fields: [{ name: 'a', type: 'string', doc: 'A field.', dataClass: 'operational' }],
};

test('ids count from 1, and a reworded doc keeps the id, since no byte changes', async () => {
  const registry = await openEmbeddedRegistry(path());
  expect(await registry.register(READING)).toBe(1);
  expect(await registry.register({ ...READING, doc: 'Reworded.' })).toBe(1);
  expect(await registry.register({ ...READING, name: 'Other' })).toBe(2);
});

test('a damaged file is refused by name, whichever byte it is', async () => {
  const file = path();
  await (await openEmbeddedRegistry(file)).register(READING);
  const whole = readFileSync(file);
  const sound = JSON.stringify(JSON.parse(whole.toString()));
  const unexpected: string[] = [];
  for (let place = 0; place < whole.length; place++) {
    const damaged = Buffer.from(whole);
    damaged[place] = (damaged[place] as number) ^ 0x01;
    writeFileSync(file, damaged);
    const outcome = await openEmbeddedRegistry(file).then(
      () => 'opened',
      (error: unknown) => String(error),
    );
    // White space between two values may be another white space.
    const expected = textOf(damaged) === sound ? /^opened$/ : /registry_away: .*registry\.json is damaged/;
    if (!expected.test(outcome)) unexpected.push(`byte ${place}: ${outcome}`);
  }
  expect(unexpected).toEqual([]);
});

function path(): string {
  const folder = mkdtempSync(join(tmpdir(), 'registry-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'registry.json');
}

function textOf(bytes: Buffer): string | null {
  try {
    return JSON.stringify(JSON.parse(bytes.toString()));
  } catch {
    return null;
  }
}
