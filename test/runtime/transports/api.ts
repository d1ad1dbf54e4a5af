import { afterEach } from 'vitest';
import { connectors } from '#connectors';
import { type HttpOptions, type HttpTransport, startHttp } from '#runtime/transports/http.ts';
import { type Harness, quiet } from './held-log.ts';

const running: HttpTransport[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((transport) => transport.close()));
});

/** An API over a log that a test holds, on a free port; it is closed after the test. */
export async function start(h: Harness, options: Partial<HttpOptions> = {}) {
  const listen = {
    host: '127.0.0.1',
    port: 0,
    portSetting: 'FLEETSTREAM_HTTP_PORT',
    tokenSetting: 'FLEETSTREAM_HTTP_DEVICE_TOKEN',
  };
  const transport = await startHttp({
    listen,
    connectors,
    ingress: h.ingress,
    clock: Date.now,
    region: 'eu',
    openapi: { openapi: '3.1.0' },
    missing: async () => [],
    report: quiet,
    ...options,
  });
  running.push(transport);
  const send = async (method: string, path: string, body: string | Buffer, headers: Record<string, string> = {}) => {
    const init =
      method === 'GET'
        ? { method, headers }
        : { method, headers: { 'content-type': 'application/json', ...headers }, body: body as string };
    const response = await fetch(`http://127.0.0.1:${transport.port}${path}`, init);
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  };
  return {
    transport,
    port: transport.port,
    send,
    post: (body: string | Buffer, headers = {}) => send('POST', '/v1/events', body, headers),
  };
}

/** The JSON of a telemetry event. */
export const event = (device: string, extra: object = {}) =>
  JSON.stringify({ tenant: 'acme', device, type: 'telemetry', sequence: 1, metrics: { a: 1 }, ...extra });
/** Headers of a batch. */
export const NDJSON = { 'content-type': 'application/x-ndjson' };
