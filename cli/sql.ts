import { text } from 'node:stream/consumers';
import {
  type ClickHouseClient,
  ClickHouseError,
  ClickHouseLogLevel,
  createClient,
  type DataFormat,
} from '@clickhouse/client';
import type { Config } from '#runtime/config.ts';
import { notRunning, reachable } from './api.ts';
import { CommandError, systemCode } from './failure.ts';

const REQUEST_MS_MAX = 120_000;

/** ClickHouse's number of it. */
const SYNTAX_ERROR = '62';

/** What somebody who asked for what there is not does next. */
const NEXT: Readonly<Record<string, string>> = {
  UNKNOWN_TABLE: 'See which there are: SHOW TABLES.',
  UNKNOWN_IDENTIFIER: 'See the columns of a table: DESCRIBE telemetry.',
};

/** Runs a query on a running pipeline. Gives its answer in a format of ClickHouse. */
export async function sql(
  config: Config,
  query: string,
  format: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<string> {
  return withClickHouse(config, async (client) => {
    const pretty = { output_format_pretty_row_numbers: 0 } as const;
    const settings = { default_format: format as DataFormat, ...(format.startsWith('Pretty') ? pretty : {}) };
    const { stream } = await client.exec({ query, query_params: { ...parameters }, clickhouse_settings: settings });
    return text(stream);
  });
}

/** Asks the ClickHouse interface of a running pipeline, by the official client. Failures come as one line. */
export async function withClickHouse<T>(config: Config, work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
  const { clickhouse, tokens } = config;
  const own = `http://${reachable(clickhouse.host)}:${clickhouse.port}`;
  const url = clickhouse.url === null ? own : new URL(clickhouse.url).origin;
  const client = createClient({
    ...(clickhouse.url === null
      ? embedded(own, tokens.analyst)
      : { url: clickhouse.url, database: clickhouse.database }),
    application: 'fleetstream',
    request_timeout: REQUEST_MS_MAX,
    log: { level: ClickHouseLogLevel.OFF },
  });
  try {
    return await work(client);
  } catch (error) {
    throw failureOf(url, error);
  } finally {
    await client.close();
  }
}

function embedded(url: string, password: string | null) {
  return { url, database: 'fleet', ...(password === null ? {} : { password }) };
}

/** What the client reports, as a line for people. What is no failure of a query or a connection stays as it is. */
export function failureOf(url: string, error: unknown): unknown {
  if (error instanceof CommandError) return error;
  if (error instanceof ClickHouseError) {
    if (error.type === 'AUTHENTICATION_FAILED') {
      const next =
        'set FLEETSTREAM_TOKENS_ANALYST to the one that the pipeline runs with, or the password in FLEETSTREAM_CLICKHOUSE_URL';
      return new CommandError('authentication_failed', `the tables want a password; ${next}.`, { cause: error });
    }
    const [message = ''] = error.message.split('\n');
    // The client takes the word at which the engine stopped for the name of the error, where it is all capitals.
    const isWord = error.code === SYNTAX_ERROR && error.type !== 'SYNTAX_ERROR';
    if (isWord) return new CommandError('syntax_error', `${message.trim()} (${error.type ?? ''}).`, { cause: error });
    const next = NEXT[error.type ?? ''];
    const told = next === undefined ? message.trim() : `${message.trim()} ${next}`;
    return new CommandError((error.type ?? 'query_failed').toLowerCase(), told, { cause: error });
  }
  if (systemCode(error) === null && error instanceof Error && error.name === 'Error') {
    // The client gives the text of an answer that no ClickHouse sends as a plain error.
    const next = 'something else listens there; set FLEETSTREAM_CLICKHOUSE_PORT to the port of the pipeline';
    return new CommandError('not_fleetstream', `${url} does not answer as ClickHouse does; ${next}.`, { cause: error });
  }
  if (systemCode(error) === null) return error;
  return notRunning(url, 'FLEETSTREAM_CLICKHOUSE_PORT', error);
}
