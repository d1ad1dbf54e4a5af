import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Config } from '#runtime/config.ts';
import { listenError } from '#runtime/transports/transport.ts';

/** Answers `GET /health/live` and `/health/ready` for a process that has no other door. Gives its address. */
export async function openHealth(
  { http }: Config,
  isReady: () => boolean | Promise<boolean>,
  stack: AsyncDisposableStack,
): Promise<string> {
  const answer = async (url: string | undefined, response: ServerResponse) => {
    const isKnown = url === '/health/live' || url === '/health/ready';
    const isWell = url === '/health/live' || (await isReady());
    const status = isWell ? 'ready' : 'not_ready';
    response.writeHead(isKnown ? (isWell ? 200 : 503) : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isKnown ? { status } : { code: 'not_found', detail: 'no such route' }));
  };
  const server = createServer(({ url }, response) => void answer(url, response));
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
