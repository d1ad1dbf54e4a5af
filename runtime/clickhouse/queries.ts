import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseEngine } from './engine.ts';
import { QueryError } from './error.ts';
import type { SentTable } from './form.ts';
import { Places } from './places.ts';
import { prepare, TEXT_TYPES, TIMEZONE } from './settings.ts';
import { identifier, literal } from './sql.ts';
import { checkIdentifiers, forbiddenFunctions, readOnly, type Statement } from './statement.ts';

/** How long running queries may go on once the database closes; then they are cancelled. */
const CLOSE_GRACE_MS = 1_000;
/** Inserts go on: they are the log's, and end by themselves. */
const KILL_READERS = "KILL QUERY WHERE query_kind = 'Select' ASYNC";
/** A query that the engine has not begun yet cannot be cancelled, so this is tried again. */
const KILL_AGAIN_MS = 200;

/** A question to the database. */
export interface ReadQuery {
  readonly sql: string;
  readonly database: string | null;
  /** Used where the statement has no FORMAT clause. */
  readonly format: string;
  readonly settings: ReadonlyMap<string, string>;
  /** Values of `{name:Type}`, escaped as TSV is. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Sent along, none unless said. */
  readonly tables?: readonly SentTable[];
}

/** Its answer, in its format. */
export interface ReadResult {
  readonly format: string;
  readonly bytes: Uint8Array;
  /** Rows of the answer, and bytes that they take inside the engine. */
  readonly rows: number;
  readonly rowBytes: number;
  readonly elapsedMs: number;
}

/** Answers queries that only read. */
export interface Queries {
  readonly version: string;
  readonly timezone: string;
  /** Rejects with `QueryError`; once the signal comes the query is cancelled, or never begins. */
  run(query: ReadQuery, signal?: AbortSignal): Promise<ReadResult>;
  /** Refuses new queries and waits for those that run, cancelling them after a second. */
  close(): Promise<void>;
}

/** Opens the database to readers: each query has a connection of its own, which cannot write. */
export async function openQueries(engine: ClickHouseEngine): Promise<Queries> {
  const rows = async (query: string) =>
    (await engine.client.query({ query, format: 'JSONEachRow' })).json<Record<string, string>>();
  const names = async (query: string) => (await rows(query)).map(({ name }) => name as string);
  const [server] = await rows('SELECT version() AS version');
  const forbidden = forbiddenFunctions(await names('SELECT name FROM system.table_functions'));
  const types = TEXT_TYPES.map(literal).join(', ');
  const texts = new Set(await names(`SELECT name FROM system.settings WHERE type IN (${types})`));
  const places = new Places();
  const answer = (query: ReadQuery, statement: Statement, signal: AbortSignal) => {
    const settings = new Map([...query.settings, ...statement.settings]);
    const format = statement.format ?? query.format;
    if (!/^\w+$/.test(format)) throw new QueryError(73, 'UNKNOWN_FORMAT', `Unknown format ${format}`);
    checkIdentifiers(statement, query.parameters);
    const mark = `fleetstream:${randomUUID()}`;
    // To `readonly = 1` every setting looks as if it could not be set, though it can, before it.
    const readonly = statement.looksAtSettings ? 2 : 1;
    return places.hold(signal, async () => {
      const watch = cancelOn(signal, engine, mark);
      try {
        return await withTables(engine, query.tables ?? [], (tables) => {
          const preparation = prepare(query, { settings, texts, mark, readonly, tables });
          return execute(engine, preparation, statement.sql, format, signal);
        });
      } finally {
        watch.end();
      }
    });
  };
  return {
    version: server?.['version'] ?? '',
    timezone: TIMEZONE,
    run: async (query, signal = new AbortController().signal) => {
      try {
        return await answer(query, readOnly(query.sql, forbidden), signal);
      } catch (error) {
        // What ClickHouse cannot parse is an error of syntax; what it can, and would do more than read, is refused.
        const isRefused = error instanceof QueryError && error.code === 'READONLY';
        if (isRefused) await places.hold(signal, () => parse(engine, query.sql, signal));
        throw error;
      }
    },
    close: async () => {
      const grace = setTimeout(
        () => void engine.client.command({ query: KILL_READERS }).catch(() => {}),
        CLOSE_GRACE_MS,
      );
      await places.close();
      clearTimeout(grace);
    },
  };
}

/** Lays tables down as files, which the engine reads into temporary ones. */
async function withTables<T>(
  { incoming }: ClickHouseEngine,
  tables: readonly SentTable[],
  work: (creations: readonly string[]) => Promise<T>,
): Promise<T> {
  const files = tables.map((table) => ({ table, file: join(incoming, `${randomUUID()}.sent`) }));
  try {
    for (const { table, file } of files) await writeFile(file, table.bytes);
    return await work(files.map(({ table, file }) => creation(table, file)));
  } finally {
    for (const { file } of files) await rm(file, { force: true });
  }
}

function creation({ name, format, structure }: SentTable, file: string): string {
  const source = [file, format, structure].map(literal).join(', ');
  return `CREATE TEMPORARY TABLE ${identifier(name)} AS SELECT * FROM file(${source})`;
}

/** Parses a statement, which is data here and never executed. Rejects with the engine's error of syntax. */
async function parse(engine: ClickHouseEngine, sql: string, signal: AbortSignal): Promise<void> {
  const question = `SELECT ignore(formatQuery(${literal(sql.replace(/[;\s]+$/, ''))}))`;
  try {
    await execute(engine, 'SET implicit_select = 0; SET readonly = 1', question, 'Null', signal);
  } catch (error) {
    const { message } = QueryError.from(error);
    const [, syntax] =
      /DB::Exception: (Syntax error[^]*?)\.?(?:: In scope SELECT ignore[^]*)? \(SYNTAX_ERROR\)$/.exec(message) ?? [];
    if (syntax !== undefined) throw new QueryError(62, 'SYNTAX_ERROR', syntax);
  }
}

/** Cancels what runs under the mark, from the signal until it has ended. */
function cancelOn(signal: AbortSignal, engine: ClickHouseEngine, mark: string): { readonly end: () => void } {
  let ended = false;
  const cancel = async () => {
    const query = `KILL QUERY WHERE endsWith(Settings['log_comment'], ${literal(mark)}) ASYNC`;
    while (!ended) {
      // Where this fails, the query still ends by its limit of time.
      await engine.client.command({ query }).catch(() => {});
      await sleep(KILL_AGAIN_MS);
    }
  };
  const begin = () => void cancel();
  signal.addEventListener('abort', begin, { once: true });
  return {
    end() {
      ended = true;
      signal.removeEventListener('abort', begin);
    },
  };
}

async function execute(
  engine: ClickHouseEngine,
  preparation: string,
  sql: string,
  format: string,
  signal: AbortSignal,
): Promise<ReadResult> {
  const session = engine.connect();
  try {
    await session.queryAsync(preparation);
    signal.throwIfAborted();
    const started = performance.now();
    const result = await session.queryAsync(sql, { format });
    const elapsedMs = performance.now() - started;
    return { format, bytes: result.bytes(), rows: result.rowsRead, rowBytes: result.bytesRead, elapsedMs };
  } catch (error) {
    throw QueryError.from(error);
  } finally {
    session.close();
  }
}
