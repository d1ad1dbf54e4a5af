import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { container } from '#runtime/clickhouse/container.ts';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { startEndpoint } from '#runtime/clickhouse/endpoint.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { openQueries } from '#runtime/clickhouse/queries.ts';
import { framed, newestTable, Sample, sampleTable } from './records.ts';

/** An endpoint over 50 samples, another one behind the password `sesame`, and a file that no reader may see. */
export async function serve() {
  const path = await mkdtemp(join(tmpdir(), 'fleetstream-endpoint-'));
  const secret = join(path, 'secret.csv');
  await writeFile(secret, 'a,b\nhidden,1\n');
  const engine = await openEngine({ path: join(path, 'clickhouse') });
  const target = new EmbeddedTarget(engine);
  await target.prepare([sampleTable, newestTable], []);
  const records = Array.from({ length: 50 }, (_, offset) => ({ partition: 0, offset, value: framed(1, offset) }));
  const edges = [{ partition: 0, first: 0, last: 49, count: 50 }];
  await target.insert({ table: sampleTable, edges, containers: [container(Sample.avro, records)], token: 'a' });
  const queries = await openQueries(engine);
  const endpoint = await startEndpoint({ queries, port: 0 });
  const locked = await startEndpoint({ queries, port: 0, password: 'sesame' });
  /** Queries that hold the text, by the engine's own list. */
  const running = async (text: string) => {
    // A reader's, so that this one does not find itself.
    const query =
      "SELECT count() AS n FROM system.processes WHERE position(query, {text:String}) > 0 AND Settings['readonly'] = '1'";
    const result = await engine.client.query({ query, query_params: { text }, format: 'JSONEachRow' });
    return Number((await result.json<{ n: string }>())[0]?.n);
  };
  const close = async () => {
    await Promise.all([endpoint.close(), locked.close()]);
    await queries.close();
    await engine.close();
    await rm(path, { recursive: true, force: true });
  };
  return { url: endpoint.url, lockedUrl: locked.url, secret, running, close };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** The bytes as they come, which `fetch` would decompress. */
export function ask(
  base: string,
  query: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${base}${query}`,
      { method: body === undefined ? 'GET' : 'POST', headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
