import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDatabase } from '#runtime/clickhouse/ddl.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { openQueries } from '#runtime/clickhouse/queries.ts';

test('closing cancels a query that would go on for long', async () => {
  const path = await mkdtemp(join(tmpdir(), 'fleetstream-closing-'));
  const engine = await openEngine({ path });
  await engine.client.command({ query: createDatabase() });
  const queries = await openQueries(engine);
  const sql = 'SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3';
  const answer = queries.run({ sql, database: null, format: 'TSV', settings: new Map(), parameters: new Map() });
  const [outcome] = await Promise.all([answer.catch((error: unknown) => error), queries.close()]);
  expect(String(outcome)).toContain('QUERY_WAS_CANCELLED');
  await engine.close();
  await rm(path, { recursive: true, force: true });
}, 30_000);
