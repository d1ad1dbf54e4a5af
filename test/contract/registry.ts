import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AvroField, AvroRecord } from '#sdk';
import type { Registry } from '../../runtime/registry/registry.ts';

/** One registry to be tested, and its storage. */
export interface RegistryHouse {
  readonly registry: Registry;
  /** Opens the same storage again. */
  reopen(): Promise<Registry>;
  close(): Promise<void>;
}

/** What every house of the registry must do. */
export function registryContract(name: string, open: () => Promise<RegistryHouse>): void {
  describe(`the registry in its ${name} house`, () => {
    let house: RegistryHouse;
    let registry: Registry;
    beforeEach(async () => {
      house = await open();
      registry = house.registry;
    });
    afterEach(async () => house.close());

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
      await expect(refused).rejects.toThrow(/test\.Reading.*"b" changed from int to string; .*new field/);
    });

    test('records with the same short name in other namespaces are other subjects', async () => {
      const id = await registry.register(record([field('a', 'string')]));
      expect(await registry.register({ ...record([field('a', 'int')]), namespace: 'other' })).not.toBe(id);
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

function record(fields: AvroField[]): AvroRecord {
  return { type: 'record', name: 'Reading', namespace: 'test', doc: 'A reading.', fields };
}

function field(name: string, type: AvroField['type'], ...defaults: unknown[]): AvroField {
  const declared = { name, type, doc: 'A field.', dataClass: 'operational' };
  return defaults.length > 0 ? { ...declared, default: defaults[0] } : declared;
}
