import type { EventType } from './event.ts';
import type { Envelope } from './generated/Envelope.ts';

/** Where a connector's messages come from; the transport of that kind delivers them. */
export type Source =
  | MqttTopics
  /** Method and path of HTTP, with `:name` parameters. */
  | { readonly kind: 'http'; readonly routes: readonly HttpRoute[] };

/** Topics of MQTT. */
export interface MqttTopics {
  readonly kind: 'mqtt';
  /** Topic filter of what is received, as in `fleetstream/v1/+/+/#`. */
  readonly filter: string;
  /** Topic filter within it that only the platform sends to; null when there is none. */
  readonly outgoing: string | null;
}

/** A route of HTTP. */
export interface HttpRoute {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  /** Who may use it. */
  readonly sender: 'device' | 'operator';
}

/** Messages of MQTT topics that match a filter, without those that the platform itself sends. */
export const mqtt = {
  topics: (filter: string, outgoing: string | null = null) => ({ kind: 'mqtt', filter, outgoing }) as const,
};

/** Requests to HTTP routes. */
export const http = { routes: (...routes: readonly HttpRoute[]) => ({ kind: 'http', routes }) as const };

/** A message as a transport received it. */
export interface Message {
  /** MQTT topic, or `METHOD /path/template` of HTTP. */
  readonly address: string;
  /** Path parameters of HTTP; none for MQTT. */
  readonly params: Readonly<Record<string, string>>;
  /** As HTTP's Content-Type says; empty when unknown. */
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly sourceAddress: string | null;
  /** Region of the connector, from configuration. */
  readonly region: string | null;
  /** Tenant of devices whose address names none, from configuration. */
  readonly tenant?: string | null | undefined;
  /** `traceparent` of W3C Trace Context, as the sender gave it. */
  readonly traceparent?: string | undefined;
}

/** An event that a connector read out of a message. */
export interface Translated {
  readonly kind: 'event';
  readonly type: EventType<Envelope>;
  readonly value: Envelope;
}

/** Input that cannot be accepted: a value, not an exception. */
export interface Rejection {
  readonly kind: 'rejection';
  /** Stable code, `lower_snake_case`. */
  readonly code: string;
  readonly detail: string;
  /** JSON Pointer of the offending part; empty for the whole. */
  readonly path: string;
  /** The bytes of the refused part, where it is less than the message. */
  readonly original?: Uint8Array;
  /** Whose it was, where that could be told. */
  readonly about?: { readonly tenant: string; readonly device: string };
}

/** Refuses input with a stable code, a sentence, and the place. */
export function reject(code: string, detail: string, path = ''): Rejection {
  return { kind: 'rejection', code, detail, path };
}

/** A message to a device. */
export interface Delivery {
  /** MQTT topic. */
  readonly address: string;
  readonly body: string | Uint8Array;
  /** Kept by the broker for a device that subscribes later. */
  readonly retain: boolean;
}

/** A pure translation between a protocol and events. It holds no session. */
export interface Connector<S extends Source = Source> {
  readonly name: string;
  readonly doc: string;
  readonly source: S;
  // oxlint-disable-next-line typescript/no-explicit-any -- events are invariant in their value
  readonly produces: readonly EventType<any>[];
  /** One outcome for each item of the message, in order. Never throws. */
  readonly translate: (message: Message) => readonly (Translated | Rejection)[];
  /** What its sender is told once a message is durable: in the log, or, where it was refused, in the dead letters. */
  readonly answer?: (message: Message, rejection: Rejection | null) => readonly Delivery[];
  /** What a device is told when an event about it is in the log. */
  readonly deliver?: (event: { readonly type: string; readonly value: unknown }) => readonly Delivery[];
}

/** Declares a connector. */
export function connector<const S extends Source>(declaration: Connector<S>): Connector<S> {
  return declaration;
}
