import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openFleet } from './fleet.ts';
import { canRun, LONG, ownKafka, registryUrl, seedOf } from './own.ts';

const REGISTRY_AWAY_MS = LONG ? 30_000 : 5_000;

/** What a registry, or whoever stands before it, may say instead of an answer. */
const BAD = [
  { status: 404, type: 'text/html', body: '<h1>404 Not Found</h1>' },
  { status: 409, type: 'application/json', body: '{"error_code":409,"message":"conflict"}' },
  { status: 500, type: 'application/json', body: '{"error_code":50001,"message":"store is away"}' },
  { status: 200, type: 'text/html', body: '<html>sign in</html>' },
  null,
] as const;

test.skipIf(!canRun)(
  'a registry that is away at the start and later: the derived topics equal the oracle, dead letters too',
  { timeout: 300_000 },
  async () => {
    const seed = seedOf('registry');
    const kafka = await ownKafka();
    const before = await registryBefore(registryUrl());
    const fleet = await openFleet({ brokers: kafka.brokers, registry: registryUrl(), seed, events: 8_000, rate: 400 });
    before.isAway = true;
    const worker = fleet.start('a', { registry: before.url });
    await pause(REGISTRY_AWAY_MS);
    expect(await fleet.derived()).toBe(0);
    before.isAway = false;
    await expect.poll(() => fleet.derived(), { timeout: 60_000 }).toBeGreaterThan(0);
    // Junk that names unknown ids has the worker ask also later.
    before.isAway = true;
    await pause(REGISTRY_AWAY_MS);
    expect(worker.lines.some((line) => line.startsWith('registry_away'))).toBe(true);
    before.isAway = false;
    await fleet.sent;
    await fleet.drained(120_000);
    await worker.stop();
    expect(await fleet.differs()).toBeNull();
    expect(before.refused()).toBeGreaterThan(BAD.length);
    await fleet.close();
  },
);

async function registryBefore(url: string) {
  let refused = 0;
  const before = { isAway: false, url: '', refused: () => refused };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (before.isAway) {
        const bad = BAD[refused++ % BAD.length];
        if (bad === null || bad === undefined) return void request.socket.destroy();
        return void response.writeHead(bad.status, { 'content-type': bad.type }).end(bad.body);
      }
      const { method = 'GET', url: path = '' } = request;
      const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
      const headers = { 'content-type': request.headers['content-type'] ?? 'application/json' };
      void fetch(url + path, { method, headers, ...body }).then(async (answer) => {
        const type = answer.headers.get('content-type') ?? 'application/json';
        response.writeHead(answer.status, { 'content-type': type }).end(await answer.text());
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  before.url = `http://127.0.0.1:${address.port}`;
  return before;
}
