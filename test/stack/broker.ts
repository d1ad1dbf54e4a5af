import type { Certificates } from './certificates.ts';
import type { Service } from './service.ts';

/** How a client comes in. */
export type Security = 'plaintext' | 'tls' | 'mutual-tls' | 'scram';

export interface Listener {
  readonly brokers: readonly string[];
  /** PEM texts; `cert` and `key` where the broker asks for them. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: { readonly mechanism: 'scram-sha-256'; readonly username: string; readonly password: string };
}

/** Where one broker of all securities stands. */
export interface Place {
  /** What clients call it. */
  readonly host: string;
  /** What it binds. */
  readonly bind: string;
  readonly data: string;
  readonly ports: Readonly<Record<Security | 'internal' | 'controller', number>>;
  /** The port that plaintext clients are told, where a proxy stands before the broker. */
  readonly advertised: number;
  readonly certificates: Certificates;
}

/** What a house needs to prepare a broker. */
export interface Blueprint {
  readonly settings: Readonly<Record<string, string>>;
  readonly clusterId: string;
  /** Arguments of StorageTool that say which controllers there are. Default: itself alone. */
  readonly membership?: readonly string[];
  readonly heapMb?: number;
  place(house: Pick<Place, 'host' | 'bind' | 'data'>): Promise<Place>;
  ready(place: Place): Promise<boolean>;
}

/** A broker that is formatted but not started. */
export interface Prepared extends Service {
  readonly place: Place;
  /** What runs it, for the output. */
  readonly how: string;
  /** Ends it and removes its data; its log stays until the end of the run. */
  close(): Promise<void>;
}

const ACCOUNT = { mechanism: 'scram-sha-256', username: 'fleet', password: 'fleet-secret-of-tests' } as const;

/** Arguments of StorageTool that make the account; the same password serves each mechanism. */
export const FORMAT_ACCOUNT: readonly string[] = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
  '--add-scram',
  `${mechanism}=[name=${ACCOUNT.username},password=${ACCOUNT.password}]`,
]);

export function listeners({ host, ports, advertised, certificates }: Place): Readonly<Record<Security, Listener>> {
  const { ca, client } = certificates;
  const at = (port: number) => [`${host}:${port}`];
  return {
    plaintext: { brokers: at(advertised) },
    tls: { brokers: at(ports.tls), tls: { ca } },
    'mutual-tls': { brokers: at(ports['mutual-tls']), tls: { ca, ...client } },
    scram: { brokers: at(ports.scram), tls: { ca }, sasl: ACCOUNT },
  };
}

/** `server.properties`; `settings` go before those of the house. */
export function serverProperties(place: Place, settings: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ ...addresses(place), ...security(place.certificates), ...ONE_BROKER, ...settings });
  return lines.map(([key, value]) => `${key}=${value.replaceAll('\n', '\\n')}\n`).join('');
}

/** One broker is the whole cluster, and no test waits for members that do not come. */
const ONE_BROKER = {
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '5',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.num.partitions': '5',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'min.insync.replicas': '1',
  'group.initial.rebalance.delay.ms': '0',
  'auto.create.topics.enable': 'false',
  // A broker that was killed cannot register again before its session has ended.
  'broker.session.timeout.ms': '5000',
  'broker.heartbeat.interval.ms': '500',
};

function addresses({ host, bind, data, ports, advertised }: Place): Record<string, string> {
  const named = [
    ['INTERNAL', ports.internal, ports.internal],
    ['PLAIN', ports.plaintext, advertised],
    ['TLS', ports.tls, ports.tls],
    ['MUTUAL', ports['mutual-tls'], ports['mutual-tls']],
    ['SCRAM', ports.scram, ports.scram],
  ] as const;
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INTERNAL',
    listeners: [
      ...named.map(([name, port]) => `${name}://${bind}:${port}`),
      `CONTROLLER://127.0.0.1:${ports.controller}`,
    ].join(','),
    // The broker speaks to itself too, so its own listener is never behind a proxy.
    'advertised.listeners': named.map(([name, , port]) => `${name}://${host}:${port}`).join(','),
    'listener.security.protocol.map':
      'INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,TLS:SSL,MUTUAL:SSL,SCRAM:SASL_SSL',
    'log.dirs': data,
  };
}

function security({ ca, server }: Certificates): Record<string, string> {
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': server.cert,
    'ssl.keystore.key': server.key,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': ca,
    'listener.name.mutual.ssl.client.auth': 'required',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512,PLAIN',
    'listener.name.scram.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.scram.scram-sha-512.sasl.jaas.config': scram,
    'listener.name.scram.plain.sasl.jaas.config': `${plain} user_${ACCOUNT.username}="${ACCOUNT.password}";`,
  };
}
