import type { AddressInfo } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { type Connector, type HttpRoute, type Message, reject, type Source } from '#sdk';
import { BODY_BYTES_MAX, type Fault, receiveBody, refuseBody, reservationOf } from './body.ts';
import { answer, tellLater } from './http-answer.ts';
import { readiness } from '../readiness.ts';
import { addOperations, type Operation } from './http-operations.ts';
import { answerBroken, answerFailure, answerUnknown, refuseForeignHosts } from './http-faults.ts';
import {
  ADDRESS_LENGTH_MAX,
  isLoopback,
  type ListenerOptions,
  listenError,
  requireToken,
  sameSecret,
} from './transport.ts';

/** Open connections. */
export const CONNECTIONS_MAX = 2_000;

/** Bytes of bodies, inflated, that are being received or worked on. */
export const BODIES_BYTES_MAX = 128 * 1024 * 1024;

/** A request that takes longer to arrive is cut off. */
const REQUEST_MS_MAX = 30_000;
/** How long requests that have arrived may take once the listener closes. */
const CLOSE_MS_MAX = 2_000;

/** A running HTTP listener. */
export interface HttpTransport {
  /** As bound: differs from the configured one when that is 0. */
  readonly port: number;
  /** Answers what has arrived, within two seconds, then stops. */
  close(): Promise<void>;
}

/** What the HTTP transport stands on. */
export interface HttpOptions extends ListenerOptions {
  /** The OpenAPI document. */
  readonly openapi: object;
  /** Names of what is missing to be ready; none while all is well. */
  readonly missing: () => Promise<readonly string[]>;
  /** What operators may ask of this process. */
  readonly operations?: readonly Operation[];
  readonly bodyBytesMax?: number;
}

type Http = Connector<Extract<Source, { kind: 'http' }>>;

/** Listens for the connectors whose source is HTTP. Rejects with a TransportError when it cannot. */
export async function startHttp(options: HttpOptions): Promise<HttpTransport> {
  const { listen, connectors, ingress, bodyBytesMax = BODY_BYTES_MAX } = options;
  requireToken('HTTP', listen, options);
  let isClosing = false;
  const app = fastify({
    requestTimeout: REQUEST_MS_MAX,
    connectionTimeout: REQUEST_MS_MAX * 2,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void answerUrl(request, reply, error.statusCode ?? 400, options),
    clientErrorHandler: answerBroken(() => ingress.turnAway()),
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  // The handlers read bodies: Fastify would throw away what it refuses.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async () => undefined);
  answerUnknown(app);
  app.setErrorHandler(async (error: Error & { readonly code?: string }, request, reply) => {
    // A Content-Type that is none reaches no handler.
    if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return refuseMediaType(request, reply, options);
    return answerFailure(error, reply, options.report);
  });
  app.addHook('onRequest', async (_request, reply) => {
    if (isClosing) return tellLater(reply, 503, 'closing', 'the server ends; send this again');
    return undefined;
  });
  if (isLoopback(listen.host)) refuseForeignHosts(app);
  boundBodies(app, bodyBytesMax);
  for (const connector of connectors.filter(isHttp)) {
    for (const route of connector.source.routes) addRoute(app, connector, route, options);
  }
  addOwnRoutes(app, options);
  addOperations(app, options.operations ?? [], (request) => senderOf(request, options) === 'operator');
  try {
    await app.listen({ host: listen.host, port: listen.port });
  } catch (error) {
    await app.close();
    throw listenError('HTTP', listen, error);
  }
  return {
    port: (app.server.address() as AddressInfo).port,
    close: async () => {
      isClosing = true;
      // Who sends slowly, or reads slowly, does not hold up the end; what has no answer is sent again.
      const late = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS_MAX);
      await app.close();
      clearTimeout(late);
    },
  };
}

function addOwnRoutes(app: FastifyInstance, { openapi, missing }: HttpOptions): void {
  app.get('/v1/openapi.json', async () => openapi);
  app.get('/health/live', async () => ({ status: 'live' }));
  for (const url of ['/health', '/health/ready']) {
    app.get(url, async (_request, reply) => {
      const { status, body } = readiness(await missing());
      return reply.code(status).send(body);
    });
  }
}

const NDJSON = 'application/x-ndjson';
const CONTENT_TYPES = ['application/json', NDJSON];

function isHttp(connector: Connector): connector is Http {
  return connector.source.kind === 'http';
}

/** Origin of what came by no connector's route. */
const TRANSPORT = 'http';

function addRoute(app: FastifyInstance, connector: Http, route: HttpRoute, options: HttpOptions): void {
  const { ingress, bodyBytesMax = BODY_BYTES_MAX } = options;
  app.route({
    method: route.method,
    url: route.path,
    // Before the body is read: a stranger's bytes are not worth the memory.
    onRequest: async (request, reply) => authorize(request, reply, connector, route, options),
    handler: async (request, reply) => {
      const contentType = mediaType(request.headers);
      if (!CONTENT_TYPES.includes(contentType)) return refuseMediaType(request, reply, options, connector);
      const body = await receiveBody(request.raw, bodyBytesMax);
      if ('kind' in body) return refuse(request, reply, body, options, connector.name);
      const address = `${route.method} ${route.path}`;
      const message = { ...messageOf(request, body, options), address, contentType };
      return answer(reply, await ingress.publish(connector, message), contentType === NDJSON);
    },
  });
}

/** A message whose address is the path as it came. */
function messageOf(request: FastifyRequest, body: Buffer, { clock, region }: HttpOptions): Message {
  const [path = ''] = request.url.split('?', 1);
  return {
    address: `${request.method} ${path}`.slice(0, ADDRESS_LENGTH_MAX),
    params: (request.params ?? {}) as Record<string, string>,
    contentType: mediaType(request.headers),
    body,
    receivedAt: clock(),
    sourceAddress: request.ip,
    region,
    traceparent: request.headers['traceparent'] as string | undefined,
  };
}

/** Answers once the dead letter is in the log. */
async function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  { code, status, detail, kept }: Fault,
  options: HttpOptions,
  origin: string,
): Promise<FastifyReply> {
  // What was not read of the body would be read as the next request.
  if (!request.raw.complete) reply.header('connection', 'close');
  // A sender that went away comes again with the whole.
  if (request.raw.complete || !request.raw.destroyed) {
    const outcome = await options.ingress.refuse(origin, messageOf(request, kept, options), reject(code, detail));
    if (outcome.kind !== 'taken') return answer(reply, outcome, false);
  }
  return reply.code(status).send({ code, detail, path: '' });
}

async function refuseMediaType(
  request: FastifyRequest,
  reply: FastifyReply,
  options: HttpOptions,
  connector?: Http,
): Promise<FastifyReply> {
  const detail = `send application/json, or ${NDJSON} for a batch`;
  const fault = await refuseBody(request.raw, 'media_type_unknown', 415, detail);
  return refuse(request, reply, fault, options, connector?.name ?? TRANSPORT);
}

/** A path that no router can read reaches no hook and no error handler, so both are here. */
async function answerUrl(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  options: HttpOptions,
): Promise<void> {
  try {
    await refuseUrl(request, reply, status, options);
  } catch (error) {
    answerFailure(error, reply, options.report);
  }
}

async function refuseUrl(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  options: HttpOptions,
): Promise<FastifyReply> {
  const code = status === 414 ? 'url_too_long' : 'url_malformed';
  const detail =
    status === 414
      ? 'a part of the path is too long'
      : 'the path is not valid: a % stands before two hexadecimal digits';
  const isForeign = isLoopback(options.listen.host) && !isLoopback(request.hostname);
  if (isForeign || senderOf(request, options) === null) {
    options.ingress.turnAway();
    return reply.code(status).header('connection', 'close').send({ code, detail, path: '' });
  }
  return refuse(request, reply, await refuseBody(request.raw, code, status, detail), options, TRANSPORT);
}

function mediaType(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

async function authorize(
  request: FastifyRequest,
  reply: FastifyReply,
  connector: Http,
  route: HttpRoute,
  options: HttpOptions,
): Promise<FastifyReply | undefined> {
  const sender = senderOf(request, options);
  if (sender === 'operator' || sender === route.sender) return undefined;
  if (sender === 'device') {
    const fault = await refuseBody(request.raw, 'operator_only', 403, 'this needs the operator token');
    return refuse(request, reply, fault, options, connector.name);
  }
  options.ingress.turnAway();
  const detail = 'send the header "Authorization: Bearer <token>" with a token of this server';
  return reply.code(401).header('www-authenticate', 'Bearer').send({ code: 'unauthorized', detail, path: '' });
}

/** Whose token the request carries; without tokens everyone on this machine may all, and null is a stranger. */
function senderOf(
  { headers }: FastifyRequest,
  { deviceToken, operatorToken }: HttpOptions,
): HttpRoute['sender'] | null {
  if (deviceToken === undefined && operatorToken === undefined) return 'operator';
  const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (sameSecret(given, operatorToken)) return 'operator';
  return sameSecret(given, deviceToken) ? 'device' : null;
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
