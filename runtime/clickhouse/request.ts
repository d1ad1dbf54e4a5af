import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { contentOf } from './blocks.ts';
import { QueryError } from './error.ts';
import { declaresTable, formOf, sentTables } from './form.ts';
import type { ReadQuery } from './queries.ts';

/** Bytes of a request's body, before and after decompression. */
const BODY_BYTES_MAX = 1024 * 1024;

/** Parameters of the address that are neither settings nor values of the query. */
const OWN = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'session_id',
  'session_timeout',
  'session_check',
  'session_timezone',
  'user',
  'password',
  'quota_key',
  'role',
  'stacktrace',
  'compress',
  'decompress',
  'buffer_size',
  'client_protocol_version',
  'close_session',
]);

/** What a request asks, and how it wants the answer. */
export interface Asked {
  readonly query: ReadQuery;
  readonly queryId: string | null;
  /** `compress=1`: in ClickHouse's own blocks. */
  readonly framed: boolean;
  /** The address asks for HTTP compression; without that ClickHouse sends none. */
  readonly compressible: boolean;
  /** Of ClickHouse's own protocol, which the format Native follows; 0 where the client does not say. */
  readonly protocolVersion: number;
  readonly user: string;
  readonly password: string;
}

/** Reads a request as ClickHouse's HTTP interface does. Throws `QueryError`. */
export async function readRequest(request: IncomingMessage): Promise<Asked> {
  const { searchParams } = addressOf(request);
  const header = (name: string) => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : null;
  };
  const sent = await decoded(await bodyOf(request), header('content-encoding'));
  let body = isOn(searchParams.get('decompress')) ? unframed(sent) : sent;
  let files: ReadonlyMap<string, Uint8Array> = new Map();
  const contentType = header('content-type') ?? '';
  if (/^multipart\/form-data\b/i.test(contentType)) {
    const form = await formOf(body, contentType);
    // What stands in a form is as if it stood in the address, unless that says something else.
    for (const [name, value] of form.fields) if (!searchParams.has(name)) searchParams.set(name, value);
    [body, files] = [Buffer.alloc(0), form.files];
  }
  const sql = [searchParams.get('query') ?? '', body.toString()].filter((part) => part !== '').join('\n');
  const settings = new Map<string, string>();
  const parameters = new Map<string, string>();
  for (const [name, value] of searchParams) {
    if (name.startsWith('param_')) parameters.set(name.slice('param_'.length), value);
    else if (!OWN.has(name) && !declaresTable(name, files)) settings.set(name, value);
  }
  const timezone = searchParams.get('session_timezone');
  if (timezone !== null) settings.set('session_timezone', timezone);
  const format = searchParams.get('default_format') ?? header('x-clickhouse-format') ?? 'TabSeparated';
  const database = searchParams.get('database') ?? header('x-clickhouse-database');
  return {
    query: { sql, database, format, settings, parameters, tables: sentTables(files, searchParams) },
    queryId: searchParams.get('query_id'),
    framed: isOn(searchParams.get('compress')),
    protocolVersion: Number(searchParams.get('client_protocol_version') ?? 0),
    compressible: isOn(searchParams.get('enable_http_compression')),
    ...credentials(searchParams, header),
  };
}

/** The address of a request; its host is of no interest. */
export function addressOf(request: IncomingMessage): URL {
  try {
    return new URL(request.url ?? '/', 'http://localhost');
  } catch {
    throw new QueryError(1000, 'POCO_EXCEPTION', 'The address of the request cannot be read');
  }
}

function credentials(search: URLSearchParams, header: (name: string) => string | null) {
  const basic = /^basic (.+)$/i.exec(header('authorization') ?? '')?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString();
    const colon = text.indexOf(':');
    return { user: text.slice(0, Math.max(colon, 0)), password: text.slice(colon + 1) };
  }
  return {
    user: header('x-clickhouse-user') ?? search.get('user') ?? 'default',
    password: header('x-clickhouse-key') ?? search.get('password') ?? '',
  };
}

function isOn(value: string | null): boolean {
  return value === '1' || value === 'true';
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const DECODERS: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  gzip: (bytes) => promisify(gunzip)(bytes, { maxOutputLength: BODY_BYTES_MAX }),
  deflate: (bytes) => promisify(inflate)(bytes, { maxOutputLength: BODY_BYTES_MAX }),
  br: (bytes) => promisify(brotliDecompress)(bytes, { maxOutputLength: BODY_BYTES_MAX }),
  zstd: (bytes) => promisify(zstdDecompress)(bytes, { maxOutputLength: BODY_BYTES_MAX }),
};

async function decoded(body: Buffer, encoding: string | null): Promise<Buffer> {
  if (encoding === null || encoding === 'identity' || body.length === 0) return body;
  const decode = DECODERS[encoding.toLowerCase()];
  if (decode === undefined) throw new QueryError(48, 'NOT_IMPLEMENTED', `Content-Encoding ${encoding} is not served`);
  try {
    return await decode(body);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new QueryError(117, 'INCORRECT_DATA', `The body is not ${encoding}`, { cause: error });
  }
}

function unframed(body: Buffer): Buffer {
  try {
    return contentOf(body, BODY_BYTES_MAX);
  } catch (cause) {
    throw new QueryError(117, 'INCORRECT_DATA', `decompress=1: ${(cause as Error).message}`, { cause });
  }
}

function tooLarge(): QueryError {
  return new QueryError(62, 'SYNTAX_ERROR', `Max query size exceeded: a request may have ${BODY_BYTES_MAX} bytes`);
}
