import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { AvroField, AvroRecord } from '#sdk';
import { Gap } from '#schemas';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { allRecords } from '../../cli/registry.ts';
import { fleetstream } from './process.ts';

const folder = mkdtempSync(join(tmpdir(), 'schemas-'));
const env = (name: string) => ({ FLEETSTREAM_DATA: join(folder, name) });

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('check tells each record of a folder without data as new, and makes nothing', async () => {
  const { status, stdout, stderr } = fleetstream(['schemas', 'check', '--json'], env('none'));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const rows = JSON.parse(stdout) as { subject: string; state: string; id: null }[];
  expect(rows.map(({ subject }) => subject)).toEqual(allRecords().map(({ namespace, name }) => `${namespace}.${name}`));
  expect(new Set(rows.map(({ state, id }) => `${state} ${id}`))).toEqual(new Set(['new subject null']));
});

test('check of the embedded registry finds what is the same, what is new, and what does not fit', async () => {
  const registry = await openEmbeddedRegistry(join(folder, 'some', 'registry.json'));
  const gap = Gap.avro;
  const others = allRecords().filter((record) => record !== gap);
  const [first, ...rest] = gap.fields as readonly [AvroField, ...AvroField[]];
  await registry.register({ ...gap, fields: [{ ...first, type: 'int' }, ...rest] });
  const known = others[0] as AvroRecord;
  const id = await registry.register(known);
  const { status, stdout } = fleetstream(['schemas', 'check'], env('some'));
  expect(status).toBe(1);
  expect(stdout).toMatch(/^ *Gap +fleetstream\.Gap +incompatible +1$/m);
  expect(stdout).toMatch(new RegExp(`^ *${known.name} +fleetstream\\.${known.name} +same +1 +${id}$`, 'm'));
  expect(stdout).toMatch(/^ *Telemetry +fleetstream\.Telemetry +new subject$/m);
  expect(stdout).toContain(`"${first.name}" changed from int to string; keep the type`);
});

test('register leaves the embedded registry to the process that holds it', () => {
  const { status, stderr } = fleetstream(['schemas', 'register'], env('none'));
  expect(status).toBe(1);
  expect(stderr).toMatch(/^registry_embedded: .*FLEETSTREAM_REGISTRY_URL.*$/);
});

test('a folder with ids of the embedded registry is never run with another', () => {
  const there = { ...env('some'), FLEETSTREAM_REGISTRY_URL: 'http://127.0.0.1:1' };
  const { status, stderr } = fleetstream(['up', '--no-demo'], there);
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /registry_changed: the schema ids in .*some are of the embedded registry.*leave registry\.url out/,
  );
});

test('an address that is none is refused without telling its password', () => {
  const { status, stderr } = fleetstream(['schemas', 'check'], { FLEETSTREAM_REGISTRY_URL: 'ftp://me:secret@there' });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^config_invalid: registry\.url .*https:/);
  expect(stderr).not.toContain('secret@there');
});
