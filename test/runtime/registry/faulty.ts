import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A small registry that can be made to fail as real ones rarely do on demand. It judges nothing. */
export interface FaultyRegistry {
  readonly url: string;
  /** `METHOD /path`, in the order of arrival. */
  readonly requests: string[];
  /** Headers of the last request. */
  authorization(): string | undefined;
  /** Until it is set again; null for none. */
  fault: ((response: ServerResponse) => void) | null;
  /** As a restart without its data. */
  lose(): void;
  stop(): Promise<void>;
}

/** Starts one for a test, and ends it with the test. */
export async function startFaultyRegistry(): Promise<FaultyRegistry> {
  const subjects = new Map<string, { id: number; schema: string }[]>();
  let schemas: string[] = [];
  let authorization: string | undefined;
  const server = createServer((request, response) => {
    authorization = request.headers.authorization;
    faulty.requests.push(`${request.method} ${request.url}`);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (faulty.fault !== null) return faulty.fault(response);
      answer(request, Buffer.concat(chunks).toString(), response);
    });
  });
  const answer = (request: IncomingMessage, body: string, response: ServerResponse) => {
    const [, kind, name = '', what, last = ''] = (request.url ?? '').split('/');
    const versions = subjects.get(name) ?? [];
    const { schema = '' } = body === '' ? {} : (JSON.parse(body) as { schema?: string });
    if (kind === 'schemas') {
      const found = schemas[Number(what) - 1];
      return found === undefined ? none(response, 40_403) : json(response, 200, { schema: found });
    }
    if (kind === 'config') return json(response, 200, {});
    if (request.method === 'GET') {
      const found = last === 'latest' ? versions.at(-1) : versions[Number(last) - 1];
      const version = last === 'latest' ? versions.length : Number(last);
      return found === undefined
        ? none(response, versions.length === 0 ? 40_401 : 40_402)
        : json(response, 200, { ...found, version, subject: name });
    }
    const known = versions.findIndex((each) => each.schema === schema);
    if (what === undefined) {
      return known < 0 ? none(response, 40_403) : json(response, 200, { ...versions[known], version: known + 1 });
    }
    const id = schemas.push(schema);
    subjects.set(name, [...versions, { id, schema }]);
    return json(response, 200, { id });
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const faulty: FaultyRegistry = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    authorization: () => authorization,
    fault: null,
    lose() {
      subjects.clear();
      schemas = [];
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  onTestFinished(() => faulty.stop());
  return faulty;
}

/** An answer in the registry's own form. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body));
}

function none(response: ServerResponse, code: number): void {
  json(response, 404, { error_code: code, message: 'not found' });
}
