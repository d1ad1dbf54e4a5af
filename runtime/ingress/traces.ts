import type { Envelope, Message } from '#sdk';
import type { Headers } from '../log/log.ts';

/** Follows the events of some devices from ingress on. */
export interface IngressTraces {
  /** Null for an event that is not followed. */
  begin(connector: string, message: Message, event: Envelope): IngressTrace | null;
}

/** An event on its way into the log. */
export interface IngressTrace {
  /** What the log keeps beside the event, so that whoever reads it can go on. */
  readonly headers: Headers;
  /** Told once it is durable, or refused by the log with that code. */
  end(code: string | null): void;
}
