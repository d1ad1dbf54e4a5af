import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type AlertChanged, ocsfFinding, topics } from '#schemas';
import type { Config } from '#runtime/config.ts';
import { openReceiver } from '#runtime/webhook/receiver.ts';
import { keyOfSecret } from '#runtime/webhook/signature.ts';
import { type Addressed, startWebhook, type Webhook, type WebhookOptions } from '#runtime/webhook/sink.ts';
import { CommandError } from './failure.ts';

/** How long a stop waits for answers of the receiver. */
const STOP_MS_MAX = 2_000;

/** Begins to tell the receiver that the settings name; null where they name none. */
export async function openTelling(
  config: Config,
  parts: Pick<WebhookOptions, 'log' | 'registry' | 'report'>,
  stack: AsyncDisposableStack,
): Promise<Webhook | null> {
  const telling = tellingOf(config);
  if (telling === null) return null;
  const webhook = await startWebhook({ ...telling, ...parts, partitions: config.partitions });
  stack.defer(async () => {
    const stopped = webhook.stop();
    const late = pause(STOP_MS_MAX, 'late' as const, { ref: false });
    // A receiver may take its time to answer; what it has not taken is told again at the next start.
    if ((await Promise.race([stopped, late])) === 'late') await webhook.abandon();
    await stopped.catch(() => undefined);
  });
  return webhook;
}

/** What is told, and to whom. */
export type Telling = Pick<WebhookOptions, 'topic' | 'receiver' | 'messageOf' | 'giveUpMs' | 'keepMs'>;

/** What the settings say of the receiver; null where they name none. Throws `webhook_unsigned` and `webhook_plain`. */
export function tellingOf({ webhook: settings }: Pick<Config, 'webhook'>): Telling | null {
  const { url, secrets, format, timeout, patience, keep, plain } = settings;
  if (url === null) return null;
  const keys = (secrets ?? '').split(',').flatMap((secret) => keyOfSecret(secret.trim()) ?? []);
  if (keys.length === 0) {
    const next = 'set FLEETSTREAM_WEBHOOK_SECRETS to one or more secrets such as whsec_…, with commas between';
    throw new CommandError('webhook_unsigned', `alerts are sent signed only; ${next}`);
  }
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && plain === 'off' && !LOOPBACK.test(hostname)) {
    const next = 'use https, or set FLEETSTREAM_WEBHOOK_PLAIN to on where nobody can listen in between';
    throw new CommandError('webhook_plain', `alerts do not go to ${hostname} without TLS; ${next}`);
  }
  const version = versionOf();
  const receiver = { url, keys, timeoutMs: timeout * 1000, agent: `fleetstream/${version}`, now: Date.now };
  return {
    topic: topics.alerts,
    receiver: openReceiver(receiver),
    giveUpMs: patience * 60_000,
    keepMs: keep * 3_600_000,
    messageOf: (value) => alertMessage(value as AlertChanged, format, version),
  };
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

function versionOf(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

/** What a receiver is told of a change of an alert; null where it is not to be told. */
export function alertMessage(
  change: AlertChanged,
  format: Config['webhook']['format'],
  version: string,
): Addressed | null {
  if (!change.deliver) return null;
  const id = idOf(change);
  const body = format === 'ocsf' ? ocsfFinding(change, { uid: id, version }) : nativeBody(change);
  return { id, lane: `${change.tenant}/${change.alert}`, body: JSON.stringify(body) };
}

/** The same for a change wherever and whenever it is folded. */
function idOf({ tenant, revision, causeTopic, causePartition, causeOffset, causePath }: AlertChanged): string {
  const parts = [tenant, revision, causeTopic, causePartition, causeOffset, causePath];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32);
}

/** In the shape that Standard Webhooks recommends. */
function nativeBody({ deliver: _, withheld, withheldBy, dueAt, ...alert }: AlertChanged): object {
  const type = `alert.${alert.change === 'RELEASED' ? 'opened' : alert.change.toLowerCase()}`;
  return { type, timestamp: new Date(alert.logTime).toISOString(), data: alert };
}
