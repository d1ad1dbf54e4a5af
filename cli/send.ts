import { setTimeout as pause } from 'node:timers/promises';
import { PAYLOAD_BYTES_MAX } from '#sdk';
import type { Config } from '#runtime/config.ts';
import { type ApiAnswer, callApi, refusalOf } from './api.ts';
import { CommandError } from './failure.ts';
import { readObject } from './json.ts';
import { linesOf } from './lines.ts';

/** What `send` is told. */
export interface SendOptions {
  /** `telemetry`, `link`, `twin/reported`, …; none when the lines name it themselves. */
  readonly type: string | undefined;
  /** One event as JSON; none reads NDJSON from standard input. */
  readonly json: string | undefined;
  readonly tenant: string | undefined;
  readonly device: string | undefined;
  /** Whether an operator says it: a verdict, maintenance, that an alert was seen. */
  readonly operator: boolean;
}

/** Where `send` reads its lines, and where it tells what became of bad ones and, on a terminal, how far it is. */
export interface SendStreams {
  readonly input: AsyncIterable<Buffer | string> & { readonly isTTY?: boolean };
  readonly errors: { write(text: string): unknown; readonly isTTY?: boolean };
}

/** Events of one request, and characters, so that a body stays far below what the server takes. */
const LINES_MAX = 1_000;
const CHARACTERS_MAX = 1_000_000;
const ATTEMPTS_MAX = 20;
const WAIT_MS_MAX = 2_000;
const CLEAR_LINE = '\r\u001b[2K';

/** Sends events as a device or an operator would, over HTTP. Gives what to print. Throws `events_refused` when some were bad. */
export async function send(config: Config, options: SendOptions, streams: SendStreams): Promise<string> {
  if (options.json === undefined) return new Sending(config, options, streams).run();
  const answer = await post(config, options, 'application/json', addressed(options.json, 'the event', options));
  if (answer.status !== 202) throw refusalOf(answer, tokenSetting(options));
  return 'accepted 1';
}

interface Line {
  readonly number: number;
  readonly json: string;
}

/** What the server says of one line of a batch; without a code it is accepted. */
interface Item {
  readonly index: number;
  readonly code?: string;
  readonly detail?: string;
  readonly path?: string;
}

/** Lines on their way, batch by batch. */
class Sending {
  readonly #config: Config;
  readonly #options: SendOptions;
  readonly #streams: SendStreams;
  #accepted = 0;
  #refused = 0;
  #batch: Line[] = [];
  #characters = 0;

  constructor(config: Config, options: SendOptions, streams: SendStreams) {
    this.#config = config;
    this.#options = options;
    this.#streams = streams;
  }

  async run(): Promise<string> {
    const { errors } = this.#streams;
    try {
      await this.#sendAll();
    } finally {
      if (errors.isTTY === true) errors.write(CLEAR_LINE);
    }
    const sent = this.#accepted + this.#refused;
    if (sent === 0) {
      throw new CommandError('nothing_to_send', 'standard input was empty; give one JSON object a line.');
    }
    if (this.#refused === 0) return `accepted ${this.#accepted}`;
    throw new CommandError(
      'events_refused',
      `${this.#refused} of ${sent} events; mend their lines and send those again.`,
    );
  }

  async #sendAll(): Promise<void> {
    const { input, errors } = this.#streams;
    if (input.isTTY === true) errors.write('reading one JSON object a line; Ctrl-D ends\n');
    for await (const { number, text } of linesOf(input, PAYLOAD_BYTES_MAX)) {
      const json = this.#read(number, text);
      if (json === null) continue;
      if (this.#characters + json.length > CHARACTERS_MAX) await this.#flush();
      this.#batch.push({ number, json });
      this.#characters += json.length;
      if (this.#batch.length >= LINES_MAX) await this.#flush();
    }
    await this.#flush();
  }

  #read(number: number, text: string | null): string | null {
    try {
      if (text !== null) return addressed(text, 'the line', this.#options);
      this.#refuse(number, `payload_too_large: an event has at most ${PAYLOAD_BYTES_MAX} bytes`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#refuse(number, error.message);
    }
    return null;
  }

  #refuse(number: number, why: string): void {
    const { errors } = this.#streams;
    this.#refused += 1;
    errors.write(`${errors.isTTY === true ? CLEAR_LINE : ''}line ${number}: ${why}\n`);
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    const [first] = batch;
    if (first === undefined) return;
    this.#batch = [];
    this.#characters = 0;
    const body = `${batch.map(({ json }) => json).join('\n')}\n`;
    const before = this.#accepted;
    try {
      this.#settle(batch, await post(this.#config, this.#options, 'application/x-ndjson', body));
    } catch (error) {
      if (before === 0 || !(error instanceof CommandError)) throw error;
      const resume = `${before} events before line ${first.number} are in the log`;
      throw new CommandError(error.code, `${error.message.slice(error.code.length + 2)} The ${resume}.`);
    }
    const { errors } = this.#streams;
    if (errors.isTTY === true) errors.write(`${CLEAR_LINE}${this.#accepted} accepted, ${this.#refused} refused …`);
  }

  #settle(batch: readonly Line[], answer: ApiAnswer): void {
    const { status, body } = answer;
    if (status === 202) {
      this.#accepted += batch.length;
      return;
    }
    const isOfOne = batch.length === 1 && (status === 400 || status === 413);
    const items: unknown = body['items'] ?? (isOfOne ? [{ ...body, index: 0 }] : null);
    if (!Array.isArray(items)) throw refusalOf(answer, tokenSetting(this.#options));
    for (const { index, code, detail, path } of items as readonly Item[]) {
      const line = batch[index];
      if (line === undefined || code === undefined) continue;
      this.#refuse(line.number, `${code}: ${detail}${path ? ` at ${path}` : ''}`);
      this.#accepted -= 1;
    }
    this.#accepted += batch.length;
  }
}

/** The event as it is written, with what the command line says of it before its other members. */
function addressed(text: string, what: string, { type, tenant, device }: SendOptions): string {
  const body = readObject(text, what);
  const added: string[] = [];
  for (const [name, value] of Object.entries({ type, tenant, device })) {
    const own = body[name];
    if (value === undefined || own === value) continue;
    if (own === undefined) added.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
    else {
      const detail = `${what} has the ${name} ${JSON.stringify(own)}, and the command says ${JSON.stringify(value)}`;
      throw new CommandError('address_conflict', `${detail}; leave one of them.`);
    }
  }
  if (added.length === 0) return text;
  const rest = text.slice(text.indexOf('{') + 1);
  return `{${added.join(',')}${Object.keys(body).length === 0 ? '' : ','}${rest}`;
}

function tokenSetting({ operator }: SendOptions): string {
  return operator ? 'FLEETSTREAM_TOKENS_OPERATOR' : 'FLEETSTREAM_TOKENS_DEVICE';
}

/** Posts until the pipeline has room for it. */
async function post(
  { tokens, ...config }: Config,
  { operator }: SendOptions,
  contentType: string,
  body: string,
): Promise<ApiAnswer> {
  const token = operator ? tokens.operator : (tokens.device ?? tokens.operator);
  const path = operator ? '/v1/operator/events' : '/v1/events';
  for (let attempt = 1; ; attempt++) {
    const answer = await callApi(config, { method: 'POST', path, contentType, body, token });
    const isLater = answer.status === 429 || answer.status === 503;
    if (!isLater || attempt === ATTEMPTS_MAX) return answer;
    await pause(Math.min(WAIT_MS_MAX, 100 * attempt));
  }
}
