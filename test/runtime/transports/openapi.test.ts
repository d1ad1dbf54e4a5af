import { subscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { LETTERS_ADDRESS, lettersOperation } from '#runtime/letters/requests.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { openapi } from '../../../connectors/http/openapi.ts';
import { event, NDJSON, start } from './api.ts';
import { type Harness, harness, PARTITIONS, until } from './held-log.ts';

interface Shape {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Documented {
  readonly content: { readonly 'application/json': { readonly schema: { readonly $ref: string } } };
  readonly headers?: Readonly<Record<string, unknown>>;
}

type Answer = Awaited<ReturnType<Awaited<ReturnType<typeof start>>['send']>>;

const document = openapi([LETTERS_ADDRESS]) as {
  readonly paths: Readonly<
    Record<string, Record<string, { readonly responses: Readonly<Record<string, Documented | undefined>> }>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Shape | undefined>> };
};
const EVENTS = document.paths['/v1/events']?.['post']?.responses ?? {};
const LETTERS = document.paths[LETTERS_ADDRESS.path]?.['post']?.responses ?? {};
const DESIRED = document.paths['/v1/twins/{tenant}/{device}/desired']?.['put']?.responses ?? {};

/** Whether an answer is what the document says of its status: no status, member or header more or less. */
function isDocumented(responses: typeof EVENTS, answer: Answer): boolean {
  const documented = responses[answer.status] ?? responses['default'];
  const name = documented?.content['application/json'].schema.$ref.split('/').at(-1) ?? '';
  const shape = document.components.schemas[name];
  if (documented === undefined || shape === undefined) return false;
  const hasAll = shape.required.every((member) => member in answer.body);
  const knowsAll = Object.keys(answer.body).every((member) => member in shape.properties);
  return hasAll && knowsAll && answer.headers.has('retry-after') === 'Retry-After' in (documented.headers ?? {});
}

/** Statuses of answers, each with whether the document says so. */
const told = (responses: typeof EVENTS, answers: readonly Answer[]) =>
  answers.map((answer) => [answer.status, isDocumented(responses, answer)]);

const desired = '/v1/twins/acme/d1/desired';
const tokens = { deviceToken: 'dev-secret', operatorToken: 'op-secret' };

test('events are answered as the OpenAPI document says', async () => {
  const h = await harness({ eventsInflightMax: 2 });
  const { post, send } = await start(h, { bodyBytesMax: 10_000 });
  const answers = [
    await post(event('d1')),
    await post(`${event('d1')}\n`, NDJSON),
    await post(`${event('d1')}\n{\n`, NDJSON),
    await post('{'),
    await post('{\n{\n', NDJSON),
    await post('x'.repeat(10_001)),
    await post('x', { 'content-type': 'text/plain' }),
    await send('DELETE', '/v1/events', ''),
  ];
  h.log.refuse(true);
  answers.push(await post(event('d1')));
  h.log.refuse(false);
  h.log.hold();
  const held = [post(event('d1')), post(event('d2'))];
  await until(() => h.ingress.counts().eventsInflight === 2, 'two events in flight');
  answers.push(await post(event('d3')));
  h.log.release();
  await Promise.all(held);
  const statuses = [202, 202, 207, 400, 400, 413, 415, 405, 503, 429];
  expect(told(EVENTS, answers)).toEqual(statuses.map((status) => [status, true]));
});

test('desired state and tokens are answered as the OpenAPI document says', async () => {
  const { post, send } = await start(await harness(), tokens);
  const put = (body: string, token: string) => send('PUT', desired, body, { authorization: `Bearer ${token}` });
  expect(told(EVENTS, [await post(event('d1'))])).toEqual([[401, true]]);
  const answers = [
    await put('{"patch":{}}', 'wrong'),
    await put('{"patch":{}}', 'dev-secret'),
    await put('{"patch":{}}', 'op-secret'),
    await put('{"patch":{"a":[null]}}', 'op-secret'),
  ];
  expect(told(DESIRED, answers)).toEqual([401, 403, 202, 400].map((status) => [status, true]));
});

/** What operators may ask of a process with that log. */
const operationsOn = ({ log }: Harness) => [
  lettersOperation({ log, registry: new MemoryRegistry(), partitions: PARTITIONS, clock: Date.now }),
];

test('every route that is served is in the OpenAPI document, and no other', async () => {
  const served = new Set<string>();
  subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { readonly fastify: FastifyInstance };
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const each of [method].flat())
        if (each !== 'HEAD') served.add(`${each} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
    });
  });
  const h = await harness();
  await start(h, { operations: operationsOn(h) });
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect([...served].sort()).toEqual(documented.sort());
});

test('operators are refused as the OpenAPI document says, and answered by lines', async () => {
  const h = await harness();
  const { port, send } = await start(h, { operations: operationsOn(h), ...tokens });
  const ask = (body: string, token: string, type = 'application/json') =>
    send('POST', LETTERS_ADDRESS.path, body, { authorization: `Bearer ${token}`, 'content-type': type });
  const answers = [
    await ask('{}', 'op-secret'),
    await ask('{}', 'dev-secret'),
    await ask(' '.repeat(2_000_000), 'op-secret'),
    await ask('{}', 'op-secret', 'text/plain'),
  ];
  expect(told(LETTERS, answers)).toEqual([400, 403, 413, 415].map((status) => [status, true]));
  const response = await fetch(`http://127.0.0.1:${port}${LETTERS_ADDRESS.path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer op-secret', 'content-type': 'application/json' },
    body: '{"action":"list","filter":{}}',
  });
  expect(LETTERS[response.status]?.content).toHaveProperty([response.headers.get('content-type') ?? '']);
  expect((await response.text()).trimEnd().split('\n').at(-1)).toBe('{"kind":"end"}');
});
