import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '#runtime/config.ts';
import { type KafkaLog, openKafkaLog } from '#runtime/log/kafka/log.ts';
import { clusterOf, instanceOf } from './cluster.ts';
import { CommandError } from './failure.ts';
import type { Service } from './service.ts';

/** The cluster that the settings name. Throws `kafka_unset` where they name none. */
export function namedCluster(config: Config): NonNullable<ReturnType<typeof clusterOf>> {
  const cluster = clusterOf(config);
  if (cluster !== null) return cluster;
  throw new CommandError('kafka_unset', 'this needs a Kafka cluster; set FLEETSTREAM_KAFKA_BROKERS to its brokers');
}

/** Opens the log that the settings name; a cluster that is away is waited for. */
export async function openKafka(
  config: Config,
  { progress, report, signal }: Pick<Service, 'progress' | 'report' | 'signal'>,
): Promise<KafkaLog> {
  const cluster = namedCluster(config);
  const clientId = `fleetstream-${instanceOf(config)}`;
  for (;;) {
    try {
      return await openKafkaLog({ ...cluster, clientId, report, openMsMax: OPEN_MS_MAX });
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: string };
      if (code !== 'log_refused') throw error;
      progress(`waiting for Kafka: ${message}`);
      await pause(WAIT_MS, undefined, { signal });
    }
  }
}

/** Soon enough for who interrupts the start. */
const OPEN_MS_MAX = 5_000;
const WAIT_MS = 1_000;
