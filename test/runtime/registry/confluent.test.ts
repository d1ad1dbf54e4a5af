import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import type { AvroField, AvroRecord } from '#sdk';
import { type ConfluentOptions, openConfluentRegistry } from '#runtime/registry/confluent.ts';
import { type FaultyRegistry, json, startFaultyRegistry } from './faulty.ts';

// Only what a real registry cannot be made to do; the contract runs on a real one in test/integration.

const html = (status: number) => (response: ServerResponse) =>
  void response.writeHead(status, { 'content-type': 'text/html' }).end('<html>the proxy\nspeaks</html>');

const AWAY: readonly (readonly [string, (response: ServerResponse) => void])[] = [
  ['500 in JSON', (response) => json(response, 500, { error_code: 50_001, message: 'storage is down' })],
  ['503 without a body', (response) => void response.writeHead(503).end()],
  ['429', (response) => json(response, 429, { error_code: 429, message: 'too many' })],
  ['HTML with 200', html(200)],
  ['HTML with 404', html(404)],
  ['404 of a gateway in JSON', (response) => json(response, 404, { message: 'no route matched' })],
  ['404 of a path that is not there', (response) => json(response, 404, { error_code: 404, message: 'Not Found' })],
  ['a redirect', (response) => void response.writeHead(302, { location: '/login' }).end()],
  ['JSON of another service', (response) => json(response, 200, { status: 'ok' })],
  ['an answer that never comes', () => undefined],
  [
    'an answer that breaks off',
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"sch');
      setTimeout(() => response.destroy(), 20);
    },
  ],
  ['a connection that is cut', (response) => void response.destroy()],
];

test.each(AWAY)('%s is a registry that is away, never an id that is none', async (_name, fault) => {
  const { registry, faulty } = await open();
  faulty.fault = fault;
  await expect(registry.schemaOf(7)).rejects.toMatchObject({ code: 'registry_away' });
  await expect(registry.register(READING)).rejects.toMatchObject({ code: 'registry_away' });
  await expect(registry.judge(READING)).rejects.toMatchObject({ code: 'registry_away' });
  faulty.fault = null;
  expect(await registry.schemaOf(7)).toBeNull();
  expect(await registry.register(READING)).toBe(1);
});

test('a request that is never answered is sent again, and its connection let go of', async () => {
  const { registry, faulty } = await open();
  const cut: Promise<unknown>[] = [];
  faulty.fault = (response) => {
    cut.push(once(response.req.socket, 'close'));
    faulty.fault = null;
  };
  expect(await registry.register(READING)).toBe(1);
  expect(faulty.requests.slice(0, 2)).toEqual(Array.from({ length: 2 }, () => 'POST /subjects/test.Reading'));
  expect(cut).toHaveLength(1);
  await Promise.all(cut);
});

test('nobody at the address is a registry that is away, and the address is told without its credentials', async () => {
  const faulty = await startFaultyRegistry();
  const url = faulty.url.replace('http://', 'http://user:secret@');
  await faulty.stop();
  const registry = await openConfluentRegistry({ url });
  const asked = registry.schemaOf(7);
  await expect(asked).rejects.toThrow(/^registry_away: the registry at http:\/\/127\.0\.0\.1:\d+ cannot be reached/);
  await expect(asked).rejects.not.toThrow(/secret/);
});

test.each([401, 403])('%d is told as what it is, and is not waited for', async (status) => {
  const { registry, faulty } = await open();
  faulty.fault = (response) => json(response, status, { error_code: status, message: 'who are you' });
  await expect(registry.schemaOf(7)).rejects.toThrow(/^registry_denied: .*who are you.*registry\.token/);
  await expect(registry.register(READING)).rejects.toMatchObject({ code: 'registry_denied' });
});

test("the registry's own refusal of a version is told in its words", async () => {
  const { registry, faulty } = await open();
  faulty.fault = (response) => {
    const { url = '', method } = response.req;
    if (method === 'POST' && url.endsWith('/versions'))
      json(response, 409, { error_code: 409, message: 'my own rule' });
    else if (method === 'PUT') json(response, 200, {});
    else json(response, 404, { error_code: 40_401, message: 'no subject' });
  };
  await expect(registry.register(READING)).rejects.toThrow(/^schema_incompatible: test\.Reading .*my own rule; /);
});

test('what the registry holds to be no schema is not asked again and again', async () => {
  const { registry, faulty } = await open();
  faulty.fault = (response) => json(response, 422, { error_code: 42_201, message: 'no valid schema' });
  await expect(registry.register(READING)).rejects.toThrow(/^registry_refused: .*no valid schema/);
});

test('user and password of the address, or a token, are sent, and are not part of the path', async () => {
  const { faulty } = await open();
  const url = `${faulty.url.replace('http://', 'http://a%40b:p%3Aw@')}/`;
  await (await openConfluentRegistry({ url })).schemaOf(7);
  expect(faulty.authorization()).toBe(`Basic ${Buffer.from('a@b:p:w').toString('base64')}`);
  expect(faulty.requests).toEqual(['GET /schemas/ids/7']);
  await (await openConfluentRegistry({ url, token: 'abc' })).schemaOf(7);
  expect(faulty.authorization()).toBe('Bearer abc');
});

test('many who miss the same id or register the same record cause one request each', async () => {
  const { registry, faulty } = await open();
  await Promise.all(Array.from({ length: 50 }, () => registry.register(READING)));
  expect(faulty.requests).toEqual([
    'POST /subjects/test.Reading',
    'GET /subjects/test.Reading/versions/latest',
    'PUT /config/test.Reading',
    'POST /subjects/test.Reading/versions',
  ]);
  const other = await openConfluentRegistry({ url: faulty.url });
  faulty.requests.length = 0;
  const read = await Promise.all(Array.from({ length: 50 }, () => other.schemaOf(1)));
  expect(read).toEqual(Array.from({ length: 50 }, () => READING));
  await other.schemaOf(1);
  expect(faulty.requests).toEqual(['GET /schemas/ids/1']);
});

test('two registries in one process are told apart', async () => {
  const [one, two] = [await open(), await open()];
  one.faulty.fault = (response) => json(response, 404, { error_code: 40_403, message: 'not here' });
  two.faulty.fault = (response) => json(response, 403, { error_code: 403, message: 'not you' });
  expect(await one.registry.schemaOf(7)).toBeNull();
  await expect(two.registry.schemaOf(7)).rejects.toThrow(/^registry_denied: .*not you/);
});

test('a failed question is not remembered', async () => {
  const { registry, faulty } = await open();
  faulty.fault = html(502);
  await Promise.allSettled([registry.schemaOf(1), registry.register(READING)]);
  faulty.fault = null;
  expect(await registry.register(READING)).toBe(1);
  expect(await registry.schemaOf(1)).toEqual(READING);
});

test('an absent id is remembered for a second, and known as soon as it is given here', async () => {
  let now = 0;
  const { registry, faulty } = await open({ now: () => now });
  expect(await registry.schemaOf(1)).toBeNull();
  expect(await registry.schemaOf(1)).toBeNull();
  expect(faulty.requests).toHaveLength(1);
  now = 999;
  await registry.schemaOf(1);
  expect(faulty.requests).toHaveLength(1);
  now = 1_001;
  expect(await registry.schemaOf(1)).toBeNull();
  expect(faulty.requests).toHaveLength(2);
  await registry.register(READING);
  expect(await registry.schemaOf(1)).toEqual(READING);
});

test('an absent id that another process gives is found after the second', async () => {
  let now = 0;
  const { registry, faulty } = await open({ now: () => now });
  expect(await registry.schemaOf(1)).toBeNull();
  await (await openConfluentRegistry({ url: faulty.url })).register(READING);
  now = 1_001;
  expect(await registry.schemaOf(1)).toEqual(READING);
});

test('so many absent ids are remembered, and no more', async () => {
  const { registry, faulty } = await open({ now: () => 0 });
  for (let id = 1; id <= 1_001; id++) expect(await registry.schemaOf(id)).toBeNull();
  faulty.requests.length = 0;
  await registry.schemaOf(1_001);
  await registry.schemaOf(2);
  expect(faulty.requests).toEqual([]);
  await registry.schemaOf(1);
  expect(faulty.requests).toEqual(['GET /schemas/ids/1']);
});

test('ids that no registry gives are not asked for', async () => {
  const { registry, faulty } = await open();
  expect(await registry.schemaOf(0)).toBeNull();
  expect(await registry.schemaOf(2 ** 31)).toBeNull();
  expect(await registry.schemaOf(2 ** 32 - 1)).toBeNull();
  expect(faulty.requests).toEqual([]);
});

test('a registry that lost what was registered is away: its word on other ids is worth nothing', async () => {
  const { registry, faulty } = await open();
  await registry.register(READING);
  expect(await registry.schemaOf(7)).toBeNull();
  faulty.lose();
  await expect(registry.schemaOf(8)).rejects.toThrow(/^registry_away: .*lost schema 1/);
});

test.each([
  ['an enum', { type: 'enum', name: 'E', symbols: ['A'] }, 'AVRO'],
  [
    'a record that no reader compiles',
    { type: 'record', name: 'R', fields: [{ name: 'a', type: 'gone.Away' }] },
    'AVRO',
  ],
  ['another language', 'syntax = "proto3";', 'PROTOBUF'],
  ['text that is no JSON', '{', 'AVRO'],
])('%s is no record, and stops nobody who meets its id', async (_name, schema, schemaType) => {
  const { registry, faulty } = await open();
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
  faulty.fault = (response) => json(response, 200, { schema: text, schemaType });
  expect(await registry.schemaOf(7)).toBeNull();
});

test('a dotted name is read as name and namespace', async () => {
  const { registry, faulty } = await open();
  const schema = JSON.stringify({ type: 'record', name: 'a.b.C', fields: [] });
  faulty.fault = (response) => json(response, 200, { schema });
  expect(await registry.schemaOf(7)).toMatchObject({ name: 'C', namespace: 'a.b' });
});

const FIELD: AvroField = { name: 'a', type: 'string', doc: 'A field.', dataClass: 'operational' };
const READING: AvroRecord = { type: 'record', name: 'Reading', namespace: 'test', doc: 'A reading.', fields: [FIELD] };

async function open(options: Partial<ConfluentOptions> = {}) {
  const faulty: FaultyRegistry = await startFaultyRegistry();
  const registry = await openConfluentRegistry({ url: faulty.url, answerMsMax: 400, ...options });
  return { faulty, registry };
}
