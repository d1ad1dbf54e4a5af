import { once } from 'node:events';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { receiveBody } from './body.ts';

/** Where an operation is asked, and what the OpenAPI document says of it. */
export interface OperationAddress {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  /** JSON Schema of the question. */
  readonly question: object;
  /** What each line of the answer is. */
  readonly lines: string;
}

/** Something that operators ask of the running process: a JSON object, answered by lines of JSON. */
export interface Operation extends OperationAddress {
  /** Throws, with a message for people, before it answers where the question is none. */
  answer(question: unknown): AsyncIterable<object>;
}

const BODY_BYTES_MAX = 1024 * 1024;

/** Answers operations to whoever `isOperator`. A failure after the first line is a last line with its code. */
export function addOperations(
  app: FastifyInstance,
  operations: readonly Operation[],
  isOperator: (request: FastifyRequest) => boolean,
): void {
  for (const operation of operations) {
    app.post(operation.path, {
      onRequest: async (request, reply) => {
        if (isOperator(request)) return undefined;
        return reply.code(403).send({ code: 'operator_only', detail: 'this needs the operator token', path: '' });
      },
      handler: async (request, reply) => answer(operation, request, reply),
    });
  }
}

async function answer(operation: Operation, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  // A page of another site can send text, and JSON only where it is let.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return refuse(reply, 415, 'media_type_unknown', 'send application/json');
  }
  const body = await receiveBody(request.raw, BODY_BYTES_MAX);
  if ('kind' in body) return refuse(reply, body.status, body.code, body.detail);
  let lines: AsyncIterable<object>;
  try {
    lines = operation.answer(JSON.parse(body.toString()));
  } catch (error) {
    return refuse(reply, 400, 'operation_malformed', (error as Error).message);
  }
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { 'content-type': 'application/x-ndjson' });
  try {
    for await (const line of lines) {
      if (raw.destroyed) break;
      if (!raw.write(`${JSON.stringify(line)}\n`)) await Promise.race([once(raw, 'drain'), once(raw, 'close')]);
    }
  } catch (error) {
    const { code = 'internal', message } = error as { code?: string; message: string };
    raw.write(`${JSON.stringify({ kind: 'failure', code, detail: message })}\n`);
  }
  raw.end();
  return reply;
}

function refuse(reply: FastifyReply, status: number, code: string, detail: string): FastifyReply {
  return reply.code(status).header('connection', 'close').send({ code, detail, path: '' });
}
