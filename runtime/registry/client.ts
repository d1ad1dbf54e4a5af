import type { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { RegistryError } from './registry.ts';

/** Where a registry is, and what it wants to see. */
export interface RegistryAddress {
  /** Base of its Confluent-compatible API, with user and password where it wants them. */
  readonly url: string;
  /** Sent as a bearer token. */
  readonly token?: string | null | undefined;
  /** An answer that takes longer is none. */
  readonly answerMsMax?: number | undefined;
}

/** What a registry said. */
export interface Answer {
  readonly status: number;
  /** Parsed JSON; null for whatever is none. */
  readonly body: Readonly<Record<string, unknown>> | null;
  /** In the registry's own JSON of a refusal, else null. */
  readonly errorCode: number | null;
  /** What a refusal says, fit for a line. */
  readonly message: string;
}

/** The requests of a Confluent-compatible registry. Each rejects with `registry_away` where there is no answer. */
export interface RegistryClient {
  /** Address without credentials. */
  readonly shown: string;
  schema(id: number): Promise<Answer>;
  lookUp(subject: string, schema: string): Promise<Answer>;
  register(subject: string, schema: string): Promise<Answer>;
  version(subject: string, version: number | 'latest'): Promise<Answer>;
  compatible(subject: string, version: number, schema: string): Promise<Answer>;
  setCompatibility(subject: string, level: string): Promise<Answer>;
}

/** Opens no connection yet: the registry may be away. */
export async function openClient(address: RegistryAddress): Promise<RegistryClient> {
  // Loaded late, since it brings two more schema languages that a run with the embedded registry has no use for.
  const library = await import('@kafkajs/confluent-schema-registry');
  const { shown, authorization } = credentialsOf(address);
  const answerMsMax = address.answerMsMax ?? ANSWER_MS_MAX;
  const attemptMs = Math.ceil(answerMsMax / ATTEMPTS);
  const middlewares = [telling(authorization, attemptMs)];
  const registry = new library.SchemaRegistry({ host: shown, retry: RETRY, middlewares });
  // Declared private; what stands around it caches without a bound and takes its own view of compatibility.
  const api = registry['api'];
  // Apicurio 3.3.3 leaves one request in some thousands without an answer, and each may be sent again.
  const ask = async (send: () => Promise<Response>) => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const answer = await answerOf(send, shown, attemptMs);
      if (answer !== null) return answer;
    }
    throw away(shown, `gave no answer in ${answerMsMax} ms`);
  };
  return {
    shown,
    schema: (id) => ask(() => api.Schema.find({ id })),
    lookUp: (subject, schema) => ask(() => api.Subject.registered({ subject, body: { schema } })),
    register: (subject, schema) => ask(() => api.Subject.register({ subject, body: { schema } })),
    version: (subject, version) => ask(() => api.Subject.version({ subject, version })),
    compatible: (subject, version, schema) => ask(() => api.Subject.compatible({ subject, version, body: { schema } })),
    setCompatibility: (subject, compatibility) =>
      ask(() => api.Subject.updateConfig({ subject, body: { compatibility } })),
  };
}

/** What was said to each request. */
const said = new WeakMap<object, Response>();

/** One for all clients: the library keeps its options in one place, and those of the newest client count for every other. */
const RETRY = {
  // Waiting is the caller's, who knows for how long and tells what it waits for.
  retries: 1,
  enableRetry: () => true,
  // The library's errors leave out what the registry said, and this is where it lets one see it.
  validateRetry: (response: Response) => {
    if (isResponse(response)) said.set(response.request(), response);
    return false;
  },
};

const ANSWER_MS_MAX = 10_000;
const ATTEMPTS = 2;
const MESSAGE_LENGTH_MAX = 300;

type Arguments = ConstructorParameters<typeof SchemaRegistry>[0];
type Middleware = NonNullable<Arguments['middlewares']>[number];

/** What of the library's response is used. */
interface Response {
  request(): object;
  status(): number;
  data(): unknown;
  /** Set where there was no answer at all. */
  error(): Error | null;
}

/** Sends who we are, hands on what was said with an error, and lets go of a connection on which nothing is said. */
function telling(authorization: string | null, timeout: number): Middleware {
  return () => ({
    async prepareRequest(next) {
      const request = await next();
      return request.enhance(authorization === null ? { timeout } : { timeout, headers: { authorization } });
    },
    async response(next, _renew, request) {
      try {
        return await next();
      } catch (cause) {
        throw new Refused(said.get(request) ?? null, cause);
      }
    },
  });
}

class Refused extends Error {
  readonly response: Response | null;

  constructor(response: Response | null, cause: unknown) {
    super('refused', { cause });
    this.response = response;
  }
}

/** Null where there was none in time. */
async function answerOf(send: () => Promise<Response>, shown: string, msMax: number): Promise<Answer | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  // The library never ends where a connection breaks within an answer.
  const timer = setTimeout(resolve, msMax, null);
  try {
    const response = await Promise.race([send(), late]);
    return response === null ? null : read(response);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { response } = error;
    if (response === null) throw away(shown, `cannot be asked (${String(error.cause)})`, undefined, error);
    const lost = response.error();
    if (lost?.name === 'TimeoutError') return null;
    if (lost !== null) throw away(shown, `cannot be reached (${lost.message})`, undefined, lost);
    return read(response);
  } finally {
    clearTimeout(timer);
  }
}

function read(response: Response): Answer {
  const status = response.status();
  const data = response.data();
  const body = data !== null && typeof data === 'object' && !Array.isArray(data) ? (data as Answer['body']) : null;
  const { error_code: errorCode, message } = body ?? {};
  const text = typeof message === 'string' ? message : typeof data === 'string' ? data : JSON.stringify(data);
  return {
    status,
    body,
    errorCode: typeof errorCode === 'number' ? errorCode : null,
    message: text.replaceAll(/\s+/g, ' ').trim().slice(0, MESSAGE_LENGTH_MAX),
  };
}

/** `registry_away` of a registry by its address, with what to do. */
export function away(shown: string, what: string, next = 'look whether it runs there', cause?: unknown): RegistryError {
  return new RegistryError('registry_away', `the registry at ${shown} ${what}; ${next}`, { cause });
}

function isResponse(response: unknown): response is Response {
  return typeof (response as Partial<Response> | null)?.request === 'function';
}

function credentialsOf({ url, token }: RegistryAddress): { shown: string; authorization: string | null } {
  const { username, password, origin, pathname } = new URL(url);
  const shown = `${origin}${pathname}`.replace(/\/+$/, '');
  if (token !== null && token !== undefined) return { shown, authorization: `Bearer ${token}` };
  if (username === '') return { shown, authorization: null };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { shown, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
