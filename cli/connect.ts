import { connectors } from '#connectors';
import type { Config } from '#runtime/config.ts';
import { standByTicker } from '#runtime/engine/ticker.ts';
import { createIngress } from '#runtime/ingress/ingress.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { instanceOf } from './cluster.ts';
import { checkDoors, openDoors } from './doors.ts';
import { openHealth } from './health.ts';
import { openKafka } from './kafka.ts';
import { allRecords, openRegistry, registerAll } from './registry.ts';
import { runService, type Service, type Started } from './service.ts';

/** Opens the doors of devices onto Kafka, and keeps the clock, until it is interrupted. Gives the exit code. */
export function connect(config: Config): Promise<number> {
  return runService(config, (service) => start(config, service));
}

async function start(config: Config, service: Service): Promise<Started> {
  const { stack, logger, report, progress, signal, telemetry } = service;
  const { partitions } = config;
  await checkDoors(config, false);
  // Waiting for Kafka can take long, and whoever restarts what does not answer must not take it for dead.
  const waiting = stack.use(new AsyncDisposableStack());
  await openHealth(config, waiting);
  progress('connecting to Kafka');
  const log = await openKafka(config, service);
  stack.defer(() => log.close());
  const registry = await openRegistry(config);
  await registerAll(registry, allRecords(), { say: progress, signal });
  const clock = { now: Date.now, sleep: (ms: number) => pause(ms) };
  const ticker = standByTicker({ log, registry, partitions, clock, report });
  const ticking = ticker.run();
  ticking.catch(() => undefined);
  stack.defer(async () => {
    ticker.stop();
    await ticking.catch(() => undefined);
  });
  progress('opening the doors');
  const instance = instanceOf(config);
  const common = { log, registry, connectors, partitions, clock: Date.now, instance };
  const ingress = await createIngress({ ...common, traces: telemetry?.ingress });
  telemetry?.watch({ ingress });
  stack.defer(() => ingress.close());
  await waiting.disposeAsync();
  const doors = await openDoors({ config, connectors, ingress, log, registry, logger }, stack);
  stack.defer(async () => ingress.drain());
  const failure = ticking.then(() => new Promise<never>(() => undefined));
  return { ready: `ready: MQTT ${doors.mqtt}, HTTP ${doors.http}, events go to ${config.kafka.brokers}`, failure };
}
