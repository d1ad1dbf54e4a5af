import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDatabase } from '#runtime/clickhouse/ddl.ts';
import { startEndpoint } from '#runtime/clickhouse/endpoint.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { openQueries } from '#runtime/clickhouse/queries.ts';

test('closing cancels a query that would go on for long, and does not wait for who reads nothing of an answer', async () => {
  const path = await mkdtemp(join(tmpdir(), 'fleetstream-closing-'));
  const engine = await openEngine({ path });
  await engine.client.command({ query: createDatabase() });
  const queries = await openQueries(engine);
  const sql = 'SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3';
  const answer = queries.run({ sql, database: null, format: 'TSV', settings: new Map(), parameters: new Map() });
  const [outcome] = await Promise.all([answer.catch((error: unknown) => error), queries.close()]);
  expect(String(outcome)).toContain('QUERY_WAS_CANCELLED');

  const open = await openQueries(engine);
  const endpoint = await startEndpoint({ queries: open, port: 0 });
  const reader = connect(Number(new URL(endpoint.url).port), '127.0.0.1').on('error', () => undefined);
  const large = "SELECT repeat('x', 1000) FROM numbers(60000)";
  reader.write(`POST /?compress=1 HTTP/1.1\r\nHost: a\r\nContent-Length: ${large.length}\r\n\r\n${large}`);
  await once(reader, 'readable');
  // It reads no further, so that the answer never ends.
  await Promise.all([open.close(), endpoint.close()]);
  reader.destroy();
  await engine.close();
  await rm(path, { recursive: true, force: true });
}, 30_000);
