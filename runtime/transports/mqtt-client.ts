import type { Socket } from 'node:net';
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { type Connector, type Delivery, type Message, type MqttTopics, reject } from '#sdk';
import {
  ADDRESS_LENGTH_MAX,
  answersTo,
  keptOf,
  matchesFilter,
  prefixOf,
  type TransportGround,
  untilTaken,
} from './transport.ts';

/** Messages taken from the broker and not yet acknowledged; beyond it the socket is not read. */
export const MESSAGES_INFLIGHT_MAX = 1_000;

const RECONNECT_MS_MIN = 500;
const RECONNECT_MS_MAX = 30_000;

/** For how long the broker keeps our session while we are away (MQTT 5; under 3.1.1 the broker decides). */
const SESSION_EXPIRY_S = 7 * 24 * 3600;

/** Under which the log's refusal of a message does not hold up the packets behind it. */
const ACKNOWLEDGED_LATER = new Error('acknowledged later');

/** A running client of the user's broker. */
export interface MqttSubscriber {
  /** Resolves when the broker has it. */
  send(delivery: Delivery): Promise<void>;
  isConnected(): boolean;
  /** Acknowledges what the log has, then disconnects; the session stays for the next start. */
  close(): Promise<void>;
}

/** What the client stands on. */
export interface MqttSubscriberOptions extends TransportGround {
  /** As in `mqtts://broker:8883`. */
  readonly url: string;
  /** The session's name at the broker: the same after a restart, another for each running copy. */
  readonly clientId: string;
  readonly protocolVersion: 4 | 5;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Shares the subscription among all clients of this group. */
  readonly group?: string | undefined;
  readonly connector: Connector<MqttTopics>;
  /** How long a close waits for the log, in milliseconds. */
  readonly closeMsMax?: number;
}

/** Connects to the user's broker and stays connected; it does not wait for the first connection. */
export function startMqttSubscriber(options: MqttSubscriberOptions): MqttSubscriber {
  const client = connect(options.url, connection(options));
  const acknowledger = new Acknowledger(client, options);
  client.handleMessage = (packet, callback) => acknowledger.handle(packet, callback);
  keepSubscribed(client, options);
  return {
    send: async ({ address, body, retain }) => {
      await client.publishAsync(address, Buffer.from(body as Uint8Array), { qos: 1, retain });
    },
    isConnected: () => client.connected,
    close: async () => {
      await acknowledger.close();
      await client.endAsync();
    },
  };
}

function connection({ clientId, protocolVersion, username, password }: MqttSubscriberOptions): IClientOptions {
  return {
    clientId,
    protocolVersion,
    // Without a clean start the broker keeps, while we are away, what we have not acknowledged.
    clean: false,
    resubscribe: false,
    reconnectPeriod: RECONNECT_MS_MIN,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(protocolVersion === 5
      ? { properties: { sessionExpiryInterval: SESSION_EXPIRY_S, receiveMaximum: MESSAGES_INFLIGHT_MAX } }
      : {}),
  };
}

function keepSubscribed(
  client: MqttClient,
  { url, connector, group, protocolVersion, report }: MqttSubscriberOptions,
): void {
  const topic = group === undefined ? connector.source.filter : `$share/${group}/${connector.source.filter}`;
  const broker = withoutSecrets(url);
  client.on('connect', ({ sessionPresent }) => {
    client.options.reconnectPeriod = RECONNECT_MS_MIN;
    // Acknowledgements are four bytes each; collected by the kernel, they would reach the broker late.
    (client.stream as Partial<Socket>).setNoDelay?.(true);
    report.info({ code: 'mqtt_connected', broker, sessionPresent }, 'connected to the MQTT broker');
    if (sessionPresent) return;
    // What is retained was sent before anyone listened; as news it would overwrite what is newer.
    const subscription = protocolVersion === 5 ? { qos: 1 as const, rh: 2 } : { qos: 1 as const };
    client.subscribe(topic, subscription, (error, granted = []) => {
      if (error === null && granted.every(({ qos }) => qos < 128)) return;
      report.error(
        { code: 'mqtt_subscription_refused', broker, topic },
        'the MQTT broker refused the subscription; allow this user to read the topic',
      );
      // The subscription is tried again on a new connection.
      client.reconnect();
    });
  });
  client.on('close', () => {
    const waitMs = client.options.reconnectPeriod ?? RECONNECT_MS_MIN;
    client.options.reconnectPeriod = Math.min(waitMs * 2, RECONNECT_MS_MAX);
  });
  client.on('error', (error) => {
    report.warn(
      { code: 'mqtt_broker_away', broker, error: error.message },
      'the MQTT broker cannot be used now; trying again',
    );
  });
}

interface Inflight {
  /** None at QoS 0. */
  readonly messageId: number | undefined;
  readonly stream: MqttClient['stream'];
  isDone: boolean;
}

/** Hands messages to the log side by side and acknowledges them in the order of their arrival, as MQTT demands. */
class Acknowledger {
  readonly #client: MqttClient;
  readonly #options: MqttSubscriberOptions;
  #inflight: Inflight[] = [];
  #resume: (() => void)[] = [];
  #isClosing = false;

  constructor(client: MqttClient, options: MqttSubscriberOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** The callback lets the next packet be read; with an error the client sends no acknowledgement of its own. */
  handle(packet: IPublishPacket, callback: (error?: Error) => void): void {
    const { source } = this.#options.connector;
    const isOurs = source.outgoing !== null && matchesFilter(source.outgoing, packet.topic);
    if (this.#isClosing) return callback(ACKNOWLEDGED_LATER);
    const entry = { messageId: packet.messageId, stream: this.#client.stream, isDone: isOurs || packet.retain };
    this.#inflight.push(entry);
    if (entry.isDone) {
      this.#flush();
    } else {
      this.#publish(entry, packet).catch((error: Error) => {
        this.#inflight = this.#inflight.filter((other) => other !== entry);
        this.#options.report.error(
          { code: 'ingress_failed', error: error.message },
          'a message could not be taken; the broker keeps it',
        );
      });
    }
    const next = () => callback(packet.qos === 0 ? undefined : ACKNOWLEDGED_LATER);
    if (this.#inflight.length < MESSAGES_INFLIGHT_MAX) return next();
    this.#resume.push(next);
    return undefined;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const deadline = this.#options.clock() + (this.#options.closeMsMax ?? CLOSE_MS_MAX);
    while (this.#inflight.length > 0 && this.#options.clock() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async #publish(entry: Inflight, packet: IPublishPacket): Promise<void> {
    const isOver = () => this.#isClosing || this.#client.stream !== entry.stream;
    const outcome = await untilTaken(this.#options.ingress, this.#attemptOf(packet), isOver);
    if (outcome === null) {
      this.#inflight = this.#inflight.filter((other) => other !== entry);
    } else {
      entry.isDone = true;
      this.#flush();
    }
    while (this.#inflight.length < MESSAGES_INFLIGHT_MAX) {
      const next = this.#resume.shift();
      if (next === undefined) break;
      next();
    }
  }

  /** Nobody waits for it: what the broker does not take is not told. */
  async #answer(deliveries: readonly Delivery[]): Promise<void> {
    try {
      for (const { address, body } of deliveries)
        await this.#client.publishAsync(address, Buffer.from(body as Uint8Array), { qos: 1 });
    } catch (error) {
      this.#options.report.warn({ code: 'mqtt_unanswered', error: String(error) }, 'a device was not answered');
    }
  }

  #flush(): void {
    for (let first = this.#inflight[0]; first?.isDone; first = this.#inflight[0]) {
      this.#inflight.shift();
      const { messageId } = first;
      // On a new connection the same id may be another message's.
      const isSameConnection = this.#client.stream === first.stream && this.#client.connected;
      if (messageId !== undefined && isSameConnection) first.stream.write(puback(messageId));
    }
  }

  /** What the broker lets through has no bound here, and the log has one: of a payload beyond it the beginning is kept. */
  #attemptOf({ topic, payload, properties }: IPublishPacket) {
    const { clock, region, tenant, ingress, connector } = this.#options;
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    const body = prefixOf(bytes);
    const arrival = { params: {}, contentType: '', body, receivedAt: clock(), sourceAddress: null, region, tenant };
    // Two properties of one name come as a list, and two parents are none.
    const given = properties?.userProperties?.['traceparent'];
    const traceparent = typeof given === 'string' ? given : undefined;
    const message: Message = { address: topic.slice(0, ADDRESS_LENGTH_MAX), ...arrival, traceparent };
    if (body.length === bytes.length) {
      return async () => {
        const outcome = await ingress.publish(connector, message);
        if (outcome.kind === 'taken') void this.#answer(answersTo(connector, message, outcome));
        return outcome;
      };
    }
    const detail = `a message has at most ${body.length} bytes${keptOf(bytes.length, body.length)}`;
    return () => ingress.refuse(connector.name, message, reject('payload_too_large', detail));
  }
}

const CLOSE_MS_MAX = 5_000;

/** The packet's four bytes, the same in MQTT 3.1.1 and 5: a success needs no reason code. */
function puback(messageId: number): Buffer {
  return Buffer.from([0x40, 2, messageId >> 8, messageId & 0xff]);
}

function withoutSecrets(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
