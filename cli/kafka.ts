import { hostname } from 'node:os';
import type { Config } from '#runtime/config.ts';
import { type KafkaLog, openKafkaLog } from '#runtime/log/kafka/log.ts';
import { clusterOf } from './cluster.ts';
import { CommandError } from './failure.ts';

/** Name of this process in the cluster. */
export function instanceOf({ kafka }: Config): string {
  return kafka.instance ?? hostname();
}

/** Opens the log that the settings name. Throws `kafka_unset` where they name none. */
export async function openKafka(
  config: Config,
  report: (code: string, detail: Readonly<Record<string, unknown>>) => void,
  instance = instanceOf(config),
): Promise<KafkaLog> {
  const cluster = clusterOf(config);
  if (cluster === null) {
    throw new CommandError('kafka_unset', 'this needs a Kafka cluster; set FLEETSTREAM_KAFKA_BROKERS to its brokers');
  }
  return openKafkaLog({ ...cluster, clientId: `fleetstream-${instance}`, report });
}
