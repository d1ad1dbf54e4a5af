import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { isLoopback, type Report } from './transport.ts';

/** Answers 404 on unknown paths, and 405 on known ones. Comes before the routes. */
export function answerUnknown(app: FastifyInstance): void {
  const routes: { readonly method: string; readonly path: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const path = new RegExp(`^${url.replaceAll('.', '\\.').replace(/:[^/]+/g, '[^/]+')}$`);
    for (const each of [method].flat()) routes.push({ method: each, path });
  });
  app.setNotFoundHandler(async ({ url, method }, reply) => {
    const [path = ''] = url.split('?', 1);
    const allowed = routes.filter((route) => route.path.test(path)).map((route) => route.method);
    if (allowed.length === 0) {
      const detail = 'no such route; GET /v1/openapi.json lists them';
      return reply.code(404).send({ code: 'not_found', detail, path: '' });
    }
    const allow = allowed.join(', ');
    const detail = `${method} does not go here; use ${allow}`;
    return reply.code(405).header('allow', allow).send({ code: 'method_not_allowed', detail, path: '' });
  });
}

/** A page in a browser can point a name of its own at this machine; its requests carry that name. */
export function refuseForeignHosts(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (isLoopback(request.hostname)) return undefined;
    const detail = 'this server listens on loopback and answers to localhost, 127.0.0.1 and [::1] only';
    return reply.code(403).send({ code: 'host_refused', detail, path: '' });
  });
}

/** Answers what a handler, or Fastify before it, throws. */
export function answerFailure(error: unknown, reply: FastifyReply, report: Report): FastifyReply {
  const { statusCode = 500, message } = error as { readonly statusCode?: number; readonly message: string };
  if (statusCode < 500) {
    const detail = 'the request is not valid HTTP';
    return reply.code(statusCode).send({ code: 'request_malformed', detail, path: '' });
  }
  report.error({ code: 'request_failed', error: message }, 'a request failed');
  return reply.code(500).send({ code: 'internal', detail: 'the server failed; its log says why', path: '' });
}

/** Answers what is no HTTP; whose it is cannot be told. */
export function answerBroken(count: () => void): (error: Error & { readonly code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    count();
    const { status, ...answer } = BROKEN[error.code ?? ''] ?? MALFORMED;
    const body = JSON.stringify({ ...answer, path: '' });
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    socket.destroy();
  };
}

interface Broken {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

const MALFORMED: Broken = { status: 400, code: 'request_malformed', detail: 'the request is not valid HTTP' };
const BROKEN: Readonly<Record<string, Broken | undefined>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: 'request_timeout', detail: 'the request took too long to arrive' },
  HPE_HEADER_OVERFLOW: { status: 431, code: 'headers_too_large', detail: 'the headers are too large' },
};
