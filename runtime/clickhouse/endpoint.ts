import { hash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { brotliCompress, deflate, gzip, zstdCompress } from 'node:zlib';
import { compressedBlocks } from './blocks.ts';
import { QueryError } from './error.ts';
import { COLUMNS_MARKED, markedBlocks } from './native.ts';
import type { Queries, ReadResult } from './queries.ts';
import { type Asked, addressOf, readRequest } from './request.ts';

/** ClickHouse's own port for HTTP. */
const PORT_DEFAULT = 8123;
/** A client that sends no whole request for so long is gone. */
const REQUEST_MS_MAX = 30_000;
const CONNECTIONS_MAX = 256;
/** How long answers may go on once the endpoint closes. */
const CLOSE_MS_MAX = 2_000;
/** Below this, compression costs more than it saves. */
const COMPRESS_BYTES_MIN = 1024;

/** Where the endpoint listens, and whom it serves. */
export interface EndpointOptions {
  readonly queries: Queries;
  /** Loopback unless said otherwise. */
  readonly host?: string;
  /** 8123 unless said otherwise; 0 takes a free one. */
  readonly port?: number;
  /** Whoever knows it may read; without one everybody who reaches the port may. The user's name does not matter. */
  readonly password?: string;
}

/** ClickHouse's HTTP interface over the database of this process, for readers. */
export interface Endpoint {
  readonly url: string;
  /** Lets running answers end, within two seconds. */
  close(): Promise<void>;
}

/** Starts to listen. Rejects as `server.listen` does, for instance with EADDRINUSE. */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { host = '127.0.0.1', port = PORT_DEFAULT } = options;
  const connections = new WeakMap<Socket, AbortSignal>();
  const server = createServer({ requestTimeout: REQUEST_MS_MAX }, (request, response) => {
    const gone = connections.get(request.socket) ?? AbortSignal.abort();
    answer(options, request, response, gone).catch(() => response.destroy());
  });
  // By the connection: of pipelined requests, those whose turn has not come are told nothing of its end.
  server.on('connection', (socket: Socket) => {
    const gone = new AbortController();
    connections.set(socket, gone.signal);
    socket.once('close', () => gone.abort());
  });
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { address, family, port: taken } = server.address() as AddressInfo;
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Queries are cancelled by then; who reads slowly does not hold up the end.
    const late = setTimeout(() => server.closeAllConnections(), CLOSE_MS_MAX);
    server.close(() => {
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });
}

async function answer(
  options: EndpointOptions,
  request: IncomingMessage,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const { queries } = options;
  response.setHeader('X-ClickHouse-Server-Display-Name', hostname());
  response.setHeader('X-ClickHouse-Timezone', queries.timezone);
  try {
    const { pathname, searchParams } = addressOf(request);
    if (pathname === '/ping' || pathname === '/replicas_status') return plain(response, 200, 'Ok.\n');
    if (pathname !== '/' && pathname !== '/query') return plain(response, 404, `There is no handle ${pathname}\n`);
    if (!['GET', 'HEAD', 'POST'].includes(request.method ?? '')) return plain(response, 405, 'Send GET or POST.\n');
    const isEmpty = request.method !== 'POST' && !searchParams.has('query');
    if (isEmpty) return plain(response, 200, 'Ok.\n');
    const asked = await readRequest(request);
    const queryId = asked.queryId ?? randomUUID();
    if (!/[^\x20-\x7e]/.test(queryId)) response.setHeader('X-ClickHouse-Query-Id', queryId);
    authenticate(asked, options.password);
    const result = await queries.run(asked.query, gone);
    await send(request, response, asked, result);
  } catch (error) {
    refuse(response, queries.version, QueryError.from(error));
  }
}

function authenticate({ user, password }: Asked, wanted: string | undefined): void {
  if (wanted === undefined) return;
  const digest = (text: string) => hash('sha256', text, 'buffer');
  if (timingSafeEqual(digest(password), digest(wanted))) return;
  throw new QueryError(516, 'AUTHENTICATION_FAILED', `${user}: Authentication failed: password is incorrect`);
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
  result: ReadResult,
): Promise<void> {
  const { format, rows, rowBytes, elapsedMs } = result;
  const isMarked = format === 'Native' && asked.protocolVersion >= COLUMNS_MARKED;
  const bytes = isMarked ? markedBlocks(result.bytes) : result.bytes;
  const zero = Object.fromEntries(['written_rows', 'written_bytes', 'total_rows_to_read'].map((name) => [name, '0']));
  // How much was read for them, the engine does not tell.
  const read = { read_rows: String(rows), read_bytes: String(rowBytes) };
  const made = { result_rows: String(rows), result_bytes: String(bytes.length) };
  const summary = { ...read, ...made, ...zero, elapsed_ns: String(Math.round(elapsedMs * 1e6)) };
  response.setHeader('X-ClickHouse-Format', format);
  response.setHeader('X-ClickHouse-Summary', JSON.stringify(summary));
  response.setHeader('Content-Type', CONTENT_TYPES[format] ?? contentType(format));
  // A page of another origin must not be able to read or to interpret what it made a browser ask.
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (asked.framed) {
    for (const block of compressedBlocks(bytes)) {
      if (!response.write(block)) await writable(response);
    }
    response.end();
    return;
  }
  const encoding = asked.compressible && bytes.length >= COMPRESS_BYTES_MIN ? encodingOf(request) : null;
  const body = encoding === null ? bytes : await (ENCODERS.get(encoding) as Encoder)(bytes);
  if (encoding !== null) response.setHeader('Content-Encoding', encoding);
  response.setHeader('Content-Length', body.length);
  response.end(body);
}

function writable(response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    if (response.destroyed) reject(new Error('the client has gone'));
    response.once('drain', resolve);
    response.once('close', () => reject(new Error('the client has gone')));
  });
}

type Encoder = (bytes: Uint8Array) => Promise<Buffer>;

/** In the order of preference. */
const ENCODERS: ReadonlyMap<string, Encoder> = new Map<string, Encoder>([
  ['zstd', (bytes) => promisify(zstdCompress)(bytes)],
  ['gzip', (bytes) => promisify(gzip)(bytes, { level: 1 })],
  ['deflate', (bytes) => promisify(deflate)(bytes, { level: 1 })],
  ['br', (bytes) => promisify(brotliCompress)(bytes)],
]);

function encodingOf(request: IncomingMessage): string | null {
  const header = request.headers['accept-encoding'] ?? '';
  const accepted = new Set(
    [header]
      .flat()
      .join()
      .split(',')
      .map((one) => one.split(';')[0]?.trim().toLowerCase()),
  );
  return [...ENCODERS.keys()].find((name) => accepted.has(name)) ?? null;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  CSV: 'text/csv; charset=UTF-8; header=absent',
  CSVWithNames: 'text/csv; charset=UTF-8; header=present',
  CSVWithNamesAndTypes: 'text/csv; charset=UTF-8; header=present',
  JSONEachRow: 'application/x-ndjson; charset=UTF-8',
  Native: 'application/octet-stream',
  RowBinary: 'application/octet-stream',
  Parquet: 'application/octet-stream',
};

function contentType(format: string): string {
  if (/^JSON(Strings|Compact|CompactStrings|ColumnsWithMetadata)?$/.test(format))
    return 'application/json; charset=UTF-8';
  if (/^JSON.*EachRow/.test(format)) return 'application/x-ndjson; charset=UTF-8';
  if (/^(TabSeparated|TSV)/.test(format)) return 'text/tab-separated-values; charset=UTF-8';
  return /^(Arrow|Avro|BSON|MsgPack|Npy|ORC|RowBinary)/.test(format)
    ? 'application/octet-stream'
    : 'text/plain; charset=UTF-8';
}

function refuse(response: ServerResponse, version: string, error: QueryError): void {
  response.setHeader('X-ClickHouse-Exception-Code', error.number);
  plain(response, error.status, `${error.message} (version ${version})\n`);
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  // What is left of a body that was not read would be taken for the next request.
  if (status >= 400) response.setHeader('Connection', 'close');
  response.end(text);
}
