import { LogError } from '../log.ts';

const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 1_000;

/** How long a cluster that does not answer is waited for, and who hears of it. */
export interface Patience {
  readonly msMax: number;
  readonly report?: ((code: string, detail: Readonly<Record<string, unknown>>) => void) | undefined;
  /** True when nobody waits for the answer any more. */
  readonly isOver?: (() => boolean) | undefined;
}

/** What an error of the cluster asks for. */
export type Verdict = 'again' | Error;

/** Tries until the cluster answers. Rejects with a `LogError`: `log_refused` when the patience is over, others at once. */
export async function untilAnswered<T>({ msMax, report, isOver }: Patience, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
    try {
      return await work();
    } catch (error) {
      const verdict = judge(error);
      if (verdict !== 'again') throw verdict;
      const waitedMs = Math.round(performance.now() - startedAt);
      if (waitedMs + pauseMs > msMax || isOver?.() === true) throw away(error as Error, waitedMs);
      if (pauseMs === PAUSE_MS_MAX) report?.('log_away', { error: (error as Error).message, waitedMs });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** A retriable error of our own requests, by the protocol's name of it. */
export class Again extends Error {
  readonly type: string;

  constructor(type: string) {
    super(type);
    this.name = 'Again';
    this.type = type;
  }
}

/** Tells what passes by itself from what does not. */
export function judge(error: unknown): Verdict {
  if (error instanceof LogError) return error;
  const { name, type, code, message, retriable, cause } = error as KafkajsError;
  if (name === 'Again') return 'again';
  if (DENIED.has(type ?? '') || name === 'KafkaJSSASLAuthenticationError') {
    return new LogError('log_denied', `the cluster refuses this user: ${message}; check its name, password and rights`);
  }
  if (isTlsRefusal(code)) {
    return new LogError(
      'log_denied',
      `the cluster's certificate is not trusted (${message}); check the CA and the name`,
    );
  }
  if (FENCED.has(type ?? '') || message.endsWith('Unknown error code 90')) {
    return new LogError('fenced', `a newer writer holds this transactional id, or it was away too long (${message})`);
  }
  if (cause !== undefined && cause !== null && WRAPPERS.has(name)) return judge(cause);
  if (PASSING.has(name) || retriable === true) return 'again';
  // What is no answer of a cluster is a fault of the program.
  if (!(error instanceof Error)) return new Error(String(error));
  return name.startsWith('KafkaJS') ? new LogError('log_refused', message, { cause: error }) : error;
}

/** An error as it is to be told on: an `Again` where it passes by itself. */
export function passing(error: unknown): Error {
  const verdict = judge(error);
  return verdict === 'again' ? new Again((error as Error).message) : verdict;
}

interface KafkajsError {
  readonly name: string;
  readonly message: string;
  readonly type?: string;
  readonly code?: unknown;
  readonly retriable?: boolean;
  readonly cause?: unknown;
}

const WRAPPERS: ReadonlySet<string> = new Set(['KafkaJSNumberOfRetriesExceeded', 'KafkaJSNonRetriableError']);
const PASSING: ReadonlySet<string> = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSLockTimeout',
  'KafkaJSMetadataNotLoaded',
]);
const FENCED: ReadonlySet<string> = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_TXN_STATE',
  'INVALID_PRODUCER_ID_MAPPING',
  'TRANSACTION_COORDINATOR_FENCED',
]);
const DENIED: ReadonlySet<string> = new Set([
  'SASL_AUTHENTICATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'ILLEGAL_SASL_STATE',
  'UNSUPPORTED_SASL_MECHANISM',
]);

function isTlsRefusal(code: unknown): boolean {
  return typeof code === 'string' && /CERT|SIGNATURE|ERR_TLS|ERR_SSL|UNABLE_TO/.test(code);
}

/** The refusal of what was waited for in vain. */
export function away({ message }: Error, waitedMs: number): LogError {
  return new LogError('log_refused', `the cluster has not answered for ${waitedMs} ms (${message}); try again`);
}
