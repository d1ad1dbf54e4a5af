import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Config } from '#runtime/config.ts';
import { type KafkaLog, openKafkaLog } from '#runtime/log/kafka/log.ts';
import { CommandError } from './failure.ts';

/** Name of this process in the cluster. */
export function instanceOf({ kafka }: Config): string {
  return kafka.instance ?? hostname();
}

/** Opens the log that the settings name. Throws `kafka_unset` where they name none. */
export async function openKafka(
  config: Config,
  report: (code: string, detail: Readonly<Record<string, unknown>>) => void,
): Promise<KafkaLog> {
  const { kafka } = config;
  if (kafka.brokers === null) {
    throw new CommandError('kafka_unset', 'this needs a Kafka cluster; set FLEETSTREAM_KAFKA_BROKERS to its brokers');
  }
  return openKafkaLog({
    brokers: kafka.brokers.split(',').map((broker) => broker.trim()),
    clientId: `fleetstream-${instanceOf(config)}`,
    ssl: tlsOf(kafka),
    sasl: saslOf(kafka),
    topics: { replicas: kafka.replicas, insyncMin: kafka.insync },
    compression: kafka.compression,
    report,
  });
}

function tlsOf({ tls, ca, cert, key }: Config['kafka']) {
  if (tls === 'off') return undefined;
  if (ca === null && cert === null && key === null) return true;
  return {
    ...(ca === null ? {} : { ca: [contentOf('kafka.ca', ca)] }),
    ...(cert === null ? {} : { cert: contentOf('kafka.cert', cert) }),
    ...(key === null ? {} : { key: contentOf('kafka.key', key) }),
  };
}

function saslOf({ sasl: mechanism, username, password }: Config['kafka']) {
  if (mechanism === 'none') return undefined;
  if (username === null || password === null) {
    const missing = username === null ? 'kafka.username' : 'kafka.password';
    throw new CommandError('config_incomplete', `kafka.sasl is ${mechanism}, and ${missing} is not set; set it`);
  }
  return { mechanism, username, password };
}

function contentOf(key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CommandError('config_unreadable', `${key}: ${(cause as Error).message}; name a file in PEM`, { cause });
  }
}
