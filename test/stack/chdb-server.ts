import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type ClickHouseEngine, openEngine } from '#runtime/clickhouse/engine.ts';
import { QueryError } from '#runtime/clickhouse/error.ts';
import { identifier, literal } from '#runtime/clickhouse/sql.ts';

/** What becomes of a request: done; refused before it is done; or done, and the connection then cut or a 500 sent. */
export type Fate =
  | 'ok'
  | 'cut'
  | 'cut_after'
  | 'fail'
  | 'fail_after'
  | { readonly code: number; readonly text: string };

export interface ChdbServer {
  /** With user and password. */
  readonly url: string;
  readonly engine: ClickHouseEngine;
  /** Asked for each statement; a test may replace it. */
  fate: (sql: string) => Fate;
  /** Statements that came, in order. */
  readonly heard: string[];
  close(): Promise<void>;
}

export interface ChdbServerOptions {
  readonly path: string;
  readonly port?: number;
}

const USER = 'fleet';
const PASSWORD = 'se%same';

/**
 * ClickHouse's engine behind HTTP, with as much of the server's interface as inserts and queries need. It stands in for
 * a server where none can be had: statements and their effects are ClickHouse's own; HTTP, users and the way of a body
 * into the table are ours.
 */
export async function startChdbServer({ path, port = 0 }: ChdbServerOptions): Promise<ChdbServer> {
  const engine = await openEngine({ path });
  const heard: string[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  let self: ChdbServer | null = null;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
      const body = await buffer(request);
      authenticate(request);
      const query = searchParams.get('query');
      const sql = query ?? body.toString();
      heard.push(sql);
      const fate = self?.fate(sql) ?? 'ok';
      if (fate === 'cut') return void response.destroy();
      if (fate === 'fail') return void response.writeHead(500).end('no such luck');
      if (typeof fate === 'object') throw new QueryError(fate.code, fate.text, fate.text);
      const result = await run(searchParams.get('database'), sql, query === null ? null : body);
      if (fate === 'cut_after') return void response.destroy();
      if (fate === 'fail_after') return void response.writeHead(500).end('no such luck');
      response.end(result);
    } catch (error) {
      const { number, status, message } = QueryError.from(error);
      response.setHeader('X-ClickHouse-Exception-Code', number);
      response.writeHead(status).end(`${message} (version 26.7)\n`);
    }
  }

  async function run(database: string | null, sql: string, body: Buffer | null): Promise<Uint8Array> {
    const session = engine.connect();
    try {
      if (database !== null) await session.queryAsync(`USE ${identifier(database)}`);
      if (body === null || body.length === 0) return (await session.queryAsync(sql)).bytes();
      // The engine takes no body, so the same statement reads it from a file.
      const file = join(engine.incoming, `${randomUUID()}.avro`);
      await writeFile(file, body);
      const rewritten = sql.replace(' SETTINGS ', ` FROM INFILE ${literal(file)} SETTINGS `);
      if (rewritten === sql || !sql.endsWith(' FORMAT Avro')) throw new QueryError(62, 'SYNTAX_ERROR', sql);
      try {
        return (await session.queryAsync(rewritten)).bytes();
      } finally {
        await rm(file, { force: true });
      }
    } finally {
      session.close();
    }
  }

  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: taken } = server.address() as AddressInfo;
  self = {
    url: `http://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${taken}`,
    engine,
    heard,
    fate: () => 'ok',
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await engine.close();
    },
  };
  return self;
}

function authenticate({ headers }: IncomingMessage): void {
  const wanted = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
  if (headers.authorization === wanted) return;
  throw new QueryError(516, 'AUTHENTICATION_FAILED', 'fleet: Authentication failed: password is incorrect');
}
