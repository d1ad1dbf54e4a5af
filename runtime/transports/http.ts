import type { AddressInfo } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Connector, HttpRoute, Message, Source } from '#sdk';
import type { Ingress, Outcome } from '../ingress/ingress.ts';
import { BODY_BYTES_MAX, inflate, reservationOf, BodyRefused } from './body.ts';
import {
  isLoopback,
  type Listen,
  listenError,
  type Report,
  requireToken,
  sameSecret,
  type Tokens,
} from './transport.ts';

/** Open connections. */
export const CONNECTIONS_MAX = 2_000;

/** Bytes of bodies, inflated, that are being received or worked on. */
export const BODIES_BYTES_MAX = 128 * 1024 * 1024;

/** A request that takes longer to arrive is cut off. */
const REQUEST_MS_MAX = 30_000;

/** Seconds after which a sender that was told to wait may come again. */
const RETRY_AFTER_S = 1;

/** A running HTTP listener. */
export interface HttpTransport {
  /** As bound: differs from the configured one when that is 0. */
  readonly port: number;
  /** Answers what has arrived, then stops. */
  close(): Promise<void>;
}

/** What the HTTP transport stands on. */
export interface HttpOptions extends Tokens {
  readonly listen: Listen;
  readonly connectors: readonly Connector[];
  readonly ingress: Ingress;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly region: string | null;
  /** The OpenAPI document. */
  readonly openapi: object;
  /** True while events can be taken. */
  readonly isReady: () => boolean;
  readonly report: Report;
  readonly bodyBytesMax?: number;
}

type Http = Connector<Extract<Source, { kind: 'http' }>>;

/** Listens for the connectors whose source is HTTP. Rejects with a TransportError when it cannot. */
export async function startHttp(options: HttpOptions): Promise<HttpTransport> {
  const { listen, connectors, bodyBytesMax = BODY_BYTES_MAX } = options;
  requireToken('HTTP', listen, options);
  const app = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: REQUEST_MS_MAX,
    connectionTimeout: REQUEST_MS_MAX * 2,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    CONTENT_TYPES,
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => body,
  );
  answerFaults(app, options);
  if (isLoopback(listen.host)) refuseForeignHosts(app);
  boundBodies(app, bodyBytesMax);
  for (const connector of connectors.filter(isHttp)) {
    for (const route of connector.source.routes) addRoute(app, connector, route, options);
  }
  app.get('/v1/openapi.json', async () => options.openapi);
  app.get('/health/live', async () => ({ status: 'live' }));
  for (const url of ['/health', '/health/ready']) {
    app.get(url, async (_request, reply) => {
      const isReady = options.isReady();
      return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not_ready' });
    });
  }
  try {
    await app.listen({ host: listen.host, port: listen.port });
  } catch (error) {
    await app.close();
    throw listenError('HTTP', listen, error);
  }
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
}

const NDJSON = 'application/x-ndjson';
const CONTENT_TYPES = ['application/json', NDJSON];

function isHttp(connector: Connector): connector is Http {
  return connector.source.kind === 'http';
}

function addRoute(app: FastifyInstance, connector: Http, route: HttpRoute, options: HttpOptions): void {
  const { ingress, clock, region, bodyBytesMax = BODY_BYTES_MAX } = options;
  app.route({
    method: route.method,
    url: route.path,
    // Before the body is read: a stranger's bytes are not worth the memory.
    onRequest: async (request, reply) => authorize(request, reply, route, options),
    handler: async (request, reply) => {
      const contentType = mediaType(request.headers);
      const message: Message = {
        address: `${route.method} ${route.path}`,
        params: request.params as Record<string, string>,
        contentType,
        body: await inflate(asBytes(request.body), request.headers['content-encoding'], bodyBytesMax),
        receivedAt: clock(),
        sourceAddress: request.ip,
        region,
      };
      return answer(reply, await ingress.publish(connector, message), contentType === NDJSON);
    },
  });
}

function asBytes(body: unknown): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

function mediaType(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function answer(reply: FastifyReply, outcome: Outcome, isBatch: boolean): FastifyReply {
  if (outcome.kind === 'busy') return tellLater(reply, 429, 'busy', 'too much is in flight; send this again');
  if (outcome.kind === 'refused')
    return tellLater(reply, 503, 'log_refused', 'the log cannot take events now; send this again');
  const { items } = outcome;
  const accepted = items.filter(({ kind }) => kind === 'accepted').length;
  const [first] = items;
  if (accepted === items.length) {
    // By its id the sender finds what became of an event; for a batch the ids would be as long as the batch.
    return reply
      .code(202)
      .send(!isBatch && first?.kind === 'accepted' ? { accepted, eventId: first.eventId } : { accepted });
  }
  if (items.length === 1 && first?.kind === 'rejection' && (!isBatch || STATUS_OF[first.code] !== undefined)) {
    const { code, detail, path } = first;
    return reply.code(STATUS_OF[code] ?? 400).send({ code, detail, path });
  }
  const parts = items.map((item, index) => {
    if (item.kind === 'accepted') return { index, status: 202 };
    const { code, detail, path } = item;
    return { index, status: STATUS_OF[code] ?? 400, code, detail, path };
  });
  const rejected = items.length - accepted;
  if (accepted > 0) return reply.code(207).send({ accepted, rejected, items: parts });
  const detail = `none of the ${rejected} events could be accepted`;
  return reply.code(400).send({ code: 'batch_rejected', detail, path: '', accepted, rejected, items: parts });
}

/** Rejections that HTTP has a status of its own for. */
const STATUS_OF: Readonly<Record<string, number | undefined>> = {
  payload_too_large: 413,
  batch_too_large: 413,
};

function tellLater(reply: FastifyReply, status: 429 | 503, code: string, detail: string): FastifyReply {
  return reply.code(status).header('retry-after', RETRY_AFTER_S).send({ code, detail, path: '' });
}

function authorize(
  request: FastifyRequest,
  reply: FastifyReply,
  route: HttpRoute,
  tokens: Tokens,
): FastifyReply | undefined {
  const { deviceToken, operatorToken } = tokens;
  if (deviceToken === undefined && operatorToken === undefined) return undefined;
  const { authorization = '' } = request.headers;
  const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (sameSecret(given, operatorToken)) return undefined;
  const isDevice = sameSecret(given, deviceToken);
  if (isDevice && route.sender === 'device') return undefined;
  if (isDevice)
    return reply.code(403).send({ code: 'operator_only', detail: 'this needs the operator token', path: '' });
  const detail = 'send the header "Authorization: Bearer <token>" with a token of this server';
  return reply.code(401).header('www-authenticate', 'Bearer').send({ code: 'unauthorized', detail, path: '' });
}

/** A page in a browser can point a name of its own at this machine; its requests carry that name. */
function refuseForeignHosts(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (isLoopback(request.hostname)) return undefined;
    const detail = 'this server listens on loopback and answers to localhost, 127.0.0.1 and [::1] only';
    return reply.code(403).send({ code: 'host_refused', detail, path: '' });
  });
}

/** Counts the bytes that bodies may come to before they are read, and refuses above the bound. */
function boundBodies(app: FastifyInstance, bodyBytesMax: number): void {
  let reserved = 0;
  const held = new WeakMap<object, number>();
  app.addHook('onRequest', async (request, reply) => {
    const bytes = reservationOf(request.headers, bodyBytesMax);
    if (bytes === 0) return undefined;
    if (reserved + bytes > BODIES_BYTES_MAX)
      return tellLater(reply, 429, 'busy', 'too many bodies are in flight; send this again');
    reserved += bytes;
    held.set(request.raw, bytes);
    // Closes once in every case: answered, aborted, or timed out.
    reply.raw.once('close', () => {
      reserved -= held.get(request.raw) ?? 0;
      held.delete(request.raw);
    });
    return undefined;
  });
}

function answerFaults(app: FastifyInstance, { report }: HttpOptions): void {
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send({ code: 'not_found', detail: 'no such route; GET /v1/openapi.json lists them', path: '' }),
  );
  app.setErrorHandler(async (error: unknown, _request, reply) => {
    const {
      code,
      statusCode = 500,
      message,
    } = error as { readonly code?: string; readonly statusCode?: number; readonly message: string };
    if (error instanceof BodyRefused)
      return reply.code(error.statusCode).send({ code: error.code, detail: error.message, path: '' });
    const known = FAULTS[code ?? ''];
    if (known !== undefined) return reply.code(statusCode).send({ ...known, path: '' });
    if (statusCode < 500)
      return reply
        .code(statusCode)
        .send({ code: 'request_malformed', detail: 'the request is not valid HTTP', path: '' });
    report.error({ code: 'request_failed', error: message }, 'a request failed');
    return reply.code(500).send({ code: 'internal', detail: 'the server failed; its log says why', path: '' });
  });
}

const FAULTS: Readonly<Record<string, { readonly code: string; readonly detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'body_too_large', detail: `a body has at most ${BODY_BYTES_MAX} bytes` },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'media_type_unknown',
    detail: `send application/json, or ${NDJSON} for a batch`,
  },
};
