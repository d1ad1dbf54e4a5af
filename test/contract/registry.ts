import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AvroField, AvroRecord } from '#sdk';
import type { JudgingRegistry } from '../../runtime/registry/registry.ts';

/** One registry to be tested, and its storage. */
export interface RegistryHouse {
  readonly registry: JudgingRegistry;
  /** Opens the same storage again. */
  reopen(): Promise<JudgingRegistry>;
  close(): Promise<void>;
}

/** What every house of the registry must do. */
export function registryContract(name: string, open: () => Promise<RegistryHouse>): void {
  describe(`the registry in its ${name} house`, () => {
    let house: RegistryHouse;
    let registry: JudgingRegistry;
    let namespace: string;
    beforeEach(async () => {
      house = await open();
      registry = house.registry;
      // A registry of others may outlive the test.
      namespace = `test_${randomUUID().replaceAll('-', '')}`;
    });
    afterEach(async () => house.close());

    const record = (fields: AvroField[], doc = 'A reading.'): AvroRecord => ({
      type: 'record',
      name: 'Reading',
      namespace,
      doc,
      fields,
    });

    test('a schema has one id, which gives it back', async () => {
      const id = await registry.register(record([field('a', 'string')]));
      expect(id).toBeGreaterThan(0);
      expect(await registry.register(record([field('a', 'string')]))).toBe(id);
      expect(await registry.schemaOf(id)).toEqual(record([field('a', 'string')]));
    });

    test('an unknown id gives null', async () => {
      expect(await registry.schemaOf(4711)).toBeNull();
      expect(await registry.schemaOf(0)).toBeNull();
    });

    test('a compatible version gets another id, and both stay readable', async () => {
      const first = await registry.register(record([field('a', 'string')]));
      const next = record([field('a', 'string'), field('b', 'int', 0)]);
      const second = await registry.register(next);
      expect(second).not.toBe(first);
      expect(await registry.schemaOf(first)).toEqual(record([field('a', 'string')]));
      expect(await registry.schemaOf(second)).toEqual(next);
    });

    test('a version is judged against all earlier ones, and the refusal names field and remedy', async () => {
      await registry.register(record([field('a', 'string'), field('b', 'int', 0)]));
      await registry.register(record([field('a', 'string')]));
      // The last version would allow it; the first one does not.
      const refused = registry.register(record([field('a', 'string'), field('b', 'string', '')]));
      await expect(refused).rejects.toMatchObject({ code: 'schema_incompatible' });
      await expect(refused).rejects.toThrow(
        /\.Reading does not fit its version 1: .*"b" changed from int to string; .*new field/,
      );
    });

    test('records with the same short name in other namespaces are other subjects', async () => {
      const id = await registry.register(record([field('a', 'string')]));
      expect(await registry.register({ ...record([field('a', 'int')]), namespace: `${namespace}.other` })).not.toBe(id);
    });

    test('a reworded doc keeps the id, since no byte changes', async () => {
      const id = await registry.register(record([field('a', 'string')]));
      expect(await registry.register(record([field('a', 'string')], 'Reworded.'))).toBe(id);
      registry = await house.reopen();
      expect(await registry.register(record([field('a', 'string')], 'Reworded again.'))).toBe(id);
    });

    test('another logicalType is another meaning, and refused', async () => {
      await registry.register(record([field('a', 'long')]));
      const dated = record([field('a', { type: 'long', logicalType: 'timestamp-millis' })]);
      await expect(registry.register(dated)).rejects.toThrow(/schema_incompatible: .*"a" changed its logicalType/);
    });

    test('the same asked by many at once is one schema', async () => {
      const asked = Array.from({ length: 20 }, () => registry.register(record([field('a', 'string')])));
      const [id, ...others] = await Promise.all(asked);
      expect(new Set(others)).toEqual(new Set([id]));
      const read = await Promise.all(Array.from({ length: 20 }, () => registry.schemaOf(id as number)));
      expect(read).toEqual(Array.from({ length: 20 }, () => record([field('a', 'string')])));
    });

    test('a record is judged without being registered', async () => {
      const first = record([field('a', 'string')]);
      expect(await registry.judge(first)).toEqual({ state: 'new_subject' });
      expect(await registry.judge(first)).toEqual({ state: 'new_subject' });
      const id = await registry.register(first);
      expect(await registry.judge(record([field('a', 'string')], 'Reworded.'))).toEqual({
        state: 'same',
        version: 1,
        id,
      });
      const fits = record([field('a', 'string'), field('b', 'int', 0)]);
      expect(await registry.judge(fits)).toEqual({ state: 'new_version' });
      expect(await registry.judge(record([field('a', 'int')]))).toMatchObject({
        state: 'incompatible',
        version: 1,
        problems: [{ path: 'a', problem: expect.stringContaining('from string to int') as string }],
      });
      expect(await registry.judge(fits)).toEqual({ state: 'new_version' });
    });

    test('ids are the same after opening again', async () => {
      const id = await registry.register(record([field('a', 'string')]));
      registry = await house.reopen();
      expect(await registry.schemaOf(id)).toEqual(record([field('a', 'string')]));
      expect(await registry.register(record([field('a', 'string')]))).toBe(id);
      expect(await registry.register(record([field('a', 'string'), field('b', 'int', 0)]))).toBeGreaterThan(id);
    });
  });
}

function field(name: string, type: AvroField['type'], ...defaults: unknown[]): AvroField {
  const declared = { name, type, doc: 'A field.', dataClass: 'operational' };
  return defaults.length > 0 ? { ...declared, default: defaults[0] } : declared;
}
