import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import type { AvroField, AvroRecord } from '#sdk';
import { TelemetryReported } from '#schemas';
import { processors } from '#processors';
import { compiled, frame } from '#runtime/avro.ts';
import { schemasOf } from '#runtime/engine/graph.ts';
import { Types } from '#runtime/engine/types.ts';
import { incompatibilities } from '#runtime/registry/compatibility.ts';
import { openConfluentRegistry } from '#runtime/registry/confluent.ts';
import { type RegistryNode, startRegistry } from '../stack/index.ts';
import { registryContract } from '../contract/registry.ts';

const { registry: stack } = inject('stack');
const url = stack?.url ?? '';

if (stack !== null) {
  registryContract('Confluent-compatible', async () => ({
    registry: await openConfluentRegistry({ url }),
    reopen: async () => openConfluentRegistry({ url }),
    close: async () => undefined,
  }));
}

test.skipIf(stack === null)(
  'every record of the platform gets an id that gives it back whole, whoever asks',
  async () => {
    const registry = await openConfluentRegistry({ url });
    const other = await openConfluentRegistry({ url });
    for (const { avro } of schemasOf(processors)) {
      const id = await registry.register(avro);
      expect(await other.schemaOf(id)).toEqual(avro);
      expect(await other.register(avro)).toBe(id);
      expect(await other.judge(avro)).toMatchObject({ state: 'same', id });
    }
  },
);

test.skipIf(stack === null)(
  'a new subject holds FULL_TRANSITIVE from its first version on, and the registry itself refuses then',
  async () => {
    const registry = await openConfluentRegistry({ url });
    const record = { ...recordOf('Held'), namespace: `held.n${randomUUID().replaceAll('-', '')}` };
    await registry.register(record);
    const subject = `${record.namespace}.Held`;
    const config: unknown = await (await fetch(`${url}/config/${subject}`)).json();
    expect(config).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' });
    const schema = JSON.stringify({ ...record, fields: [{ name: 'a', type: 'int' }] });
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
    const body = JSON.stringify({ schema });
    const refused = await fetch(`${url}/subjects/${subject}/versions`, { method: 'POST', headers, body });
    expect(refused.status).toBe(409);
  },
);

const STRING = { name: 'b', type: 'string', doc: 'A field.', dataClass: 'operational' } as const;
const ENUM = { type: 'enum', name: 'Mode', symbols: ['A', 'B'] };

test.skipIf(stack === null).each<readonly [string, AvroField | null, AvroField | null]>([
  ['a new field with a default', null, { ...STRING, default: '' }],
  ['a new field without a default', null, STRING],
  ['a field with a default goes', { ...STRING, default: '' }, null],
  ['a field without a default goes', STRING, null],
  ['a string becomes an int', STRING, { ...STRING, type: 'int' }],
  ['an int becomes a long', { ...STRING, type: 'int' }, { ...STRING, type: 'long' }],
  ['a string becomes bytes', STRING, { ...STRING, type: 'bytes' }],
  ['a union grows', { ...STRING, type: ['null', 'string'] }, { ...STRING, type: ['null', 'string', 'int'] }],
  ['a union turns round', { ...STRING, type: ['null', 'string'] }, { ...STRING, type: ['string', 'null'] }],
  ['an enum grows', enumOf(ENUM), enumOf({ ...ENUM, symbols: ['A', 'B', 'C'] })],
  [
    'an enum with a default grows',
    enumOf({ ...ENUM, default: 'A' }),
    enumOf({ ...ENUM, symbols: ['A', 'B', 'C'], default: 'A' }),
  ],
  ['a map of strings becomes one of ints', mapOf('string'), mapOf('int')],
])("%s: our judgement is the registry's own", async (_name, before, after) => {
  const registry = await openConfluentRegistry({ url });
  const record = { ...recordOf('Judged'), namespace: `judged.n${randomUUID().replaceAll('-', '')}` };
  const withField = (field: AvroField | null): AvroRecord => ({
    ...record,
    fields: [...record.fields, ...(field === null ? [] : [field])],
  });
  const [older, newer] = [withField(before), withField(after)];
  await registry.register(older);
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const body = JSON.stringify({ schema: JSON.stringify(newer) });
  const path = `${url}/compatibility/subjects/${record.namespace}.Judged/versions/1`;
  const theirs: unknown = await (await fetch(path, { method: 'POST', headers, body })).json();
  expect({ is_compatible: incompatibilities(older, newer).length === 0 }).toEqual(theirs);
});

/** A Python that may have Confluent's client. */
const PYTHON = process.env['STACK_PYTHON'] ?? 'python3';
const python = spawnSync(PYTHON, ['-c', 'import confluent_kafka.schema_registry.avro']).status === 0;

test.skipIf(stack === null || !python)("Confluent's own serialisers read our frames, and we read theirs", async () => {
  const registry = await openConfluentRegistry({ url });
  const id = await registry.register(TelemetryReported.avro);
  const ours = frame(compiled(TelemetryReported.avro), id, EVENT);
  const input = JSON.stringify({
    url,
    schema: JSON.stringify(TelemetryReported.avro),
    value: EVENT,
    framed: ours.toString('hex'),
  });
  const { stdout, stderr, status } = spawnSync(PYTHON, ['test/integration/serialisers.py'], {
    input,
    encoding: 'utf8',
    timeout: 50_000,
  });
  expect(status, stderr).toBe(0);
  const { read, framed } = JSON.parse(stdout) as { read: unknown; framed: string };
  expect(read).toEqual(EVENT);
  // Theirs has the same id, and with maps of one entry the same bytes.
  expect(framed).toBe(ours.toString('hex'));
  const types = new Types(await openConfluentRegistry({ url }));
  await types.register(TelemetryReported);
  await types.learn(id);
  expect({ ...types.decode(TelemetryReported, Buffer.from(framed, 'hex')) }).toEqual(EVENT);
});

test.skipIf(stack === null)('a registry that ends and comes back is waited for, and has the same ids', async () => {
  const node: RegistryNode = await startRegistry();
  try {
    const registry = await openConfluentRegistry({ url: node.url });
    const id = await registry.register(recordOf('Lasting'));
    await node.stop();
    expect(await registry.schemaOf(id)).toEqual(recordOf('Lasting'));
    await expect(registry.schemaOf(id + 1)).rejects.toMatchObject({ code: 'registry_away' });
    await expect(registry.register(recordOf('Later'))).rejects.toMatchObject({ code: 'registry_away' });
    await node.start();
    expect(await registry.schemaOf(id + 1)).toBeNull();
    expect(await registry.register(recordOf('Later'))).toBe(id + 1);
    expect(await registry.schemaOf(id + 1)).toEqual(recordOf('Later'));
    const other = await openConfluentRegistry({ url: node.url });
    expect(await other.register(recordOf('Lasting'))).toBe(id);
  } finally {
    await node.close();
  }
});

test.skipIf(stack === null)('an id that another copy gives is found a moment later', async () => {
  const registry = await openConfluentRegistry({ url });
  const other = await openConfluentRegistry({ url });
  const last = await other.register({ ...recordOf('Before'), namespace: `next.n${randomUUID().replaceAll('-', '')}` });
  expect(await registry.schemaOf(last + 1)).toBeNull();
  const id = await other.register({ ...recordOf('After'), namespace: `next.n${randomUUID().replaceAll('-', '')}` });
  expect(id).toBe(last + 1);
  await expect.poll(() => registry.schemaOf(id), { timeout: 5_000 }).toMatchObject({ name: 'After' });
});

const EVENT: TelemetryReported = {
  tenant: 'acme',
  device: 'd1',
  eventId: '0123456789abcdef0123456789abcdef',
  eventTime: 1_800_000_000_123,
  deviceTime: null,
  receivedAt: 1_800_000_000_456,
  clockSuspect: false,
  source: 'mqtt',
  sourceAddress: null,
  region: 'eu',
  epoch: null,
  sequence: 7,
  historical: false,
  correlationId: null,
  keyId: null,
  payloadBytes: 44,
  metrics: { temperatureC: 21.5 },
  labels: { line: 'Grüße' },
};

function recordOf(name: string): AvroRecord {
  const field = { name: 'a', type: 'string', doc: 'A field.', dataClass: 'operational' } as const;
  return { type: 'record', name, namespace: 'test', doc: 'A record.', fields: [field] };
}

function enumOf(type: object): AvroField {
  return { ...STRING, type } as unknown as AvroField;
}

function mapOf(values: string): AvroField {
  return { ...STRING, type: { type: 'map', values } };
}

test.skipIf(stack === null)('workers that begin together register a record as one, whoever is first', async () => {
  for (let round = 0; round < 10; round++) {
    const workers = await Promise.all(Array.from({ length: 6 }, () => openConfluentRegistry({ url })));
    const record = { ...recordOf('Raced'), namespace: `raced.n${randomUUID().replaceAll('-', '')}` };
    const ids = await Promise.all(workers.map((worker) => worker.register(record)));
    expect(new Set(ids).size).toBe(1);
  }
});
