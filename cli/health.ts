import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Config } from '#runtime/config.ts';
import { listenError } from '#runtime/transports/transport.ts';

/** Answers `GET /health/live` and `/health/ready` for a process that has no other door. Gives its address. */
export async function openHealth(
  { http }: Config,
  isReady: () => boolean,
  stack: AsyncDisposableStack,
): Promise<string> {
  const server = createServer((request, response) => {
    const isKnown = request.url === '/health/live' || request.url === '/health/ready';
    const isWell = request.url === '/health/live' || isReady();
    const status = isWell ? 'ready' : 'not_ready';
    response.writeHead(isKnown ? (isWell ? 200 : 503) : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isKnown ? { status } : { code: 'not_found', detail: 'no such route' }));
  });
  try {
    await once(server.listen(http.port, http.host), 'listening');
  } catch (error) {
    const settings = { portSetting: 'FLEETSTREAM_HTTP_PORT', tokenSetting: 'FLEETSTREAM_TOKENS_DEVICE' };
    throw listenError('HTTP', { ...http, ...settings }, error);
  }
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `http://${http.host}:${(server.address() as AddressInfo).port}`;
}
