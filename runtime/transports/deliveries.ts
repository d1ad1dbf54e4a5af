import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyTopic, Connector, Delivery, Schema } from '#sdk';
import { schemaIdOf } from '../avro.ts';
import { Types } from '../engine/types.ts';
import type { Log, LogRecord } from '../log/log.ts';
import type { Registry } from '../registry/registry.ts';
import type { Report } from './transport.ts';

/** Devices whose newest record is remembered while the past is read; beyond it the oldest is sent at once. */
export const DEVICES_MAX = 100_000;
/** Bytes of those records. */
export const PAST_BYTES_MAX = 64 * 1024 * 1024;

const FETCH_BYTES_MAX = 1024 * 1024;
const FETCH_WAIT_MS_MAX = 250;
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 5_000;

/** What the deliveries stand on. */
export interface DeliveriesOptions {
  readonly log: Log;
  readonly registry: Registry;
  /** Topics whose records devices are told of; a record's key is its device, its newest record all that is to be told. */
  readonly topics: readonly AnyTopic[];
  readonly partitions: number;
  /** The connector that turns them into messages. */
  readonly connector: Connector;
  /** The transport's way out. */
  readonly send: (delivery: Delivery) => Promise<void>;
  readonly report: Report;
  /** Fewer than `DEVICES_MAX`, for tests. */
  readonly devicesMax?: number;
}

/** A running follower. */
export interface Deliveries {
  /** Ends at once; what was not sent is sent at the next start. */
  close(): Promise<void>;
}

/**
 * Tells each device the newest that the topics have for it, then everything new; a repetition is harmless. What fails
 * is tried again with back-off. Rejects when the registry or the log cannot be asked at the start.
 */
export async function startDeliveries(options: DeliveriesOptions): Promise<Deliveries> {
  const { log, registry, topics, partitions } = options;
  const types = new Types(registry);
  for (const topic of topics) await types.register(topic.value as Schema<unknown>);
  await log.ensureTopics(topics.map(({ name, cleanup }) => ({ name, partitions, cleanup })));
  const stop = new AbortController();
  const done = new Follower(options, types, stop.signal).run();
  return {
    close: async () => {
      stop.abort();
      await done;
    },
  };
}

/** A record of one of the topics. */
interface Told {
  readonly topic: AnyTopic;
  readonly value: Uint8Array | null;
}

interface Place {
  readonly topic: AnyTopic;
  readonly partition: number;
  /** Where to read on. */
  offset: number;
}

class Follower {
  readonly #options: DeliveriesOptions;
  readonly #types: Types;
  readonly #signal: AbortSignal;
  readonly #places: readonly Place[];
  /** Newest record of each device while the past is read. */
  readonly #past = new Map<string, Told>();
  #pastBytes = 0;

  constructor(options: DeliveriesOptions, types: Types, signal: AbortSignal) {
    const partitions = Array.from({ length: options.partitions }, (_, partition) => partition);
    this.#options = options;
    this.#types = types;
    this.#signal = signal;
    this.#places = options.topics.flatMap((topic) => partitions.map((partition) => ({ topic, partition, offset: 0 })));
  }

  /** Resolves once it is stopped. */
  async run(): Promise<void> {
    const { log } = this.#options;
    let ends: readonly number[] = [];
    await this.#insist(async () => {
      ends = await Promise.all(this.#places.map(({ topic, partition }) => log.endOffset(topic.name, partition)));
    });
    while (!this.#signal.aborted && this.#places.some(({ offset }, i) => offset < (ends[i] ?? 0))) {
      await this.#insist(() => this.#read(0, (record, topic) => this.#remember(record, topic)));
    }
    await this.#insist(() => this.#tellPast(0, 0));
    while (!this.#signal.aborted) {
      await this.#insist(() => this.#read(FETCH_WAIT_MS_MAX, ({ value }, topic) => this.#tell({ topic, value })));
    }
  }

  /** Tries a step until it is done or the follower stopped. */
  async #insist(step: () => Promise<void>): Promise<void> {
    for (let waitMs = RETRY_MS_MIN; !this.#signal.aborted; waitMs = Math.min(waitMs * 2, RETRY_MS_MAX)) {
      try {
        return await step();
      } catch (error) {
        if (this.#signal.aborted) return;
        const fields = { code: 'delivery_failed', error: String(error) };
        this.#options.report.warn(fields, 'messages to devices wait; trying again');
        await sleep(waitMs, undefined, { signal: this.#signal }).catch(() => undefined);
      }
    }
  }

  /** Goes beyond each record once it is handled, so that a failure repeats no other. */
  async #read(waitMsMax: number, handle: (record: LogRecord, topic: AnyTopic) => Promise<void>): Promise<void> {
    const positions = this.#places.map(({ topic, partition, offset }) => ({ topic: topic.name, partition, offset }));
    const fetched = await this.#options.log.fetch({ positions, bytesMax: FETCH_BYTES_MAX, waitMsMax });
    for (const part of fetched) {
      const place = this.#places.find(
        ({ topic, partition }) => topic.name === part.topic && partition === part.partition,
      );
      if (place === undefined) continue;
      for (const record of part.records) {
        await handle(record, place.topic);
        place.offset = record.offset + 1;
      }
      place.offset = part.next;
    }
  }

  async #remember({ key, value }: LogRecord, topic: AnyTopic): Promise<void> {
    if (key === null) return this.#tell({ topic, value });
    const name = `${topic.name} ${Buffer.from(key).toString('latin1')}`;
    this.#forget(name);
    // A copy, since the record may be a part of a much larger read.
    this.#past.set(name, { topic, value: value === null ? null : Buffer.from(value) });
    this.#pastBytes += value?.length ?? 0;
    await this.#tellPast(this.#options.devicesMax ?? DEVICES_MAX, PAST_BYTES_MAX);
  }

  /** Tells of the oldest that are remembered until no more than these are left. */
  async #tellPast(devices: number, bytes: number): Promise<void> {
    for (const [name, told] of this.#past) {
      if (this.#past.size <= devices && this.#pastBytes <= bytes) return;
      await this.#tell(told);
      this.#forget(name);
    }
  }

  #forget(name: string): void {
    this.#pastBytes -= this.#past.get(name)?.value?.length ?? 0;
    this.#past.delete(name);
  }

  async #tell(told: Told): Promise<void> {
    for (const delivery of await this.#deliveriesOf(told)) {
      await unlessAborted(this.#options.send(delivery), this.#signal);
    }
  }

  /** A record that cannot be read is reported and left out: it must not stand between others and their devices. */
  async #deliveriesOf({ topic, value }: Told): Promise<readonly Delivery[]> {
    const { connector, report } = this.#options;
    if (value === null) return [];
    const id = schemaIdOf(value);
    if (id !== null && this.#types.isUnasked(id)) await this.#types.learn(id);
    const schema = topic.value as Schema<unknown>;
    try {
      return connector.deliver?.({ type: schema.name, value: this.#types.decode(schema, value) }) ?? [];
    } catch (error) {
      const fields = { code: 'delivery_unreadable', topic: topic.name, error: String(error) };
      report.error(fields, 'a record for a device cannot be read and is left out');
      return [];
    }
  }
}

/** What the promise gives; a transport that is away may take forever, so an end does not wait for it. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let abort = () => undefined as void;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new Error('stopped'));
  });
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (signal.aborted) abort();
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
