import { createHash, timingSafeEqual } from 'node:crypto';
import type { Connector, Delivery, Message } from '#sdk';
import { type Ingress, type Outcome, REFUSED_BYTES_KEPT } from '../ingress/ingress.ts';

/** What a transport reports; a logger of pino is one. */
export interface Report {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** Who may send what; none set means that the transport listens on loopback only. */
export interface Tokens {
  readonly deviceToken?: string | undefined;
  readonly operatorToken?: string | undefined;
}

/** Where a transport listens, with the names of the settings that say so, for its errors. */
export interface Listen {
  readonly host: string;
  readonly port: number;
  readonly portSetting: string;
  readonly tokenSetting: string;
}

/** What every transport stands on. */
export interface TransportGround {
  readonly ingress: Ingress;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Region that events are marked with. */
  readonly region: string | null;
  /** Tenant of devices whose address names none. */
  readonly tenant?: string | null;
  readonly report: Report;
}

/** What every transport that listens stands on. */
export interface ListenerOptions extends TransportGround, Tokens {
  readonly listen: Listen;
  readonly connectors: readonly Connector[];
}

/** Characters of an address that a dead letter keeps. */
export const ADDRESS_LENGTH_MAX = 512;

/** How long to wait for the part that is kept of what is too large. */
export const KEPT_MS_MAX = 1_000;

/** A sentence on what is kept of `bytes` bytes; empty when that is everything. */
export function keptOf(bytes: number, kept: number): string {
  return kept < bytes ? `; of ${bytes} bytes the first ${kept} are kept` : '';
}

/** What a dead letter keeps of something refused, in a buffer of its own where that is not the whole. */
export function prefixOf(bytes: Buffer): Buffer {
  return bytes.length <= REFUSED_BYTES_KEPT ? bytes : Buffer.from(bytes.subarray(0, REFUSED_BYTES_KEPT));
}

/** A transport that cannot start, in one line that says what to do. */
export class TransportError extends Error {
  readonly code: 'port_taken' | 'port_denied' | 'host_unknown' | 'token_required';

  constructor(code: TransportError['code'], message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.name = 'TransportError';
    this.code = code;
  }
}

const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|\[::1\])$/;

/** True for names of this machine that no other reaches. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Refuses to listen where others reach it without a device token. */
export function requireToken(name: string, listen: Listen, { deviceToken }: Tokens): void {
  if (isLoopback(listen.host) || deviceToken !== undefined) return;
  throw new TransportError(
    'token_required',
    `${name} would listen on ${listen.host}, beyond this machine, without a token; set ${listen.tokenSetting}, or listen on 127.0.0.1.`,
  );
}

/** The error of a socket that could not listen, in words that help. */
export function listenError(name: string, { host, port, portSetting }: Listen, error: unknown): unknown {
  const { code } = error as { readonly code?: unknown };
  if (code === 'EADDRINUSE') {
    return new TransportError(
      'port_taken',
      `${name} port ${port} on ${host} is in use; stop what holds it, or set ${portSetting} to another.`,
      { cause: error },
    );
  }
  if (code === 'EACCES') {
    return new TransportError(
      'port_denied',
      `${name} may not listen on port ${port}; set ${portSetting} to one above 1023.`,
      { cause: error },
    );
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new TransportError('host_unknown', `${name} cannot listen on ${host}: no such address on this machine.`, {
      cause: error,
    });
  }
  return error;
}

/** Compares secrets in a time that tells nothing of them. */
export function sameSecret(given: string | undefined, expected: string | undefined): boolean {
  if (given === undefined || expected === undefined) return false;
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 5_000;

/** Tries until the log has it, with back-off; null when `isOver` says that nobody waits for it any more. */
export async function untilTaken(
  ingress: Ingress,
  attempt: () => Promise<Outcome>,
  isOver: () => boolean,
): Promise<Extract<Outcome, { kind: 'taken' }> | null> {
  for (let waitMs = RETRY_MS_MIN; ; ) {
    const outcome = await attempt();
    if (outcome.kind === 'taken') return outcome;
    if (isOver()) return null;
    if (outcome.kind === 'busy') {
      await ingress.room();
    } else {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      waitMs = Math.min(waitMs * 2, RETRY_MS_MAX);
    }
    if (isOver()) return null;
  }
}

/** What the sender of a message is told of what became of it. */
export function answersTo(
  connector: Connector,
  message: Message,
  { items }: Extract<Outcome, { kind: 'taken' }>,
): readonly Delivery[] {
  const refused = items.find((item) => item.kind === 'rejection') ?? null;
  return connector.answer?.(message, refused) ?? [];
}

/** True when a topic falls under an MQTT topic filter. */
export function matchesFilter(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true;
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}
