import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { parseJsonText } from '#sdk';
import type { Config } from '#runtime/config.ts';
import { callApi, refusalOf } from './api.ts';
import { CommandError } from './failure.ts';

/** What `send` is told. */
export interface SendOptions {
  /** `telemetry`, `link`, `twin/reported`, …; none when the lines name it themselves. */
  readonly type: string | undefined;
  /** One event as JSON; none reads NDJSON from standard input. */
  readonly json: string | undefined;
  readonly tenant: string | undefined;
  readonly device: string | undefined;
}

/** Events of one request. */
const LINES_MAX = 1_000;
const REFUSALS_SHOWN_MAX = 20;

/** Sends events as a device would, over HTTP. Gives what to print. */
export async function send(config: Config, options: SendOptions, input: Readable): Promise<string> {
  if (options.json !== undefined) {
    await post(config, [complete(options.json, options, 1)]);
    return 'accepted 1';
  }
  let accepted = 0;
  let number = 0;
  let batch: string[] = [];
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (line.trim() !== '') batch.push(complete(line, options, number));
    if (batch.length < LINES_MAX) continue;
    accepted += await post(config, batch);
    batch = [];
  }
  if (batch.length > 0) accepted += await post(config, batch);
  if (number === 0) throw new CommandError('nothing_to_send', 'standard input was empty; give one JSON object a line.');
  return `accepted ${accepted}`;
}

/** The event with what the command line says of it. */
function complete(text: string, { type, tenant, device }: SendOptions, number: number): string {
  let body: unknown;
  try {
    body = parseJsonText(text);
  } catch (error) {
    throw new CommandError(
      'json_malformed',
      `event ${number} is no JSON (${(error as Error).message}); give one object.`,
    );
  }
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw new CommandError('invalid_type', `event ${number} is no JSON object; give one, such as {"metrics":{"x":1}}.`);
  }
  const named = Object.entries({ type, tenant, device }).filter(([, value]) => value !== undefined);
  return JSON.stringify({ ...body, ...Object.fromEntries(named) });
}

async function post(config: Config, lines: readonly string[]): Promise<number> {
  const contentType = 'application/x-ndjson';
  const token = config.tokens.device ?? config.tokens.operator;
  const body = `${lines.join('\n')}\n`;
  const answer = await callApi(config, { method: 'POST', path: '/v1/events', contentType, body, token });
  if (answer.status === 202) return lines.length;
  const items = answer.body['items'];
  if (!Array.isArray(items)) throw refusalOf(answer);
  const refused = (items as readonly Record<string, unknown>[]).filter(({ code }) => code !== undefined);
  const [first] = refused;
  if (lines.length === 1 && first !== undefined) throw refusalOf({ status: answer.status, body: first });
  const shown = refused.slice(0, REFUSALS_SHOWN_MAX).map(({ index, code, detail, path }) => {
    const place = path === '' ? '' : ` at ${String(path)}`;
    return `\n  ${lines[Number(index)]?.slice(0, 80)}\n    ${String(code)}: ${String(detail)}${place}`;
  });
  const more = refused.length > REFUSALS_SHOWN_MAX ? `\n  and ${refused.length - REFUSALS_SHOWN_MAX} more` : '';
  throw new CommandError('events_refused', `${refused.length} of ${lines.length} events${shown.join('')}${more}`);
}
