import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Config } from '#runtime/config.ts';
import type { KafkaOptions } from '#runtime/log/kafka/log.ts';
import { CommandError } from './failure.ts';

/** How the cluster of the settings is reached and used; null where the log is in the data folder. */
export function clusterOf({ kafka }: Config): Omit<KafkaOptions, 'clientId'> | null {
  if (kafka.brokers === null) return null;
  const certificates = Object.fromEntries(
    (['ca', 'cert', 'key'] as const).flatMap((name) => {
      const path = kafka[name];
      return path === null ? [] : [[name, pem(name, path)]];
    }),
  );
  return {
    brokers: kafka.brokers.split(',').map((broker) => broker.trim()),
    ...(kafka.tls === 'on' ? { ssl: certificates } : {}),
    ...saslOf(kafka),
    topics: { replicas: kafka.replicas, insyncMin: kafka.insync },
    compression: kafka.compression,
  };
}

/** Name of this process in the cluster. */
export function instanceOf({ kafka }: Config): string {
  return kafka.instance ?? hostname();
}

function saslOf({ sasl, username, password }: Config['kafka']): Pick<KafkaOptions, 'sasl'> {
  if (sasl === 'none') return {};
  if (username === null || password === null) {
    const next = 'set kafka.username and kafka.password, or leave kafka.sasl out';
    throw new CommandError('config_invalid', `kafka.sasl is ${sasl}, which needs a user and a password; ${next}.`);
  }
  return { sasl: { mechanism: sasl, username, password } };
}

function pem(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const next = `set kafka.${name} to a file that can be read`;
    throw new CommandError('config_invalid', `kafka.${name}: ${(error as Error).message}; ${next}.`);
  }
}
