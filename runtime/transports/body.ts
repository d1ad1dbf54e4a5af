import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { REFUSED_BYTES_KEPT } from '../ingress/ingress.ts';
import { KEPT_MS_MAX, keptOf, prefixOf } from './transport.ts';

/** Bytes of a body, as sent and after inflation. */
export const BODY_BYTES_MAX = 8 * 1024 * 1024;

/** A body may inflate to this many times its size; JSON of devices stays far below. */
export const INFLATE_RATIO_MAX = 100;

/** Up to here a ratio proves nothing, since the shortest texts compress best. */
const INFLATE_BYTES_FREE = 64 * 1024;

/** A request that is refused as it was sent, and its answer. */
export interface Fault {
  readonly kind: 'fault';
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  /** The body, or its beginning, without inflation. */
  readonly kept: Buffer;
}

/** A body as it was meant, or why it is refused, having read and inflated no further than the limits allow. */
export async function receiveBody(raw: IncomingMessage, bytesMax: number): Promise<Buffer | Fault> {
  const { headers } = raw;
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') {
    return refuseBody(raw, 'encoding_unknown', 415, 'a body comes plain or with Content-Encoding gzip');
  }
  const tooLarge = `a body has at most ${bytesMax} bytes`;
  if (declaredOf(headers) > bytesMax) return refuseBody(raw, 'body_too_large', 413, tooLarge);
  const body = await collect(raw, bytesMax);
  if (body.length > bytesMax) return fault('body_too_large', 413, tooLarge, body, 'more');
  if (!raw.complete) return fault('body_cut', 400, 'the body ends before its declared length', body, null);
  return encoding === 'gzip' ? inflate(body, bytesMax) : body;
}

/** Reads what is kept of a body that is refused for what its request says. */
export async function refuseBody(raw: IncomingMessage, code: string, status: number, detail: string): Promise<Fault> {
  const bytes = await collect(raw, REFUSED_BYTES_KEPT, KEPT_MS_MAX);
  const declared = declaredOf(raw.headers);
  return fault(code, status, detail, bytes, declared > 0 ? declared : raw.complete ? null : 'more');
}

/** Bytes that a request's body may come to. */
export function reservationOf(headers: IncomingHttpHeaders, bytesMax: number): number {
  const declared = headers['content-length'];
  if (declared === undefined && headers['transfer-encoding'] === undefined) return 0;
  const length = declared === undefined ? bytesMax : Math.min(Number(declared), bytesMax);
  return headers['content-encoding'] === undefined ? length : length + inflatedMax(length, bytesMax);
}

const gunzipped = promisify(gunzip);

async function inflate(body: Buffer, bytesMax: number): Promise<Buffer | Fault> {
  const maxOutputLength = inflatedMax(body.length, bytesMax);
  try {
    return await gunzipped(body, { maxOutputLength });
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') {
      return fault('gzip_malformed', 400, 'the body is not valid gzip', body, null);
    }
    const detail = `the body inflates to more than ${maxOutputLength} bytes`;
    return fault('inflated_too_large', 413, detail, body, null);
  }
}

function inflatedMax(length: number, bytesMax: number): number {
  return Math.min(bytesMax, Math.max(INFLATE_BYTES_FREE, length * INFLATE_RATIO_MAX));
}

/** `bytes` is how many the body has, where that is not what was read: unknown, but `more`. */
function fault(code: string, status: number, detail: string, read: Buffer, bytes: number | 'more' | null): Fault {
  const kept = prefixOf(read);
  const rest =
    bytes === 'more' ? `; the first ${kept.length} bytes are kept` : keptOf(bytes ?? read.length, kept.length);
  return { kind: 'fault', code, status, detail: detail + rest, kept };
}

/** Zero where the header is missing. */
function declaredOf(headers: IncomingHttpHeaders): number {
  return Number(headers['content-length'] ?? 0);
}

/** The body; of one that is longer than that, a little more than `bytesMax`; what came until then when it takes too long. */
function collect(raw: IncomingMessage, bytesMax: number, msMax?: number): Promise<Buffer> {
  if (raw.readableEnded || raw.destroyed) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = () => {
      clearTimeout(timer);
      raw.off('data', take).off('end', finish).off('close', finish).pause();
      resolve(Buffer.concat(chunks));
    };
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > bytesMax) finish();
    };
    const timer = msMax === undefined ? undefined : setTimeout(finish, msMax);
    raw.on('data', take).on('end', finish).on('close', finish);
  });
}
