import { RETRY_AFTER_MS_MAX } from './back-off.ts';
import { signatures } from './signature.ts';

/** Something to be told to the receiver. */
export interface Message {
  /** The same whenever it is sent, so that the receiver can tell what it knows already. */
  readonly id: string;
  /** JSON. */
  readonly body: string;
}

/** What became of a message. */
export type Answer =
  | { readonly outcome: 'delivered' }
  /** The receiver does not want this message, and might want others. */
  | { readonly outcome: 'refused'; readonly detail: string; readonly retryAfterMs: number | null }
  /** The receiver is not there, is busy, or would take nothing from us now. */
  | { readonly outcome: 'away'; readonly detail: string; readonly retryAfterMs: number | null };

/** Who is told. */
export interface Receiver {
  /** Never rejects. */
  send(message: Message, signal: AbortSignal): Promise<Answer>;
}

/** How a receiver is reached. */
export interface ReceiverOptions {
  readonly url: string;
  /** Each signs every message. */
  readonly keys: readonly Buffer[];
  /** Milliseconds within which it must have answered. */
  readonly timeoutMs: number;
  /** What the header `user-agent` says. */
  readonly agent: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Bytes read of an answer: enough to say why, however much comes. */
const ANSWER_BYTES_MAX = 1_024;

/** Statuses that speak of the address, of who we are, or of the moment, and not of the message. */
const NOT_OF_THE_MESSAGE: ReadonlySet<number> = new Set([401, 403, 404, 407, 408, 425, 429]);

/** Sends messages by POST, signed as the Standard Webhooks specification has it. Redirects are not followed. */
export function openReceiver({ url, keys, timeoutMs, agent, now }: ReceiverOptions): Receiver {
  const { username, password, ...address } = parted(url);
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = user === ':' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  return {
    async send({ id, body }, signal) {
      const timestamp = Math.floor(now() / 1000);
      const headers = {
        'content-type': 'application/json',
        'user-agent': agent,
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signatures(keys, { id, timestamp, body }),
        ...authorization,
      };
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        const response = await fetch(address.href, {
          method: 'POST',
          headers,
          body,
          redirect: 'manual',
          signal: limit,
        });
        const { status } = response;
        // The status is the answer, whatever becomes of the rest.
        const why = await beginning(response).catch(() => '');
        return answerOf(status, `${status} ${why}`.trim(), retryAfterMs(response.headers.get('retry-after'), now()));
      } catch (error) {
        return { outcome: 'away', detail: reasonOf(error as Error), retryAfterMs: null };
      }
    },
  };
}

/** Of an address that is no longer there: by the Standard Webhooks specification nothing more is to be sent to it. */
const GONE = 410;

/** Statuses 2xx are a yes, and all others are tried again in one way or the other. */
export function answerOf(status: number, said: string, retryMs: number | null): Answer {
  if (status >= 200 && status < 300) return { outcome: 'delivered' };
  const detail = status >= 300 && status < 400 ? `${said} (redirects are not followed)` : said;
  // No alert is lost for it: all of them wait, and are as good as not sent, until the address is another.
  if (status === GONE) return { outcome: 'away', detail, retryAfterMs: RETRY_AFTER_MS_MAX };
  const isRefused = status >= 400 && status < 500 && !NOT_OF_THE_MESSAGE.has(status);
  return { outcome: isRefused ? 'refused' : 'away', detail, retryAfterMs: retryMs };
}

/** The milliseconds that a header `Retry-After` asks for, be it seconds or a date; null where it asks for none. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const at = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/** As in `Thu, 01 Jan 1970 00:00:10 GMT`. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** A URL without its user, which `fetch` refuses in an address. */
function parted(url: string): { readonly href: string; readonly username: string; readonly password: string } {
  const address = new URL(url);
  const { username, password } = address;
  address.username = '';
  address.password = '';
  return { href: address.href, username, password };
}

/** The first bytes of what a receiver answers; the rest is not waited for. */
async function beginning({ body }: Response): Promise<string> {
  if (body === null) return '';
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part);
    bytes += part.length;
    // Leaving the loop cancels what is still to come.
    if (bytes >= ANSWER_BYTES_MAX) break;
  }
  const text = Buffer.concat(parts).subarray(0, ANSWER_BYTES_MAX).toString('utf8');
  // oxlint-disable-next-line no-control-regex -- what a stranger answers must not steer a terminal
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
}

/** Of an error of `fetch` the cause, which says more; neither has the address in it. */
function reasonOf({ name, message, cause }: Error): string {
  const { code, message: why } = (cause ?? {}) as { readonly code?: string; readonly message?: string };
  return name === 'TimeoutError' ? 'no answer in time' : (code ?? why ?? message);
}
