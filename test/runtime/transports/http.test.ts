import { connect, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { event, NDJSON, start } from './api.ts';
import { harness, until } from './held-log.ts';

describe('HTTP answers for the log', () => {
  test('202 comes only after the log has the event', async () => {
    const h = await harness();
    const { post } = await start(h);
    h.log.hold();
    let answered = false;
    const posted = post(event('d1')).finally(() => {
      answered = true;
    });
    await until(() => h.ingress.counts().eventsInflight === 1, 'the event in flight');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).toBe(false);
    expect(h.events()).toHaveLength(0);
    h.log.release();
    expect(await posted).toMatchObject({
      status: 202,
      body: { accepted: 1, eventId: expect.stringMatching(/^[0-9a-f]{32}$/) },
    });
    expect(h.events()).toMatchObject([
      {
        name: 'TelemetryReported',
        key: 'acme/d1',
        value: { region: 'eu', source: 'http', sourceAddress: '127.0.0.1', metrics: { a: 1 } },
      },
    ]);
  });

  test('a bad event is 400 with code and path, and a dead letter with the original bytes', async () => {
    const h = await harness();
    const { post } = await start(h);
    const bad = event('d1', { metrics: { a: 'warm' } });
    expect(await post(bad)).toMatchObject({ status: 400, body: { code: 'invalid_type', path: '/metrics/a' } });
    const [letter] = h.deadLetters();
    expect(letter).toMatchObject({
      code: 'invalid_type',
      path: '/metrics/a',
      origin: 'http',
      address: 'POST /v1/events',
      tenant: 'acme',
      device: 'd1',
    });
    expect(Buffer.from(letter?.['value'] as Uint8Array).toString()).toBe(bad);
    expect(h.events()).toHaveLength(0);
  });

  test('a batch of which a part is bad is 207, and its good events are in', async () => {
    const h = await harness();
    const { post } = await start(h);
    const body = [event('d1'), '{"tenant":', '', event('d2', { type: 'nonsense' }), event('d3')].join('\n');
    const { status, body: answer } = await post(body, NDJSON);
    expect(status).toBe(207);
    expect(answer).toMatchObject({
      accepted: 2,
      rejected: 2,
      items: [
        { index: 0, status: 202 },
        { index: 1, status: 400, code: 'json_malformed', path: '' },
        { index: 2, status: 400, code: 'unknown_event', path: '/type' },
        { index: 3, status: 202 },
      ],
    });
    expect(new Set(h.events().map(({ key }) => key))).toEqual(new Set(['acme/d1', 'acme/d3']));
    expect(new Set(h.deadLetters().map(({ value }) => Buffer.from(value as Uint8Array).toString()))).toEqual(
      new Set(['{"tenant":', event('d2', { type: 'nonsense' })]),
    );
  });

  test('a batch without a good event is 400', async () => {
    const { post } = await start(await harness());
    expect(await post('1\n2', NDJSON)).toMatchObject({
      status: 400,
      body: { code: 'batch_rejected', accepted: 0, rejected: 2 },
    });
  });

  test('a device cannot set the desired state, an operator can', async () => {
    const h = await harness();
    const { post, send } = await start(h);
    expect(await post(event('d1', { type: 'twin/desired' }))).toMatchObject({
      status: 400,
      body: { code: 'operator_only', path: '/type' },
    });
    const path = '/v1/twins/acme/d1/desired';
    expect(await send('PUT', path, '{"patch":{"led":"on"},"expectedVersion":3,"actor":"ann"}')).toMatchObject({
      status: 202,
    });
    expect(h.events()).toMatchObject([
      { name: 'TwinDesired', value: { patch: '{"led":"on"}', expectedVersion: 3, actor: 'ann' } },
    ]);
    expect(await send('PUT', path, '{"patch":{"a":[null]}}')).toMatchObject({
      status: 400,
      body: { code: 'null_in_array', path: '/patch/a/0' },
    });
    expect(await send('PUT', '/v1/twins/..%2f/d1/desired', '{"patch":{}}')).toMatchObject({
      status: 400,
      body: { code: 'invalid_name', path: '/tenant' },
    });
  });

  test('429 with Retry-After under back-pressure, and room afterwards', async () => {
    const h = await harness({ eventsInflightMax: 1 });
    const { post } = await start(h);
    h.log.hold();
    const first = post(event('d1'));
    await until(() => h.ingress.counts().eventsInflight === 1, 'the first event in flight');
    const second = await post(event('d2'));
    expect(second).toMatchObject({ status: 429, body: { code: 'busy' } });
    expect(second.headers.get('retry-after')).toBe('1');
    h.log.release();
    expect((await first).status).toBe(202);
    expect((await post(event('d2'))).status).toBe(202);
  });

  test('503 when the log refuses, for good and for bad events', async () => {
    const h = await harness();
    const { post } = await start(h);
    h.log.refuse(true);
    expect(await post(event('d1'))).toMatchObject({ status: 503, body: { code: 'log_refused' } });
    expect(await post('nonsense')).toMatchObject({ status: 503 });
    h.log.refuse(false);
    expect((await post(event('d1'))).status).toBe(202);
  });
});

describe('HTTP tokens', () => {
  const tokens = { deviceToken: 'dev-secret', operatorToken: 'op-secret' };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  test('devices and operators have their own', async () => {
    const h = await harness();
    const { post, send } = await start(h, tokens);
    const put = (headers: object) =>
      send('PUT', '/v1/twins/acme/d1/desired', '{"patch":{}}', headers as Record<string, string>);
    expect(await post(event('d1'))).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect((await post(event('d1'), bearer('wrong'))).status).toBe(401);
    expect((await post('x', { 'content-type': 'text/plain' })).status).toBe(401);
    expect([h.ingress.counts().unkept, h.deadLetters()]).toEqual([3, []]);
    expect((await post(event('d1'), bearer('dev-secret'))).status).toBe(202);
    expect((await post(event('d1'), bearer('op-secret'))).status).toBe(202);
    expect(await put(bearer('dev-secret'))).toMatchObject({ status: 403, body: { code: 'operator_only' } });
    expect(h.deadLetters()).toMatchObject([
      { code: 'operator_only', address: 'PUT /v1/twins/acme/d1/desired', value: Buffer.from('{"patch":{}}') },
    ]);
    expect((await put(bearer('op-secret'))).status).toBe(202);
    expect((await send('GET', '/health', '')).status).toBe(200);
  });

  test('a device token alone does not open the operators’ routes', async () => {
    const { send } = await start(await harness(), { deviceToken: 'dev-secret' });
    expect((await send('PUT', '/v1/twins/acme/d1/desired', '{"patch":{}}', bearer('dev-secret'))).status).toBe(403);
  });

  test('listening beyond loopback needs a token', async () => {
    const listen = {
      host: '0.0.0.0',
      port: 0,
      portSetting: 'FLEETSTREAM_HTTP_PORT',
      tokenSetting: 'FLEETSTREAM_HTTP_DEVICE_TOKEN',
    };
    const h = await harness();
    await expect(start(h, { listen })).rejects.toMatchObject({
      code: 'token_required',
      message: expect.stringContaining('FLEETSTREAM_HTTP_DEVICE_TOKEN'),
    });
    await start(h, { listen, ...tokens });
  });
});

describe('HTTP around the events', () => {
  test('a taken port is one line with the setting', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { readonly port: number };
    const listen = { host: '127.0.0.1', port, portSetting: 'FLEETSTREAM_HTTP_PORT', tokenSetting: 'T' };
    await expect(start(await harness(), { listen })).rejects.toThrow(
      `port_taken: HTTP port ${port} on 127.0.0.1 is in use; stop what holds it, or set FLEETSTREAM_HTTP_PORT to another.`,
    );
    await new Promise((resolve) => other.close(resolve));
  });

  test('what comes while the server ends is 503 in our words', async () => {
    const h = await harness();
    const { port, transport } = await start(h);
    const post = (body: string) =>
      `POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const answers: Buffer[] = [];
    const socket = connect(port, '127.0.0.1').on('data', (data) => answers.push(data));
    const ended = new Promise((resolve) => socket.once('close', resolve));
    h.log.hold();
    socket.write(post(event('d1')));
    await until(() => h.ingress.counts().eventsInflight === 1, 'the event in flight');
    const closing = transport.close();
    socket.write(post(event('d2')));
    await new Promise((resolve) => setTimeout(resolve, 100));
    h.log.release();
    await Promise.all([closing, ended]);
    expect(Buffer.concat(answers).toString()).toMatch(
      /^HTTP\/1.1 202 .*HTTP\/1.1 503 .*{"code":"closing","detail":"[^"]+","path":""}$/s,
    );
    expect(h.events().map(({ key }) => key)).toEqual(['acme/d1']);
  });

  test('who never ends its body does not hold up the end', { timeout: 20_000 }, async () => {
    const h = await harness();
    const { port, transport } = await start(h);
    const socket = connect(port, '127.0.0.1');
    const cut = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
    socket.write('POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n');
    socket.write('content-length: 1000\r\n\r\n{');
    // The health of one that has been accepted after it.
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
    // The request itself would be given half a minute.
    await Promise.all([transport.close(), cut]);
    expect(h.events()).toEqual([]);
  });

  test('health, document and unknown routes', async () => {
    const missing = ['log'];
    const { send } = await start(await harness(), { missing: async () => missing });
    expect(await send('GET', '/health/live', '')).toMatchObject({ status: 200, body: { status: 'live' } });
    expect(await send('GET', '/health/ready', '')).toMatchObject({
      status: 503,
      body: { status: 'not_ready', missing },
    });
    missing.pop();
    expect(await send('GET', '/health', '')).toMatchObject({ status: 200, body: { status: 'ready' } });
    expect(await send('GET', '/v1/openapi.json', '')).toMatchObject({ status: 200, body: { openapi: '3.1.0' } });
    expect(await send('GET', '/nowhere', '')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});
