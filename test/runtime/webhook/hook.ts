import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { schema, topic } from '#sdk';
import { compiled, frame } from '#runtime/avro.ts';
import type { Log } from '#runtime/log/log.ts';
import type { Addressed } from '#runtime/webhook/sink.ts';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const OLD_SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

/** What a receiver was sent. */
export interface Got {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly headers: IncomingHttpHeaders;
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly body: string;
}

/** How a request ends: a status, no answer at all, or a connection that breaks before or within it. */
export type Fate =
  | number
  | 'hang'
  | 'cut'
  | 'half'
  | {
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
      readonly endless?: true;
    };

/** A receiver over real HTTP, whose answers a test decides. */
export async function startHook(fate: (got: Got, number: number) => Fate = () => 204, port = 0) {
  const got: Got[] = [];
  const hook = { fate };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { headers, method, url } = request;
    const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) =>
      String(headers[`webhook-${name}`]),
    );
    const one = { id, timestamp, signature, headers, method, url, body: Buffer.concat(parts).toString() } as Got;
    got.push(one);
    end(hook.fate(one, got.length), request, response);
  };
  const server = createServer((request, response) => void answer(request, response).catch(() => undefined));
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    hook,
    got,
    port: (server.address() as AddressInfo).port,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

function end(fate: Fate, { socket }: IncomingMessage, response: ServerResponse): void {
  if (fate === 'hang') return;
  if (fate === 'cut') return void socket.destroy();
  if (fate === 'half') {
    response.writeHead(200, { 'content-length': '1000' }).write('half');
    return void setTimeout(() => socket.destroy(), 5);
  }
  const { status, headers = {}, body = '', endless = false } = typeof fate === 'number' ? { status: fate } : fate;
  response.writeHead(status, headers);
  if (!endless) return void response.end(body);
  const more = () => {
    while (!response.destroyed && response.write('x'.repeat(65_536)));
  };
  response.on('drain', more);
  more();
}

/** Verifies a signature with OpenSSL, which knows nothing of us. */
export function isSignedBy(secret: string, { id, timestamp, signature, body }: Got): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64').toString('hex');
  const args = ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${key}`, '-binary'];
  const { stdout, status } = spawnSync('openssl', args, { input: `${id}.${timestamp}.${body}` });
  if (status !== 0) throw new Error('openssl cannot sign');
  return signature.split(' ').includes(`v1,${stdout.toString('base64')}`);
}

/** A small record that a receiver is told of, or not. */
export interface Word {
  readonly lane: string;
  readonly text: string;
  readonly deliver: boolean;
}

const field = { doc: 'Of a test.', dataClass: 'operational' };
export const Word = schema<Word>({
  type: 'record',
  name: 'Word',
  namespace: 'example',
  doc: 'Of a test.',
  fields: [
    { ...field, name: 'lane', type: 'string' },
    { ...field, name: 'text', type: 'string' },
    { ...field, name: 'deliver', type: 'boolean' },
  ],
});
export const words = topic({ name: 'words', doc: 'Of a test.', value: Word });
export const PARTITIONS = 2;

export function messageOf(value: unknown): Addressed | null {
  const { lane, text, deliver } = value as Word;
  return deliver ? { lane, id: `${lane}-${text}`, body: JSON.stringify({ text }) } : null;
}

/** Appends words, `lane text`, each lane to a partition of its own; one behind a minus is not to be told. */
export async function say(log: Log, id: number, lines: readonly string[]): Promise<void> {
  const records = lines.map((line) => {
    const [lane = '', text = ''] = line.replace(/^-/, '').split(' ');
    const value = frame(compiled(Word.avro), id, { lane, text, deliver: !line.startsWith('-') });
    return {
      topic: words.name,
      partition: lane.charCodeAt(0) % PARTITIONS,
      key: Buffer.from(lane),
      value,
      timestamp: 0,
    };
  });
  await log.append(records);
}

/** Waits for something that must come about. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, msMax = 20_000): Promise<void> {
  for (const end = Date.now() + msMax; !(await isSo()); await pause(5))
    if (Date.now() > end) throw new Error(`it did not come about: ${what}`);
}
