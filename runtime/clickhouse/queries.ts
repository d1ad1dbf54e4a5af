import { DATABASE } from './ddl.ts';
import type { ClickHouseEngine } from './engine.ts';
import { QueryError } from './error.ts';
import { identifier, literal } from './sql.ts';
import { forbiddenFunctions, readOnly } from './statement.ts';

/** Queries that run at once: inserts, files and the log share the pool of threads with them. */
const RUNNING_MAX = 2;
/** Queries that wait for a place. */
const WAITING_MAX = 64;

/** How long running queries may go on once the database closes; then they are cancelled. */
const CLOSE_GRACE_MS = 1_000;
/** Inserts go on: they are the log's, and end by themselves. */
const KILL_READERS = "KILL QUERY WHERE query_kind = 'Select' ASYNC";

/** What one query may take; a reader may ask for less. */
const LIMITS: Readonly<Record<string, number>> = {
  max_execution_time: 60,
  max_memory_usage: 400 * 1024 * 1024,
  max_result_bytes: 128 * 1024 * 1024,
  max_result_rows: 1_000_000,
  max_threads: 2,
};

/** Settings that name files or hosts, or that would lift what holds a reader back. */
const FORBIDDEN_SETTING =
  /schema|template|path|file|folder|director|disk|storage|url|uri|host|cluster|backup|allow_ddl|introspection|udf|executable/;

/** Settings of the HTTP interface, which its endpoint answers, and of other servers. */
const NO_SETTING =
  /^(http_|send_progress_in_http|enable_http_compression$|wait_end_of_query$|add_http_cors_header$|readonly$)/;

/** Of values without a time zone of their own, whatever the machine's is. */
const TIMEZONE = 'UTC';

/** A question to the database. */
export interface ReadQuery {
  readonly sql: string;
  readonly database: string | null;
  /** Used where the statement has no FORMAT clause. */
  readonly format: string;
  readonly settings: ReadonlyMap<string, string>;
  /** Values of `{name:Type}`, escaped as TSV is. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Its answer, in its format. */
export interface ReadResult {
  readonly format: string;
  readonly bytes: Uint8Array;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly elapsedMs: number;
}

/** Answers queries that only read. */
export interface Queries {
  readonly version: string;
  readonly timezone: string;
  /** Rejects with `QueryError`. */
  run(query: ReadQuery): Promise<ReadResult>;
  /** Refuses new queries and waits for those that run, cancelling them after a second. */
  close(): Promise<void>;
}

/** Opens the database to readers: each query has a connection of its own, which cannot write. */
export async function openQueries(engine: ClickHouseEngine): Promise<Queries> {
  const rows = async (query: string) =>
    (await engine.client.query({ query, format: 'JSONEachRow' })).json<Record<string, string>>();
  const [server] = await rows('SELECT version() AS version');
  const functions = await rows('SELECT name FROM system.table_functions');
  const forbidden = forbiddenFunctions(functions.map(({ name }) => name as string));
  const places = new Places();
  return {
    version: server?.['version'] ?? '',
    timezone: TIMEZONE,
    run: async (query) => {
      const statement = readOnly(query.sql, forbidden);
      const settings = new Map([...query.settings, ...statement.settings]);
      const format = statement.format ?? query.format;
      if (!/^\w+$/.test(format)) throw new QueryError(73, 'UNKNOWN_FORMAT', `Unknown format ${format}`);
      // To `readonly = 1` every setting looks as if it could not be set, though it can, before it.
      const preparation = prepare(query, settings, statement.looksAtSettings ? 2 : 1);
      return places.hold(() => execute(engine, preparation, statement.sql, format));
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

async function execute(
  engine: ClickHouseEngine,
  preparation: string,
  sql: string,
  format: string,
): Promise<ReadResult> {
  const session = engine.connect();
  try {
    await session.queryAsync(preparation);
    const started = performance.now();
    const result = await session.queryAsync(sql, { format });
    const { rowsRead, bytesRead } = result;
    return { format, bytes: result.bytes(), rowsRead, bytesRead, elapsedMs: performance.now() - started };
  } catch (error) {
    throw QueryError.from(error);
  } finally {
    session.close();
  }
}

/** What makes a connection a reader's; once it is, it stays so. */
function prepare(query: ReadQuery, settings: ReadonlyMap<string, string>, readonly: 1 | 2): string {
  const { database, parameters } = query;
  const sets = [`USE ${identifier(database || DATABASE)}`, `SET session_timezone = ${literal(TIMEZONE)}`];
  // An answer must not depend on whether this process has a terminal.
  sets.push('SET output_format_pretty_color = 0');
  for (const [name, value] of settings) {
    if (NO_SETTING.test(name)) continue;
    if (!/^\w+$/.test(name)) throw new QueryError(115, 'UNKNOWN_SETTING', `Unknown setting ${JSON.stringify(name)}`);
    if (FORBIDDEN_SETTING.test(name)) {
      throw new QueryError(452, 'SETTING_CONSTRAINT_VIOLATION', `Setting ${name} is not for readers`);
    }
    if (!(name in LIMITS)) sets.push(`SET ${identifier(name)} = ${literal(value)}`);
  }
  for (const [name, most] of Object.entries(LIMITS)) {
    const asked = Number(settings.get(name) ?? most);
    // Zero means without limit.
    sets.push(`SET ${name} = ${asked > 0 && asked < most ? asked : most}`);
  }
  for (const [name, value] of parameters) {
    if (!/^\w+$/.test(name))
      throw new QueryError(457, 'BAD_QUERY_PARAMETER', `Bad parameter name ${JSON.stringify(name)}`);
    sets.push(`SET param_${name} = ${literal(value)}`);
  }
  sets.push(`SET readonly = ${readonly}`);
  return sets.join('; ');
}

/** Few places, and a bounded queue before them. */
class Places {
  #running = 0;
  #closed = false;
  readonly #waiting: (() => void)[] = [];
  #idle: (() => void)[] = [];

  async hold<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new QueryError(236, 'ABORTED', 'The server is shutting down');
    if (this.#running >= RUNNING_MAX) {
      if (this.#waiting.length >= WAITING_MAX) {
        throw new QueryError(
          202,
          'TOO_MANY_SIMULTANEOUS_QUERIES',
          `Too many queries: ${WAITING_MAX} are waiting; try again`,
        );
      }
      await new Promise<void>((go) => this.#waiting.push(go));
    } else this.#running++;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) return next();
    this.#running--;
    if (this.#running === 0) for (const idle of this.#idle.splice(0)) idle();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running > 0) await new Promise<void>((idle) => this.#idle.push(idle));
  }
}
