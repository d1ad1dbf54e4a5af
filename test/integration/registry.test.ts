import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';

const { registry } = inject('stack');

test.skipIf(registry === null)('the registry numbers a schema once, and gives it back by its number', async () => {
  const url = registry?.url ?? '';
  const subject = `test-${randomUUID()}-value`;
  const schema = JSON.stringify({ type: 'record', name: 'Reading', fields: [{ name: 'celsius', type: 'double' }] });
  const register = async () => {
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
    const body = JSON.stringify({ schema });
    const response = await fetch(`${url}/subjects/${subject}/versions`, { method: 'POST', headers, body });
    return ((await response.json()) as { id: number }).id;
  };
  const id = await register();
  expect(await register()).toBe(id);
  const found = (await (await fetch(`${url}/schemas/ids/${id}`)).json()) as { schema: string };
  expect(JSON.parse(found.schema)).toEqual(JSON.parse(schema));
});
