import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';
import { afterAll } from 'vitest';
import type { Table } from '#sdk';
import { derived, tables } from '#schemas';
import { createDatabase } from '#runtime/clickhouse/ddl.ts';
import { statementsOf } from '../runtime/clickhouse/statements.ts';

/** ClickHouse's engine with every table and view, empty, for the tests of one file. */
export function openSession(): Session {
  const folder = mkdtempSync(join(tmpdir(), 'fleetstream-schemas-'));
  const session = new Session(folder);
  session.query(createDatabase());
  for (const sql of statementsOf(Object.values(tables) as Table[], derived)) session.query(sql);
  afterAll(() => {
    session.cleanup();
    rmSync(folder, { recursive: true, force: true });
  });
  return session;
}
