import type { Config } from '#runtime/config.ts';
import { callApi, refusalOf } from './api.ts';
import { CommandError } from './failure.ts';
import { readObject } from './json.ts';
import { columns, fit } from './layout.ts';
import { type Key, type Outcome, outcomeOf } from './outcome.ts';

/** What `twin set` is told. */
export interface TwinSetOptions {
  /** `tenant/device` */
  readonly key: string;
  /** A merge patch of the desired section, as JSON. */
  readonly patch: string;
  readonly expectedVersion: number | undefined;
}

const VALUE_LENGTH_MAX = 60;

/** Asks for a device's state as an operator, and waits for what its twin says. Gives what to print. */
export async function setTwin(config: Config, { key, patch, expectedVersion }: TwinSetOptions): Promise<string> {
  const { tenant, device } = parseKey(key);
  const expected = expectedVersion === undefined ? {} : { expectedVersion };
  const answer = await callApi(config, {
    method: 'PUT',
    path: `/v1/twins/${encodeURIComponent(tenant)}/${encodeURIComponent(device)}/desired`,
    contentType: 'application/json',
    // With a time of its own, a repetition is told from a second wish.
    body: JSON.stringify({ time: Date.now(), patch: readObject(patch, 'the patch'), ...expected }),
    token: config.tokens.operator,
  });
  if (answer.status !== 202) throw refusalOf(answer, 'FLEETSTREAM_TOKENS_OPERATOR');
  const outcome = await outcomeOf(config, { tenant, device }, String(answer.body['eventId']));
  if (outcome.kind === 'refused') throw new CommandError(outcome.code, `${outcome.detail}.`);
  return describe(key, outcome);
}

function describe(key: string, { version, open }: Extract<Outcome, { kind: 'accepted' }>): string {
  const accepted = `accepted: ${key} is at version ${version}`;
  if (open.length === 0) return `${accepted}; nothing is pending`;
  const rows = open.map(({ path, desired, status }) => [path, fit(desired, VALUE_LENGTH_MAX), status]);
  return `${accepted}; not there yet:\n${columns(rows)}`;
}

/** The two parts of `tenant/device`. */
export function parseKey(key: string): Key {
  const [tenant = '', device = '', ...rest] = key.split('/');
  if (tenant !== '' && device !== '' && rest.length === 0) return { tenant, device };
  throw new CommandError('key_malformed', `"${key}" names no device; write tenant/device, such as acme/wifi-0001.`);
}
