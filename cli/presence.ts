import { type Connector, keyOf } from '#sdk';

/** Devices that are remembered in one window; more are not told apart. */
const DEVICES_MAX = 2_000_000;
/** A device is online when it was heard from in this window or the one before. */
const WINDOW_MS = 60_000;

/** Which devices were heard from lately, over all connectors. */
export class Presence {
  #current = new Set<string>();
  #previous = new Set<string>();
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  heard(key: string, now: number): void {
    this.#turn(now);
    if (this.#current.size >= DEVICES_MAX) return;
    this.#current.add(key);
    this.#previous.delete(key);
  }

  online(now: number): number {
    this.#turn(now);
    return this.#current.size + this.#previous.size;
  }

  /** The same connector, which notes whom it heard. */
  listen<C extends Connector>(connector: C): C {
    return {
      ...connector,
      translate: (message) => {
        const outcomes = connector.translate(message);
        for (const outcome of outcomes) {
          if (outcome.kind === 'event' && outcome.type.sender === 'device') {
            this.heard(keyOf(outcome.value), message.receivedAt);
          }
        }
        return outcomes;
      },
    };
  }

  #turn(now: number): void {
    if (now - this.#since < WINDOW_MS) return;
    this.#previous = now - this.#since < 2 * WINDOW_MS ? this.#current : new Set();
    this.#current = new Set();
    this.#since = now;
  }
}
