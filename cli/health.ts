import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Config } from '#runtime/config.ts';
import { missingOf, type Needs, readiness } from '#runtime/readiness.ts';
import { listenError } from '#runtime/transports/transport.ts';

/** A process that can be asked for its health. */
export interface Health {
  /** Where it is asked whether it is ready. */
  readonly url: string;
  /** Until this is told, the process starts; from then on it is ready while nothing of it is missing. */
  began(needs: Needs): void;
}

/** Answers `GET /health/live` and `/health/ready` for a process that has no other door, or has not opened it yet. */
export async function openHealth({ http }: Config, stack: AsyncDisposableStack): Promise<Health> {
  let missing: () => Promise<readonly string[]> = async () => ['start'];
  const answer = async (url: string | undefined, response: ServerResponse) => {
    const { status, body } =
      url === '/health/ready' ? readiness(await missing()) : url === '/health/live' ? LIVE : UNKNOWN;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
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
  return {
    url: `http://${http.host}:${(server.address() as AddressInfo).port}/health/ready`,
    began: (needs) => {
      missing = missingOf(needs);
    },
  };
}

const LIVE = { status: 200, body: { status: 'live' } };
const UNKNOWN = { status: 404, body: { code: 'not_found', detail: 'no such route' } };
