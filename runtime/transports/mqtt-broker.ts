import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  Aedes,
  type AuthenticateError,
  type Client,
  type ConnectPacket,
  type PublishPacket,
  type Subscription,
} from 'aedes';
import type { Connector, Delivery, Message, MqttTopics } from '#sdk';
import type { Ingress } from '../ingress/ingress.ts';
import { guardPackets } from './mqtt-guard.ts';
import {
  type Listen,
  listenError,
  matchesFilter,
  publishUntilTaken,
  type Report,
  requireToken,
  sameSecret,
  type Tokens,
} from './transport.ts';

/** Open connections, each of which is one session. */
export const SESSIONS_MAX = 10_000;

/** Different topic filters that one connection may subscribe to. */
export const SUBSCRIPTIONS_MAX = 100;

/** Devices for which the newest delivery is kept until they subscribe. */
export const RETAINED_MAX = 100_000;

/** A client must have sent its CONNECT by then. */
const CONNECT_MS_MAX = 10_000;

/** Bytes of a topic; the levels are limited by aedes. */
const TOPIC_LENGTH_MAX = 512;

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
export interface MqttBrokerOptions extends Tokens {
  readonly listen: Listen;
  readonly connectors: readonly Connector[];
  readonly ingress: Ingress;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly region: string | null;
  readonly report: Report;
  readonly sessionsMax?: number;
}

type Mqtt = Connector<MqttTopics>;

/**
 * A broker in this process, MQTT 3.1.1 only: events published to the connectors' topics go into the log, and are
 * acknowledged when the log has them. It keeps no session beyond its connection and no retained message of a client.
 */
export async function startMqttBroker(options: MqttBrokerOptions): Promise<MqttBroker> {
  const { listen, sessionsMax = SESSIONS_MAX } = options;
  requireToken('MQTT', listen, options);
  const broker = await Aedes.createBroker({
    ...policyOf(options),
    connectTimeout: CONNECT_MS_MAX,
    maxClientsIdLength: 128,
  });
  broker.on('clientError', (client, error) =>
    options.report.warn(
      { code: 'mqtt_client_closed', client: client.id, reason: error.message },
      'closed an MQTT client',
    ),
  );
  broker.on('connectionError', () => undefined);
  // A failure of one client's message is that client's; aedes throws where nobody listens.
  broker.on(
    'error' as never,
    ((error: Error) =>
      options.report.error(
        { code: 'mqtt_broker_failed', error: error.message },
        'the embedded broker failed',
      )) as never,
  );
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    guardPackets(socket);
    broker.handle(socket);
  });
  server.maxConnections = sessionsMax;
  try {
    await bind(server, listen);
  } catch (error) {
    broker.close();
    throw listenError('MQTT', listen, error);
  }
  const retained = new Set<string>();
  return {
    port: (server.address() as AddressInfo).port,
    sessions: () => broker.connectedClients,
    send: ({ address, body, retain }) => {
      const kept = retain && (retained.has(address) || retained.size < RETAINED_MAX);
      if (kept) retained.add(address);
      const packet = {
        cmd: 'publish',
        topic: address,
        payload: Buffer.from(body),
        qos: 1,
        retain: kept,
        dup: false,
      } as const;
      return new Promise((resolve, reject) => broker.publish(packet, (error) => (error ? reject(error) : resolve())));
    },
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

/** What clients may do. */
function policyOf(options: MqttBrokerOptions) {
  const { report, deviceToken, operatorToken } = options;
  const isOpen = deviceToken === undefined && operatorToken === undefined;
  const connectors = options.connectors.filter((connector): connector is Mqtt => connector.source.kind === 'mqtt');
  const operators = new WeakSet<Client>();
  const subscriptions = new WeakMap<Client, Set<string>>();
  const forbid = (client: string | undefined, topic: string, text: string) =>
    report.warn({ code: 'topic_forbidden', client, topic: shown(topic) }, text);
  const connectorOf = (topic: string) => connectors.find(({ source }) => isIncoming(source, topic));
  return {
    preConnect(_client: Client, packet: ConnectPacket, callback: (error: Error | null, ok: boolean) => void) {
      // Sessions that outlive their connection would fill memory with what nobody comes back for.
      packet.clean = true;
      const topic = packet.will?.topic;
      if (topic === undefined || connectorOf(topic) !== undefined) return callback(null, true);
      forbid(packet.clientId, topic, 'refused an MQTT client: its will is for a topic that devices cannot publish to');
      return callback(new Error('will topic forbidden'), false);
    },

    authenticate(
      client: Client,
      _username: unknown,
      password: Buffer | undefined,
      done: (error: AuthenticateError | null, ok: boolean) => void,
    ) {
      const given = password?.toString();
      if (sameSecret(given, operatorToken)) operators.add(client);
      if (isOpen || sameSecret(given, deviceToken) || operators.has(client)) return done(null, true);
      return done(
        Object.assign(new Error('the password is not a token of this broker'), { returnCode: BAD_PASSWORD }),
        false,
      );
    },

    /** Comes before the acknowledgement, which waits for its callback. */
    authorizePublish(client: Client | null, packet: PublishPacket, callback: (error?: Error | null) => void) {
      const connector = connectorOf(packet.topic);
      if (connector === undefined) {
        forbid(client?.id, packet.topic, 'closed an MQTT client: devices cannot publish to this topic');
        return callback(new Error('topic forbidden'));
      }
      packet.retain = false;
      // oxlint-disable-next-line promise/no-callback-in-promise -- aedes knows only callbacks
      void take(connector, client, packet, options).then(callback);
    },

    authorizeSubscribe(
      client: Client,
      subscription: Subscription,
      callback: (error: Error | null, granted?: Subscription | null) => void,
    ) {
      const mayAll = isOpen || operators.has(client);
      const { topic } = subscription;
      const granted = subscriptions.get(client) ?? new Set<string>();
      subscriptions.set(client, granted);
      const isAllowed =
        topic.length <= TOPIC_LENGTH_MAX && connectors.some(({ source }) => maySubscribe(source, topic, mayAll));
      if (!isAllowed || (!granted.has(topic) && granted.size >= SUBSCRIPTIONS_MAX)) return callback(null, null);
      granted.add(topic);
      return callback(null, subscription);
    },
  };
}

/** CONNACK's code for a user name or password that is wrong. */
const BAD_PASSWORD = 4;

/** Null once the log has the message; an error closes the client, so that it sends again what was not acknowledged. */
async function take(
  connector: Mqtt,
  client: Client | null,
  packet: PublishPacket,
  options: MqttBrokerOptions,
): Promise<Error | null> {
  const isOver = () => client === null || client.closed;
  try {
    const outcome = await publishUntilTaken(options.ingress, connector, messageOf(client, packet, options), isOver);
    return outcome === null ? new Error('the log did not take the message') : null;
  } catch (error) {
    options.report.error({ code: 'ingress_failed', error: String(error) }, 'a message could not be taken');
    return new Error('the message could not be taken', { cause: error });
  }
}

function messageOf(client: Client | null, packet: PublishPacket, { clock, region }: MqttBrokerOptions): Message {
  const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
  const sourceAddress = (client?.conn as Socket | undefined)?.remoteAddress ?? null;
  return {
    address: packet.topic,
    params: {},
    contentType: '',
    body: payload,
    receivedAt: clock(),
    sourceAddress,
    region,
  };
}

function isIncoming({ filter, outgoing }: MqttTopics, topic: string): boolean {
  if (topic.length > TOPIC_LENGTH_MAX || !matchesFilter(filter, topic)) return false;
  return outgoing === null || !matchesFilter(outgoing, topic);
}

/** Everyone may hear what is sent to a device that he names; who may hear all uses a filter below the connector's first level. */
function maySubscribe({ filter, outgoing }: MqttTopics, topic: string, mayAll: boolean): boolean {
  const isConcrete = !topic.includes('+') && !topic.includes('#');
  if (isConcrete)
    return (outgoing !== null && matchesFilter(outgoing, topic)) || (mayAll && matchesFilter(filter, topic));
  return mayAll && topic.startsWith(filter.slice(0, filter.indexOf('+')));
}

function shown(topic: string): string {
  return topic.slice(0, 200);
}
