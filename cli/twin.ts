import { parseJsonText } from '#sdk';
import type { Config } from '#runtime/config.ts';
import { callApi, refusalOf } from './api.ts';
import { CommandError } from './failure.ts';

/** What `twin set` is told. */
export interface TwinSetOptions {
  /** `tenant/device` */
  readonly key: string;
  /** A merge patch of the desired section, as JSON. */
  readonly patch: string;
  readonly expectedVersion: number | undefined;
}

/** Asks for a device's state as an operator. Gives what to print. */
export async function setTwin(config: Config, { key, patch, expectedVersion }: TwinSetOptions): Promise<string> {
  const { tenant, device } = parseKey(key);
  const expected = expectedVersion === undefined ? {} : { expectedVersion };
  const answer = await callApi(config, {
    method: 'PUT',
    path: `/v1/twins/${encodeURIComponent(tenant)}/${encodeURIComponent(device)}/desired`,
    contentType: 'application/json',
    // With a time of its own, a repetition is told from a second wish.
    body: JSON.stringify({ time: Date.now(), patch: parsePatch(patch), ...expected }),
    token: config.tokens.operator,
  });
  if (answer.status !== 202) throw refusalOf(answer);
  return `accepted; see how far the device has got: fleetstream inspect ${key}`;
}

/** The two parts of `tenant/device`. */
export function parseKey(key: string): { readonly tenant: string; readonly device: string } {
  const [tenant = '', device = '', ...rest] = key.split('/');
  if (tenant !== '' && device !== '' && rest.length === 0) return { tenant, device };
  throw new CommandError('key_malformed', `"${key}" names no device; write tenant/device, such as acme/wifi-0001.`);
}

function parsePatch(text: string): unknown {
  try {
    return parseJsonText(text);
  } catch (error) {
    throw new CommandError(
      'json_malformed',
      `the patch is no JSON (${(error as Error).message}); quote it: '{"a":1}'.`,
    );
  }
}
