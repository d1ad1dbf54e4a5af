import type { AuthenticateError, Client, ConnectPacket, PublishPacket } from 'aedes';
import { type Connector, type Delivery, type Message, type MqttTopics, type Rejection, reject } from '#sdk';
import { type LongPacket, PACKET_BYTES_MAX } from './mqtt-guard.ts';
import {
  ADDRESS_LENGTH_MAX,
  answersTo,
  keptOf,
  type ListenerOptions,
  matchesFilter,
  prefixOf,
  sameSecret,
  untilTaken,
} from './transport.ts';

/** Different topic filters that one connection may subscribe to. */
export const SUBSCRIPTIONS_MAX = 100;

/** Characters of a topic. */
export const TOPIC_LENGTH_MAX = 512;

/** Levels of a topic; aedes takes no more. */
export const TOPIC_LEVELS_MAX = 100;

/** A connection. */
export interface Peer {
  readonly address: string | null;
  /** Presented a token, or needs none. */
  isKnown: boolean;
  isOperator: boolean;
  /** Told of or counted once: a client that goes on would fill the log file. */
  isReported: boolean;
  readonly filters: Set<string>;
}

type Mqtt = Connector<MqttTopics>;
type Done = (error?: Error | null) => void;

/** What clients of the embedded broker may do, and what becomes of what they may not. */
export class MqttPolicy {
  readonly #options: ListenerOptions;
  readonly #send: (delivery: Delivery) => Promise<void>;
  readonly #connectors: readonly Mqtt[];
  readonly #peers = new WeakMap<Client, Peer>();
  /** Topics that the broker itself would close the connection for. */
  readonly #topics = new WeakMap<object, string>();

  constructor(options: ListenerOptions, send: (delivery: Delivery) => Promise<void>) {
    this.#options = options;
    this.#send = send;
    this.#connectors = options.connectors.filter((each): each is Mqtt => each.source.kind === 'mqtt');
  }

  admit(client: Client, peer: Peer): void {
    this.#peers.set(client, peer);
  }

  /** A packet as the parser made it, before the broker looks at it. */
  received(packet: { readonly cmd: string; topic?: string }): void {
    if (packet.cmd !== 'publish' || packet.topic === undefined || faultOfTopic(packet.topic) === null) return;
    this.#topics.set(packet, packet.topic);
    packet.topic = UNHEARD_TOPIC;
  }

  preConnect(packet: ConnectPacket, callback: (error: Error | null, ok: boolean) => void): void {
    // Sessions that outlive their connection would fill memory with what nobody comes back for.
    packet.clean = true;
    callback(null, true);
  }

  authenticate(
    client: Client,
    password: Buffer | undefined,
    done: (error: AuthenticateError | null, ok: boolean) => void,
  ): void {
    const { deviceToken, operatorToken } = this.#options;
    const peer = this.#peerOf(client);
    const given = password?.toString();
    const isOpen = deviceToken === undefined && operatorToken === undefined;
    peer.isOperator = sameSecret(given, operatorToken);
    peer.isKnown = isOpen || peer.isOperator || sameSecret(given, deviceToken);
    if (peer.isKnown) return done(null, true);
    const error = new Error('the password is not a token of this broker');
    return done(Object.assign(error, { returnCode: BAD_PASSWORD }), false);
  }

  /** Comes before the acknowledgement, which waits for its callback; of wills it comes when they are due. */
  authorizePublish(client: Client | null, packet: PublishPacket, callback: Done): void {
    const topic = this.#topics.get(packet) ?? packet.topic;
    packet.retain = false;
    const connector = this.#connectors.find(({ source }) => isIncoming(source, topic));
    const work = connector === undefined ? this.#refuse(client, topic, packet) : this.#take(connector, client, packet);
    // oxlint-disable-next-line promise/no-callback-in-promise -- aedes knows only callbacks
    void work.then(callback);
  }

  /** Devices hear what is sent to a device that they name; an operator also filters below a connector's first level. */
  maySubscribe(client: Client, filter: string): boolean {
    const { isOperator, filters } = this.#peerOf(client);
    const isAllowed =
      filter.length <= TOPIC_LENGTH_MAX &&
      this.#connectors.some(({ source }) => isHeard(source, filter) || (isOperator && isWithin(source, filter)));
    if (!isAllowed || (!filters.has(filter) && filters.size >= SUBSCRIPTIONS_MAX)) return false;
    filters.add(filter);
    return true;
  }

  /** The broker closed a connection for what its client did. */
  failed(client: Client): void {
    const peer = this.#peerOf(client);
    if (peer.isKnown || peer.isReported) return;
    peer.isReported = true;
    this.#options.ingress.turnAway();
  }

  /** Keeps what can be kept of a packet that is too long. Never rejects. */
  async tooLong(peer: Peer, { head, length, bytes }: LongPacket): Promise<void> {
    if (length === null) return this.malformed(peer, bytes, 'its length has more than 4 bytes');
    const { topic, payload, payloadBytes } = publishOf(head, length, bytes);
    const detail = `a packet has at most ${PACKET_BYTES_MAX} bytes${keptOf(payloadBytes, payload.length)}`;
    await this.#keep(peer, topic ?? peer.address ?? '', payload, reject('packet_too_large', detail));
  }

  /** Keeps bytes that are no MQTT. Never rejects. */
  async malformed(peer: Peer, bytes: Buffer, reason: string): Promise<void> {
    const kept = prefixOf(bytes);
    const detail = `this is no packet of MQTT 3.1.1: ${reason}${keptOf(bytes.length, kept.length)}`;
    await this.#keep(peer, peer.address ?? '', kept, reject('packet_malformed', detail));
  }

  #peerOf(client: Client): Peer {
    const peer = this.#peers.get(client);
    if (peer === undefined) throw new Error('an MQTT client without its connection');
    return peer;
  }

  /** Null once the log has the message; an error closes the client, so that it sends again what was not acknowledged. */
  async #take(connector: Mqtt, client: Client | null, { topic, payload }: PublishPacket): Promise<Error | null> {
    const { ingress } = this.#options;
    const message = this.#messageOf(client === null ? null : this.#peerOf(client).address, topic, bytesOf(payload));
    const attempt = async () => {
      const outcome = await ingress.publish(connector, message);
      if (outcome.kind === 'taken') void this.#answer(answersTo(connector, message, outcome));
      return outcome;
    };
    return this.#insist(client, attempt);
  }

  /** Nobody waits for it: a sender that is gone is told nothing. */
  async #answer(deliveries: readonly Delivery[]): Promise<void> {
    try {
      for (const delivery of deliveries) await this.#send(delivery);
    } catch (error) {
      this.#options.report.warn({ code: 'mqtt_unanswered', error: String(error) }, 'a device was not answered');
    }
  }

  /** Null once the dead letter is written: refused again at each connection, the message would come again for ever. */
  async #refuse(client: Client | null, topic: string, packet: PublishPacket): Promise<Error | null> {
    const { ingress, report } = this.#options;
    const peer = client === null ? null : this.#peerOf(client);
    const message = this.#messageOf(peer?.address ?? null, topic, bytesOf(packet.payload));
    const origin = this.#connectors.find(({ source }) => matchesFilter(source.filter, topic));
    const rejection = faultOfTopic(topic) ?? foreign(origin);
    // The broker acknowledges only what it publishes, and nobody may subscribe to this.
    packet.topic = UNHEARD_TOPIC;
    packet.payload = '';
    if (peer?.isReported === false) {
      peer.isReported = true;
      const { code } = rejection;
      report.warn({ code, client: client?.id, topic: message.address }, 'dead-lettered a message of an MQTT client');
    }
    return this.#insist(client, () => ingress.refuse(origin?.name ?? TRANSPORT, message, rejection));
  }

  async #insist(client: Client | null, attempt: Parameters<typeof untilTaken>[1]): Promise<Error | null> {
    const { ingress, report } = this.#options;
    try {
      const outcome = await untilTaken(ingress, attempt, () => client === null || client.closed);
      return outcome === null ? new Error('the log did not take the message') : null;
    } catch (error) {
      report.error({ code: 'ingress_failed', error: String(error) }, 'a message could not be taken');
      return new Error('the message could not be taken', { cause: error });
    }
  }

  /** Nothing of a stranger. Tries once: the connection ends, so nobody waits for an answer. */
  async #keep(peer: Peer, address: string, bytes: Buffer, rejection: Rejection): Promise<void> {
    const { ingress, report } = this.#options;
    if (!peer.isKnown) return;
    const origin = this.#connectors.find(({ source }) => matchesFilter(source.filter, address));
    try {
      await ingress.refuse(origin?.name ?? TRANSPORT, this.#messageOf(peer.address, address, bytes), rejection);
    } catch (error) {
      report.error({ code: 'ingress_failed', error: String(error) }, 'a refusal could not be kept');
    }
  }

  #messageOf(sourceAddress: string | null, topic: string, body: Buffer): Message {
    const { clock, region, tenant } = this.#options;
    const address = topic.slice(0, ADDRESS_LENGTH_MAX);
    return { address, params: {}, contentType: '', body, receivedAt: clock(), sourceAddress, region, tenant };
  }
}

/** CONNACK's code for a user name or password that is wrong. */
const BAD_PASSWORD = 4;

/** Origin of what came by no connector's topics. */
const TRANSPORT = 'mqtt';

/** Where nobody listens. */
const UNHEARD_TOPIC = '$refused';

/** Why no connector could take the topic, whatever its filter. */
function faultOfTopic(topic: string): Rejection | null {
  if (topic === '' || /[+#\0]/.test(topic)) {
    return reject('topic_malformed', 'the topic of a message is not empty and has none of +, # and U+0000');
  }
  if (topic.length > TOPIC_LENGTH_MAX) {
    return reject('topic_too_long', `a topic has at most ${TOPIC_LENGTH_MAX} characters; this has ${topic.length}`);
  }
  const levels = topic.split('/').length;
  if (levels <= TOPIC_LEVELS_MAX) return null;
  return reject('topic_too_long', `a topic has at most ${TOPIC_LEVELS_MAX} levels; this has ${levels}`);
}

function foreign(connector: Mqtt | undefined): Rejection {
  if (connector !== undefined) return reject('operator_only', 'only the platform sends to this topic');
  return reject('topic_forbidden', 'no connector takes this topic');
}

function bytesOf(payload: string | Buffer): Buffer {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}

function isIncoming({ filter, outgoing }: MqttTopics, topic: string): boolean {
  if (faultOfTopic(topic) !== null || !matchesFilter(filter, topic)) return false;
  return outgoing === null || !matchesFilter(outgoing, topic);
}

/** True for a topic without wildcards that the platform sends to. */
function isHeard({ outgoing }: MqttTopics, filter: string): boolean {
  return outgoing !== null && !/[+#]/.test(filter) && matchesFilter(outgoing, filter);
}

function isWithin({ filter }: MqttTopics, wanted: string): boolean {
  const end = filter.search(/[+#]/);
  return !wanted.startsWith('$') && (end === -1 ? wanted === filter : wanted.startsWith(filter.slice(0, end)));
}

interface Published {
  /** Null when the packet is none that publishes, or its topic did not come whole. */
  readonly topic: string | null;
  readonly payload: Buffer;
  readonly payloadBytes: number;
}

/** Topic and payload of a PUBLISH of which only the first bytes are there. */
function publishOf(head: number, length: number, bytes: Buffer): Published {
  const topicBytes = head >> 4 === PUBLISH && bytes.length >= 2 ? bytes.readUInt16BE(0) : null;
  if (topicBytes === null || bytes.length < 2 + topicBytes)
    return { topic: null, payload: bytes, payloadBytes: length };
  const hasMessageId = ((head >> 1) & 3) > 0;
  const at = 2 + topicBytes + (hasMessageId ? 2 : 0);
  return { topic: bytes.toString('utf8', 2, 2 + topicBytes), payload: bytes.subarray(at), payloadBytes: length - at };
}

/** Type of the packet that publishes. */
const PUBLISH = 3;
