import type { EventEmitter } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  Aedes,
  type AuthenticateError,
  type Client,
  type ConnectPacket,
  type PublishPacket,
  type Subscription,
} from 'aedes';
import type { Delivery } from '#sdk';
import { guardPackets } from './mqtt-guard.ts';
import { MqttPolicy, type Peer } from './mqtt-policy.ts';
import { type Listen, type ListenerOptions, listenError, requireToken } from './transport.ts';

/** Open connections, each of which is one session. */
export const SESSIONS_MAX = 10_000;

/** Devices for which the newest delivery is kept until they subscribe. */
export const RETAINED_MAX = 100_000;

/** A client must have sent its CONNECT by then. */
const CONNECT_MS_MAX = 10_000;

/** A running embedded broker. */
export interface MqttBroker {
  /** As bound: differs from the configured one when that is 0. */
  readonly port: number;
  /** Gives a message to whoever subscribed; with `retain` also to those who will. */
  send(delivery: Delivery): Promise<void>;
  /** Clients connected now. */
  sessions(): number;
  close(): Promise<void>;
}

/** What the embedded broker stands on. */
export interface MqttBrokerOptions extends ListenerOptions {
  readonly sessionsMax?: number;
}

/**
 * A broker in this process, MQTT 3.1.1 only: events published to the connectors' topics go into the log, and are
 * acknowledged when the log has them. It keeps no session beyond its connection and no retained message of a client.
 */
export async function startMqttBroker(options: MqttBrokerOptions): Promise<MqttBroker> {
  const { listen, sessionsMax = SESSIONS_MAX } = options;
  requireToken('MQTT', listen, options);
  const retained = new Set<string>();
  const send = ({ address, body, retain }: Delivery): Promise<void> => {
    const kept = retain && (retained.has(address) || retained.size < RETAINED_MAX);
    if (kept) retained.add(address);
    const payload = Buffer.from(body as Uint8Array);
    const packet = { cmd: 'publish', topic: address, payload, qos: 1, retain: kept, dup: false } as const;
    return new Promise((resolve, reject) => broker.publish(packet, (error) => (error ? reject(error) : resolve())));
  };
  const policy = new MqttPolicy(options, send);
  const broker = await Aedes.createBroker({
    ...answersOf(policy),
    connectTimeout: CONNECT_MS_MAX,
    maxClientsIdLength: 128,
  });
  broker.on('clientError', (client, error) => {
    policy.failed(client);
    options.report.warn(
      { code: 'mqtt_client_closed', client: client.id, reason: error.message },
      'closed an MQTT client',
    );
  });
  broker.on('connectionError', (client) => policy.failed(client));
  // A failure of one client's message is that client's; aedes throws where nobody listens.
  broker.on(
    'error' as never,
    ((error: Error) =>
      options.report.error(
        { code: 'mqtt_broker_failed', error: error.message },
        'the embedded broker failed',
      )) as never,
  );
  const server = createServer((socket) => accept(socket, broker, policy));
  server.maxConnections = sessionsMax;
  try {
    await bind(server, listen);
  } catch (error) {
    broker.close();
    throw listenError('MQTT', listen, error);
  }
  return {
    port: (server.address() as AddressInfo).port,
    sessions: () => broker.connectedClients,
    send,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      await new Promise<void>((resolve) => broker.close(resolve));
      await closed;
    },
  };
}

function bind(server: Server, { host, port }: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** The broker's questions, answered by the policy. */
function answersOf(policy: MqttPolicy) {
  return {
    preConnect: (_client: Client, packet: ConnectPacket, callback: (error: Error | null, ok: boolean) => void) =>
      policy.preConnect(packet, callback),
    authenticate: (
      client: Client,
      _username: unknown,
      password: Buffer | undefined,
      done: (error: AuthenticateError | null, ok: boolean) => void,
    ) => policy.authenticate(client, password, done),
    authorizePublish: (client: Client | null, packet: PublishPacket, callback: (error?: Error | null) => void) =>
      policy.authorizePublish(client, packet, callback),
    authorizeSubscribe: (
      client: Client,
      subscription: Subscription,
      callback: (error: Error | null, granted?: Subscription | null) => void,
    ) => callback(null, policy.maySubscribe(client, subscription.topic) ? subscription : null),
  };
}

/** Hands a connection to the broker, bounded, and with what the broker would only close it for. */
function accept(socket: Socket, broker: Aedes, policy: MqttPolicy): void {
  const peer: Peer = {
    address: socket.remoteAddress ?? null,
    isKnown: false,
    isOperator: false,
    isReported: false,
    filters: new Set(),
  };
  socket.on('error', () => undefined);
  const guard = guardPackets(socket, (packet) => policy.tooLong(peer, packet));
  const client = broker.handle(socket) as Client & { readonly _parser: EventEmitter };
  policy.admit(client, peer);
  // Of topics that it refuses by itself, and of broken packets, aedes tells no hook.
  client._parser.prependListener('packet', (packet) => policy.received(packet));
  client._parser.prependListener('error', (error: Error) => {
    void policy.malformed(peer, guard.recent(), error.message);
  });
}
