import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { pauseMs, RETRY_AFTER_MS_MAX } from '#runtime/webhook/back-off.ts';
import { openReceiver, retryAfterMs } from '#runtime/webhook/receiver.ts';
import { keyOfSecret, signatures } from '#runtime/webhook/signature.ts';
import { type Certificates, makeCertificates } from '../../stack/certificates.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { type Fate, isSignedBy, OLD_SECRET, SECRET, startHook } from './hook.ts';

const keys = [SECRET, OLD_SECRET].map((secret) => keyOfSecret(secret) as Buffer);
const MESSAGE = { id: 'm1', body: '{"test": "ünïcode 🌡"}' };
/** Null where there is no OpenSSL that could make them. */
const CERTIFICATES = certificates();
const NEVER = new AbortController().signal;

const hooks: Awaited<ReturnType<typeof startHook>>[] = [];
afterEach(async () => {
  for (const hook of hooks.splice(0)) await hook.close();
});

function certificates(): Certificates | null {
  try {
    return makeCertificates('localhost');
  } catch {
    return null;
  }
}

async function send(fate: Fate, { timeoutMs = 10_000, path = '/hook', user = '' } = {}) {
  const hook = await startHook(() => fate);
  hooks.push(hook);
  const url = `http://${user}127.0.0.1:${hook.port}${path}`;
  const receiver = openReceiver({ url, keys, timeoutMs, agent: 'fleetstream/test', now: () => 1_614_265_330_999 });
  return { hook, answer: await receiver.send(MESSAGE, NEVER) };
}

describe('a signature', () => {
  test('is the one that the reference library of Standard Webhooks gives', () => {
    // Python standardwebhooks 1.1.0: Webhook(secret).sign(id, time, body).
    const signed = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body: '{"test": 2432232314}' };
    expect(signatures([keys[0] as Buffer], signed)).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  test('is there for each secret, while one replaces another', async () => {
    const { hook } = await send(204);
    const [got] = hook.got;
    expect(got?.signature).toMatch(/^v1,\S{44} v1,\S{44}$/);
    for (const secret of [SECRET, OLD_SECRET]) expect(isSignedBy(secret, got as never)).toBe(true);
    expect(isSignedBy(SECRET, { ...got, body: `${got?.body} ` } as never)).toBe(false);
    expect(isSignedBy(`whsec_${'A'.repeat(32)}`, got as never)).toBe(false);
  });

  test.each(['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_', 'whsec_short', `whsec_${'A'.repeat(120)}`, 'whsec_a b'])(
    'needs a secret, and %s is none',
    (secret) => {
      expect(keyOfSecret(secret)).toBeNull();
    },
  );
});

describe('a message', () => {
  test('is a POST of JSON with its id, its time and its signature', async () => {
    const { hook, answer } = await send(200, { path: '/a/b?c=d' });
    expect(answer).toEqual({ outcome: 'delivered' });
    expect(hook.got).toMatchObject([
      { method: 'POST', url: '/a/b?c=d', id: 'm1', timestamp: '1614265330', body: MESSAGE.body },
    ]);
    expect(hook.got[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'fleetstream/test',
    });
  });

  test('carries the user of the address as a header, not in the address', async () => {
    const { hook } = await send(204, { user: 'ann:s%20t@' });
    expect(hook.got[0]?.headers.authorization).toBe(`Basic ${Buffer.from('ann:s t').toString('base64')}`);
  });

  test.each<readonly [Fate, string, RegExp]>([
    [500, 'away', /^500/],
    [503, 'away', /^503/],
    [429, 'away', /^429/],
    [401, 'away', /^401/],
    [404, 'away', /^404/],
    [400, 'refused', /^400/],
    [410, 'away', /^410/],
    [308, 'away', /^308 .*redirects are not followed/],
    [413, 'refused', /^413/],
    [{ status: 422, body: 'no\u001b[31m such\nfield' }, 'refused', /^422 no \[31m such field$/],
    ['cut', 'away', /./],
  ])('answered with %j is %s', async (fate, outcome, detail) => {
    const { answer } = await send(fate);
    expect(answer).toMatchObject({ outcome, detail: expect.stringMatching(detail) as string });
  });

  test('is not sent where a redirect points', async () => {
    const other = await startHook();
    hooks.push(other);
    for (const status of [301, 302, 307, 308]) {
      const { answer } = await send({ status, headers: { location: other.url } });
      expect(answer.outcome).toBe('away');
    }
    expect(other.got).toEqual([]);
  });

  test('to an address that is gone for good is not sent again for an hour', async () => {
    expect((await send({ status: 410, headers: { 'retry-after': '1' } })).answer).toMatchObject({
      outcome: 'away',
      retryAfterMs: RETRY_AFTER_MS_MAX,
    });
  });

  test.runIf(CERTIFICATES !== null)('is not told to who cannot prove to be its receiver, and why is', async () => {
    const { cert, key } = (CERTIFICATES as Certificates).server;
    let asked = 0;
    const server = createServer({ cert, key }, (_, response) => {
      asked++;
      response.end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const receiver = openReceiver({
      url: `https://127.0.0.1:${port}/`,
      keys,
      timeoutMs: 5_000,
      agent: 'x',
      now: Date.now,
    });
    const answer = await receiver.send(MESSAGE, NEVER);
    await new Promise<void>((closed) => server.close(() => closed()));
    expect(answer).toMatchObject({
      outcome: 'away',
      detail: expect.stringMatching(/^UNABLE_TO_|SELF_SIGNED/) as string,
    });
    expect(asked).toBe(0);
  });

  test('is delivered once the status says so, whatever becomes of the rest of the answer', async () => {
    expect((await send('half')).answer).toEqual({ outcome: 'delivered' });
    expect((await send({ status: 200, endless: true })).answer).toEqual({ outcome: 'delivered' });
  });

  test('whose answer is endless has the first kilobyte told', async () => {
    const { answer } = await send({ status: 500, endless: true });
    expect(answer).toEqual({ outcome: 'away', detail: `500 ${'x'.repeat(1_024)}`, retryAfterMs: null });
  });

  test('that nobody answers is not waited for beyond the bound', async () => {
    expect((await send('hang', { timeoutMs: 50 })).answer).toMatchObject({
      outcome: 'away',
      detail: 'no answer in time',
    });
  });

  test('to nobody says why, and not where', async () => {
    const receiver = openReceiver({
      url: 'http://u:secret@127.0.0.1:1/token',
      keys,
      timeoutMs: 5_000,
      agent: 'x',
      now: () => 0,
    });
    const answer = await receiver.send(MESSAGE, NEVER);
    expect(answer).toMatchObject({ outcome: 'away' });
    expect(JSON.stringify(answer)).not.toMatch(/secret|token/);
  });

  test('ends when it is no longer wanted', async () => {
    const hook = await startHook(() => 'hang');
    hooks.push(hook);
    const over = new AbortController();
    const receiver = openReceiver({ url: hook.url, keys, timeoutMs: 60_000, agent: 'x', now: Date.now });
    const answer = receiver.send(MESSAGE, over.signal);
    over.abort();
    expect(await answer).toMatchObject({ outcome: 'away' });
  });
});

describe('the next try', () => {
  test.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Thu, 01 Jan 1970 00:01:10 GMT', 10_000],
    ['Thu, 01 Jan 1970 00:00:10 GMT', 0],
    ['soon', null],
    ['-5', null],
  ])('comes after what Retry-After: %s asks for', (header, ms) => {
    expect(retryAfterMs(header, 60_000)).toBe(ms);
  });

  test('comes later each time, at most so late, and never all at once', () => {
    const backOff = { pauseMsMin: 1_000, pauseMsMax: 60_000 };
    const chance = chanceFrom(7).unit;
    for (let failures = 1; failures < 100; failures++) {
      const whole = Math.min(60_000, 1_000 * 2 ** (failures - 1));
      const pauses = Array.from({ length: 50 }, () => pauseMs(backOff, failures, { retryAfterMs: null, chance }));
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(whole / 2);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(whole);
      expect(new Set(pauses).size).toBeGreaterThan(40);
    }
    expect(pauseMs(backOff, 1, { retryAfterMs: 90_000, chance })).toBe(90_000);
    expect(pauseMs(backOff, 1, { retryAfterMs: 1e12, chance })).toBe(RETRY_AFTER_MS_MAX);
  });
});
