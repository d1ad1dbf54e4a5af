import type { Envelope } from './generated/Envelope.ts';
import type { Schema } from './schema.ts';

/** Who may send an event: a device by its own routes, or an operator. */
export type Sender = 'device' | 'operator';

/** A record type that travels on `fleet.events`; every one begins with the envelope. */
export interface EventType<T extends Envelope> {
  readonly record: Schema<T>;
  /** The last part of its MQTT topic and its `type` over HTTP: `telemetry`, `twin/reported`. */
  readonly route: string;
  readonly sender: Sender;
  readonly T?: T;
}

/** Declares a record type as an event about a device. */
export function event<T extends Envelope>(declaration: {
  readonly record: Schema<T>;
  readonly route: string;
  readonly sender: Sender;
}): EventType<T> {
  return declaration;
}
