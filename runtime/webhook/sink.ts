import type { AnyTopic } from '#sdk';
import { untilDone } from '../clickhouse/retry.ts';
import { Types } from '../engine/types.ts';
import { type Log, LogError, type LogRecord, type Position } from '../log/log.ts';
import type { Registry } from '../registry/registry.ts';
import { BACK_OFF, type BackOff } from './back-off.ts';
import { Deliveries, type DeliveryStats } from './deliveries.ts';
import { AGAIN_TOPIC, type Letters, openLetters } from './letters.ts';
import { openPlaces, type Places } from './places.ts';
import type { Message, Receiver } from './receiver.ts';
import { Window } from './window.ts';

/** Messages read and not delivered, and the bytes of their bodies: what is kept in memory while a receiver is away. */
const MESSAGES_MAX = 256;
const BYTES_MAX = 4 * 1024 * 1024;
/** How long a fetch may wait when nothing comes, which is also how long `stop` may have to wait. */
const IDLE_MS_MAX = 500;
const FETCH_BYTES_MAX = 1024 * 1024;

/** A message, and the lane whose messages are delivered in their order. */
export interface Addressed extends Message {
  readonly lane: string;
}

/** What a webhook needs and may be told. */
export interface WebhookOptions {
  readonly log: Log;
  readonly registry: Registry;
  readonly topic: AnyTopic;
  /** Of the topic. */
  readonly partitions: number;
  readonly receiver: Receiver;
  /** What the receiver is told of a value of the topic; null where it is not told. */
  readonly messageOf: (value: unknown) => Addressed | null;
  /** Milliseconds for which a message is tried that the receiver does not take although it takes others. */
  readonly giveUpMs: number;
  /** Milliseconds after which a record is too old to be told to a receiver that is away. */
  readonly keepMs: number;
  readonly backOff?: BackOff;
  readonly clock?: { now(): number; sleep(ms: number): Promise<void> };
  readonly chance?: () => number;
  /** Called between any two steps; a crash test dies here. */
  readonly step?: (name: string) => void;
  readonly report?: (code: string, detail: Readonly<Record<string, unknown>>) => void;
}

/** How a webhook stands. */
export interface WebhookStats extends DeliveryStats {
  /** Values of the topic that the receiver was not to be told of. */
  readonly skipped: number;
  /** Next offset of each partition of the topic: what lies before is delivered, given up, or was not to be told. */
  readonly places: ReadonlyMap<number, number>;
}

/** Tells a receiver of what a topic says. */
export interface Webhook {
  stats(): WebhookStats;
  /** Records of the topic, and of what was put in again, that are not behind its place. */
  lag(): Promise<number>;
  /** Waits a moment for what is under way, then ends. */
  stop(): Promise<void>;
  /** Ends at once: another one may have taken over. */
  abandon(): Promise<void>;
  /** Resolves after `stop`; rejects when it can go no further, with `fenced` once another has taken over. */
  readonly done: Promise<void>;
}

/**
 * Begins to tell a receiver of a topic, each message at least once: its place moves on only behind an answer, so that
 * what was under way when a process died is told again, with the same id.
 */
export async function startWebhook(options: WebhookOptions): Promise<Webhook> {
  const { log, registry, topic, partitions, clock = WALL } = options;
  const now = () => clock.now();
  const told = { topic: topic.name, again: AGAIN_TOPIC, partitions };
  await log.ensureTopics([topic.name, AGAIN_TOPIC].map((name) => ({ name, partitions, cleanup: topic.cleanup })));
  const letters = await openLetters(log, registry, partitions, now);
  const places = await openPlaces(log, told, now);
  const run = new Run(options, clock, letters, places);
  const done = run.run();
  done.catch(() => undefined);
  return {
    stats: () => run.stats(),
    lag: () => run.lag(),
    stop: async () => {
      run.stop();
      await done;
    },
    abandon: async () => {
      run.abandon();
      await done.catch(() => undefined);
    },
    done,
  };
}

const WALL = {
  now: () => Date.now(),
  sleep: (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms)),
};

type Place = Omit<Position, 'offset'>;

class Run {
  readonly #options: WebhookOptions;
  readonly #clock: NonNullable<WebhookOptions['clock']>;
  readonly #letters: Letters;
  readonly #places: Places;
  readonly #types: Types;
  readonly #window: Window;
  readonly #deliveries: Deliveries;
  readonly #failed = Promise.withResolvers<never>();
  #skipped = 0;
  #stopping = false;
  #abandoned = false;

  constructor(options: WebhookOptions, clock: NonNullable<WebhookOptions['clock']>, letters: Letters, places: Places) {
    const { registry, topic, receiver, giveUpMs, keepMs, report = () => undefined, step = () => undefined } = options;
    this.#options = options;
    this.#clock = clock;
    this.#letters = letters;
    this.#places = places;
    this.#types = new Types(registry);
    this.#types.expect(topic.value);
    this.#window = new Window(places.left);
    this.#deliveries = new Deliveries({
      window: this.#window,
      receiver,
      giveUpMs,
      keepMs,
      report,
      step,
      backOff: options.backOff ?? BACK_OFF,
      now: () => clock.now(),
      chance: options.chance ?? Math.random,
      giveUp: (waiting, why) => this.#untilDone('log_away', () => this.#letters.write(waiting, waiting.record, why)),
    });
    this.#failed.promise.catch(() => undefined);
  }

  async run(): Promise<void> {
    const parts = [this.#read(), this.#deliveries.run(), this.#save()];
    for (const part of parts) part.catch((error: unknown) => this.#fail(error));
    await Promise.race([Promise.all(parts), this.#failed.promise]);
    if (this.#abandoned) throw new LogError('ownership_lost', 'the webhook was given up');
    await this.#places.save(this.#window.places());
  }

  stats(): WebhookStats {
    const own = this.#window.places().filter(({ topic }) => topic === this.#options.topic.name);
    const places = new Map(own.map(({ partition, offset }) => [partition, offset]));
    return { ...this.#deliveries.stats(), skipped: this.#skipped, places };
  }

  async lag(): Promise<number> {
    let lag = 0;
    for (const { topic, partition, offset } of this.#window.places())
      lag += (await this.#options.log.endOffset(topic, partition)) - offset;
    return lag;
  }

  stop(): void {
    this.#stopping = true;
    this.#deliveries.stop();
  }

  abandon(): void {
    this.#abandoned = true;
    this.#stopping = true;
    this.#deliveries.abandon();
    this.#fail(new LogError('ownership_lost', 'the webhook was given up'));
  }

  #fail(error: unknown): void {
    this.#stopping = true;
    this.#deliveries.abandon();
    this.#failed.reject(error);
  }

  /** Reads as far as there is room: while the receiver is away nothing more comes into memory. */
  async #read(): Promise<void> {
    const { log } = this.#options;
    while (!this.#stopping) {
      if (this.#window.messages >= MESSAGES_MAX || this.#window.bytes >= BYTES_MAX) {
        await this.#deliveries.changed();
        continue;
      }
      const request = { positions: this.#window.positions(), bytesMax: FETCH_BYTES_MAX, waitMsMax: IDLE_MS_MAX };
      const fetched = await this.#untilDone('log_away', () => log.fetch(request));
      for (const { records, next, ...place } of fetched) await this.#take(place, records, next);
    }
  }

  /** Takes what there is room for; what is left is read again. */
  async #take(place: Place, records: readonly LogRecord[], next: number): Promise<void> {
    await this.#untilDone('registry_away', () => this.#types.learnAll(records));
    for (const record of records) {
      if (this.#window.messages >= MESSAGES_MAX || this.#window.bytes >= BYTES_MAX) return;
      const addressed = await this.#messageOf(place, record);
      this.#window.readTo(place, record.offset + 1);
      if (addressed === null) continue;
      const { lane, ...message } = addressed;
      this.#deliveries.add({ ...place, record, message, lane });
    }
    this.#window.readTo(place, next);
    this.#deliveries.wake();
  }

  async #messageOf(place: Place, record: LogRecord): Promise<Addressed | null> {
    const { topic, messageOf } = this.#options;
    if (record.value === null) return null;
    let value: unknown;
    try {
      value = this.#types.decode(topic.value, record.value);
    } catch (error) {
      const why = { code: 'record_unreadable', detail: (error as Error).message };
      await this.#untilDone('log_away', () => this.#letters.write(place, record, why));
      return null;
    }
    const addressed = messageOf(value);
    if (addressed === null) this.#skipped++;
    return addressed;
  }

  /** Keeps the places durable, one write at a time, each of all that happened meanwhile. */
  async #save(): Promise<void> {
    while (!this.#stopping) {
      // Asked for first: what changes while it is written is written next.
      const changed = this.#deliveries.changed();
      const places = this.#window.places();
      await this.#untilDone('place_not_persisted', () => this.#places.save(places));
      await changed;
    }
  }

  #untilDone<T>(code: string, work: () => Promise<T>): Promise<T> {
    const attempt = () => {
      if (this.#abandoned) throw new LogError('ownership_lost', 'the webhook was given up');
      return work();
    };
    return untilDone(attempt, async ({ message }, retryMs) => {
      this.#options.report?.(code, { error: message, retryMs });
      await this.#clock.sleep(retryMs);
    });
  }
}
