import { createHmac } from 'node:crypto';

/** What the text of a secret begins with, by the Standard Webhooks specification. */
const PREFIX = 'whsec_';

/** Bytes that the specification asks of a key. */
const KEY_BYTES_MIN = 24;
const KEY_BYTES_MAX = 64;

/** The key behind a secret such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`; null where it is none. */
export function keyOfSecret(secret: string): Buffer | null {
  if (!secret.startsWith(PREFIX)) return null;
  const text = secret.slice(PREFIX.length);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const key = Buffer.from(text, 'base64');
  return key.length < KEY_BYTES_MIN || key.length > KEY_BYTES_MAX ? null : key;
}

/** What is signed: the message, when it is sent (s since 1970), and its body. */
export interface Signed {
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
}

/** The header `webhook-signature`: one signature a key, so that a receiver may know the old key or the new one. */
export function signatures(keys: readonly Buffer[], { id, timestamp, body }: Signed): string {
  const text = `${id}.${timestamp}.${body}`;
  return keys.map((key) => `v1,${createHmac('sha256', key).update(text).digest('base64')}`).join(' ');
}
