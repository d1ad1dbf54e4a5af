import { expect, test } from 'vitest';
import { openapi } from '../../../connectors/http/openapi.ts';
import { event, NDJSON, start } from './api.ts';
import { harness, until } from './held-log.ts';

interface Shape {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Documented {
  readonly content: { readonly 'application/json': { readonly schema: { readonly $ref: string } } };
  readonly headers?: Readonly<Record<string, unknown>>;
}

type Answer = Awaited<ReturnType<Awaited<ReturnType<typeof start>>['send']>>;

const document = openapi() as {
  readonly paths: Readonly<
    Record<string, Record<string, { readonly responses: Readonly<Record<string, Documented | undefined>> }>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Shape | undefined>> };
};
const EVENTS = document.paths['/v1/events']?.['post']?.responses ?? {};
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
