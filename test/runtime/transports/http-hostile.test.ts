import { request } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { REFUSED_BYTES_KEPT } from '#runtime/ingress/ingress.ts';
import { BODY_BYTES_MAX } from '#runtime/transports/body.ts';
import { event, NDJSON, start } from './api.ts';
import { digest, harness, until } from './held-log.ts';

describe('HTTP refuses before it works', () => {
  test.each([
    ['text', 'text/plain'],
    ['protobuf', 'application/x-protobuf'],
    ['a type that is none', 'nonsense'],
    ['an empty type', ''],
  ])('%s is 415, and a dead letter', async (_name, type) => {
    const h = await harness();
    const { post } = await start(h);
    expect(await post('temperature=21', { 'content-type': type })).toMatchObject({
      status: 415,
      body: { code: 'media_type_unknown', path: '' },
    });
    expect(h.deadLetters()).toMatchObject([
      { code: 'media_type_unknown', origin: 'http', address: 'POST /v1/events', value: Buffer.from('temperature=21') },
    ]);
  });

  test('an oversized body is 413, declared or not, and the dead letter says what is kept of it', async () => {
    const h = await harness();
    const { post, port } = await start(h);
    const size = BODY_BYTES_MAX + 1;
    expect(await post(Buffer.alloc(size, 'x'), NDJSON)).toMatchObject({
      status: 413,
      body: { code: 'body_too_large' },
    });
    const status = await new Promise((resolve) => {
      const chunked = request({ port, method: 'POST', path: '/v1/events', headers: { ...NDJSON } }, (response) =>
        resolve(response.statusCode),
      );
      chunked.on('error', () => resolve('cut'));
      for (let i = 0; i < 9; i++) chunked.write(Buffer.alloc(1024 * 1024, 'y'));
      chunked.end();
    });
    expect([413, 'cut']).toContain(status);
    await until(() => h.deadLetters().length === 2, 'both dead letters');
    const limit = `a body has at most ${BODY_BYTES_MAX} bytes`;
    expect(h.digested()).toMatchObject([
      {
        code: 'body_too_large',
        detail: `${limit}; of ${size} bytes the first ${REFUSED_BYTES_KEPT} are kept`,
        value: digest(Buffer.alloc(REFUSED_BYTES_KEPT, 'x')),
      },
      {
        code: 'body_too_large',
        detail: `${limit}; the first ${REFUSED_BYTES_KEPT} bytes are kept`,
        value: digest(Buffer.alloc(REFUSED_BYTES_KEPT, 'y')),
      },
    ]);
  });

  test('a large body that does not come is answered all the same', async () => {
    const h = await harness();
    const { port } = await start(h);
    const head = `POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99999999\r\n\r\n{"tenant":`;
    expect(await raw(port, head)).toMatch(/^HTTP\/1.1 413 /);
    expect(h.deadLetters()).toMatchObject([
      { detail: expect.stringMatching(/of 99999999 bytes the first 10 are kept$/), value: Buffer.from('{"tenant":') },
    ]);
  });

  test('a body that its sender breaks off is no dead letter: it comes again as a whole', async () => {
    const h = await harness();
    const { port, post } = await start(h);
    for (const type of ['application/json', 'text/plain']) {
      const socket = connect(port, '127.0.0.1');
      socket.write(
        `POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: 100\r\n\r\n{"tenant"`,
      );
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.destroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await post(event('d1'))).status).toBe(202);
    expect(h.deadLetters()).toEqual([]);
  });

  test('an oversized event is 413', async () => {
    const { post } = await start(await harness());
    expect(await post(event('d1', { labels: { a: 'x'.repeat(300_000) } }))).toMatchObject({
      status: 413,
      body: { code: 'payload_too_large' },
    });
  });

  test('gzip is taken; a bomb is 413, rubbish 400, and their dead letters hold what was sent', async () => {
    const h = await harness();
    const { post } = await start(h);
    const gzip = { ...NDJSON, 'content-encoding': 'gzip' };
    const batch = Array.from({ length: 1000 }, (_, i) => event(`d${i}`, { metrics: { a: i / 7 } })).join('\n');
    expect(await post(gzipSync(batch), gzip)).toMatchObject({ status: 202, body: { accepted: 1000 } });
    const refused = [
      [413, 'inflated_too_large', gzipSync(Buffer.alloc((1024 * 1024 * 1024) / 8, 32)), 'gzip'],
      [413, 'inflated_too_large', gzipSync(Buffer.alloc(1024 * 1024, 32)), 'gzip'],
      [400, 'gzip_malformed', Buffer.from('rubbish'), 'gzip'],
      [400, 'gzip_malformed', gzipSync(batch).subarray(0, -9), 'gzip'],
      [415, 'encoding_unknown', Buffer.from('x'), 'br'],
    ] as const;
    for (const [status, code, body, encoding] of refused) {
      expect(await post(body, { ...NDJSON, 'content-encoding': encoding })).toMatchObject({ status, body: { code } });
    }
    expect(h.digested().map(({ code, value }) => [code, value])).toEqual(
      refused.map(([, code, body]) => [code, digest(body)]),
    );
    expect(h.ingress.counts()).toMatchObject({ accepted: 1000, rejected: 5, eventsInflight: 0, bytesInflight: 0 });
  });

  test.each([
    ['/v1/twins/acme/%zz/desired', 400, 'url_malformed'],
    [`/v1/twins/acme/${'d'.repeat(200)}/desired`, 414, 'url_too_long'],
  ])('%.30s is refused with its bytes, and of a stranger only counted', async (path, status, code) => {
    const h = await harness();
    const { send } = await start(h, { deviceToken: 'dev-secret', operatorToken: 'op-secret' });
    expect(await send('PUT', path, '{"patch":{}}')).toMatchObject({ status, body: { code, path: '' } });
    expect(h.deadLetters()).toEqual([]);
    expect(h.ingress.counts().unkept).toBe(1);
    const headers = { authorization: 'Bearer op-secret' };
    expect(await send('PUT', `${path}?a=1`, '{"patch":{}}', headers)).toMatchObject({ status, body: { code } });
    expect(h.deadLetters()).toMatchObject([{ code, address: `PUT ${path}`, value: Buffer.from('{"patch":{}}') }]);
  });

  test('a refusal is answered only after its dead letter is in the log', async () => {
    const h = await harness();
    const { post } = await start(h);
    h.log.refuse(true);
    expect(await post('x', { 'content-type': 'text/plain' })).toMatchObject({
      status: 503,
      body: { code: 'log_refused' },
    });
    h.log.refuse(false);
    expect(await post('x', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
    expect(h.deadLetters()).toHaveLength(1);
  });

  test.each([
    ['/health', 403],
    ['/v1/twins/acme/%zz/desired', 400],
  ])('a foreign Host on loopback is refused at %s, since a page in a browser can forge it', async (path, status) => {
    const h = await harness();
    const { port } = await start(h);
    const headers = { host: 'evil.example', 'content-type': 'text/plain' };
    const answered = await new Promise((resolve, reject) => {
      request({ port, path, method: 'PUT', headers }, (response) => resolve(response.statusCode))
        .on('error', reject)
        .end('forged');
    });
    expect(answered).toBe(status);
    expect(h.deadLetters()).toEqual([]);
  });

  test.each([
    ['nonsense', '\0\u0001\u0002GET nonsense\r\n\r\n', 400, 'request_malformed'],
    ['headers without end', `GET / HTTP/1.1\r\nhost: localhost\r\na: ${'x'.repeat(20_000)}`, 431, 'headers_too_large'],
    [
      'a length that is none',
      'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: x\r\n\r\n',
      400,
      'request_malformed',
    ],
  ])('%s on the socket has our answer, is counted, and does no harm', async (_name, bytes, status, code) => {
    const h = await harness();
    const { port, send } = await start(h);
    const answer = await raw(port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toEqual({ code, detail: expect.any(String), path: '' });
    expect(h.deadLetters()).toEqual([]);
    expect(h.ingress.counts().unkept).toBe(1);
    expect((await send('GET', '/health/live', '')).status).toBe(200);
  });

  test.each([
    ['GET', '/v1/events', 'POST'],
    ['POST', '/v1/twins/acme/d1/desired', 'PUT'],
    ['POST', '/health', 'GET, HEAD'],
    ['DELETE', '/v1/openapi.json?a=1', 'GET, HEAD'],
    ['PROPFIND', '/v1/events', 'POST'],
  ])('%s %s is 405 and says what is allowed', async (method, path, allow) => {
    const { send } = await start(await harness());
    const answer = await send(method, path, '{}');
    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed', path: '' } });
    expect(answer.headers.get('allow')?.split(', ').toSorted().join(', ')).toBe(allow);
  });
});

/** What the server answers to bytes on a socket, until it closes it. */
async function raw(port: number, bytes: string): Promise<string> {
  const answers: Buffer[] = [];
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket
      .on('error', () => undefined)
      .on('data', (data) => answers.push(data))
      .on('close', () => resolve());
  });
  return Buffer.concat(answers).toString();
}
