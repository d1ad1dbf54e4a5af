import type { Config } from '#runtime/config.ts';
import { WEBHOOK_TOPIC } from '#runtime/webhook/places.ts';
import { startWebhook, type Webhook } from '#runtime/webhook/sink.ts';
import { standBySink } from '#runtime/clickhouse/stand-by.ts';
import { SINK_WAITS_MS_MAX } from '#runtime/readiness.ts';
import { CommandError } from './failure.ts';
import { openHealth } from './health.ts';
import { openKafka } from './kafka.ts';
import { openRegistry } from './registry.ts';
import { runService, type Service, type Started } from './service.ts';
import { tellingOf } from './telling.ts';

/** Tells a receiver of alerts from Kafka, until it is interrupted. Gives the exit code. */
export function webhook(config: Config): Promise<number> {
  return runService(config, (service) => start(config, service));
}

async function start(config: Config, service: Service): Promise<Started> {
  const { stack, report, progress, telemetry } = service;
  const told = tellingOf(config);
  if (told === null) {
    const next = 'set FLEETSTREAM_WEBHOOK_URL and FLEETSTREAM_WEBHOOK_SECRETS';
    throw new CommandError('webhook_unset', `there is no receiver of alerts; ${next}`);
  }
  const health = await openHealth(config, stack);
  progress('connecting to Kafka');
  const log = await openKafka(config, service);
  stack.defer(() => log.close());
  const registry = await openRegistry(config);
  let held: Webhook | null = null;
  const parts = { ...told, log, registry, partitions: config.partitions, report };
  const standing = standBySink({
    group: log.group(WEBHOOK_TOPIC, WEBHOOK_TOPIC, 1),
    report: (code, detail) => report(code.replace('sink', 'webhook'), detail),
    open: async (clock) => {
      held = await startWebhook({ ...parts, clock });
      return held;
    },
  });
  stack.defer(() => standing.stop());
  telemetry?.watch({ webhook: () => (standing.isMember() ? held : null) });
  health.began({ group: () => standing.isMember(), receiver: () => held === null || isTold(held, Date.now()) });
  const ready = `alerts go to ${new URL(config.webhook.url ?? '').host}; health ${health.url}`;
  return { ready, failure: standing.failure };
}

function isTold(webhook: Webhook, now: number): boolean {
  const { waitingSince } = webhook.stats();
  return waitingSince === null || now - waitingSince <= SINK_WAITS_MS_MAX;
}
