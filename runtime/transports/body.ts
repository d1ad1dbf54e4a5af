import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** Bytes of a body, as sent and after inflation. */
export const BODY_BYTES_MAX = 8 * 1024 * 1024;

/** A body may inflate to this many times its size; JSON of devices stays far below. */
export const INFLATE_RATIO_MAX = 100;

/** Up to here a ratio proves nothing, since the shortest texts compress best. */
const INFLATE_BYTES_FREE = 64 * 1024;

/** A body that cannot be taken as it was sent. */
export class BodyRefused extends Error {
  readonly code: 'inflated_too_large' | 'gzip_malformed' | 'encoding_unknown';
  readonly statusCode: 400 | 413 | 415;

  constructor(code: BodyRefused['code'], statusCode: BodyRefused['statusCode'], message: string) {
    super(message);
    this.name = 'BodyRefused';
    this.code = code;
    this.statusCode = statusCode;
  }
}

/** The body without its gzip. Rejects with BodyRefused beyond the limits, having inflated no further than they allow. */
export async function inflate(body: Buffer, encoding: string | undefined, bytesMax: number): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding.toLowerCase() !== 'gzip') {
    throw new BodyRefused('encoding_unknown', 415, 'a body comes plain or with Content-Encoding gzip');
  }
  const maxOutputLength = inflatedMax(body.length, bytesMax);
  try {
    return await gunzipped(body, { maxOutputLength });
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') {
      throw new BodyRefused('gzip_malformed', 400, 'the body is not valid gzip');
    }
    throw new BodyRefused('inflated_too_large', 413, `the body inflates to more than ${maxOutputLength} bytes`);
  }
}

/** Bytes that a request's body may come to. */
export function reservationOf(headers: IncomingHttpHeaders, bytesMax: number): number {
  const declared = headers['content-length'];
  if (declared === undefined && headers['transfer-encoding'] === undefined) return 0;
  const length = declared === undefined ? bytesMax : Math.min(Number(declared), bytesMax);
  return headers['content-encoding'] === undefined ? length : length + inflatedMax(length, bytesMax);
}

const gunzipped = promisify(gunzip);

function inflatedMax(length: number, bytesMax: number): number {
  return Math.min(bytesMax, Math.max(INFLATE_BYTES_FREE, length * INFLATE_RATIO_MAX));
}
