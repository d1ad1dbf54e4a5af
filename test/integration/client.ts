import { Kafka, logLevel } from 'kafkajs';
import type { Listener } from '../stack/index.ts';

/** A client of kafkajs for one listener of the stack; without `patience` it tries once, and says nothing of it. */
export function clientOf({ brokers, tls, sasl }: Listener, patience = true): Kafka {
  return new Kafka({
    clientId: 'fleetstream-test',
    brokers: [...brokers],
    logLevel: patience ? logLevel.ERROR : logLevel.NOTHING,
    ...(patience ? {} : { retry: { retries: 0 } }),
    ...(tls === undefined ? {} : { ssl: { ca: [tls.ca], ...pair(tls) } }),
    // kafkajs hangs its authenticator, with this password in it, on the object that it is given.
    ...(sasl === undefined ? {} : { sasl: { ...sasl } }),
  });
}

function pair({
  cert,
  key,
}: {
  readonly cert?: string;
  readonly key?: string;
}): { cert: string; key: string } | object {
  return cert === undefined || key === undefined ? {} : { cert, key };
}
