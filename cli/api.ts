import type { Config } from '#runtime/config.ts';
import { CommandError, systemCode } from './failure.ts';

/** A request to the HTTP API of a running pipeline. */
export interface ApiRequest {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
  readonly token: string | null;
}

/** An answer of the API; its body is JSON. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const REQUEST_MS_MAX = 30_000;

/** Asks the pipeline that runs at the configured address. Throws `not_running` where none does. */
export async function callApi({ http }: Pick<Config, 'http'>, request: ApiRequest): Promise<ApiAnswer> {
  const { method, path, contentType, body, token } = request;
  const headers: Record<string, string> = { 'content-type': contentType };
  if (token !== null) headers['authorization'] = `Bearer ${token}`;
  const base = `http://${reachable(http.host)}:${http.port}`;
  let text: string;
  let status: number;
  try {
    const response = await fetch(base + path, { method, headers, body, signal: AbortSignal.timeout(REQUEST_MS_MAX) });
    status = response.status;
    text = await response.text();
  } catch (error) {
    throw notRunning(base, 'FLEETSTREAM_HTTP_PORT', error);
  }
  try {
    return { status, body: JSON.parse(text) as Record<string, unknown> };
  } catch {
    const next = 'something else listens there; set FLEETSTREAM_HTTP_PORT to the port of the pipeline.';
    throw new CommandError('not_fleetstream', `${base} answered ${status} and no JSON; ${next}`);
  }
}

/** A refusal of the API as one line, with the setting that a missing token belongs into. */
export function refusalOf({ status, body }: ApiAnswer, tokenSetting: string): CommandError {
  const { code = `http_${status}`, detail = 'the pipeline refused', path = '' } = body;
  const place = path === '' ? '' : ` at ${String(path)}`;
  if (status === 401) {
    const next = `set ${tokenSetting} to the one that the pipeline runs with`;
    return new CommandError(String(code), `the pipeline wants a token, and this is none of its; ${next}.`);
  }
  const hint = status === 403 ? `; set ${tokenSetting}` : '';
  return new CommandError(String(code), `${String(detail)}${place}${hint}.`);
}

/** The error of a connection that did not come about. */
export function notRunning(base: string, variable: string, error: unknown): CommandError {
  const { cause, message } = error as Error;
  const code = systemCode(error) ?? (cause instanceof Error ? cause.message : message);
  if (code !== 'ECONNREFUSED') {
    return new CommandError('unreachable', `${base} did not answer (${code}); check ${variable}.`, { cause: error });
  }
  const next = `start a pipeline with "npm start", or set ${variable} to where one listens.`;
  return new CommandError('not_running', `nothing listens at ${base}; ${next}`, { cause: error });
}

/** An address to connect to, for one that is listened on. */
export function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
