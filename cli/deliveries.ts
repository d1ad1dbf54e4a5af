import type { AnyTopic, Connector, Delivery, Schema } from '#sdk';
import { schemaIdOf } from '#runtime/avro.ts';
import { Types } from '#runtime/engine/types.ts';
import type { Log, LogRecord } from '#runtime/log/log.ts';
import type { Registry } from '#runtime/registry/registry.ts';

/** Devices whose newest message is told again at a start. */
const DEVICES_MAX = 100_000;
const FETCH_BYTES_MAX = 1024 * 1024;
const WAIT_MS_MAX = 500;

/** What tells devices what the log has for them. */
export interface DeliveryOptions {
  readonly log: Log;
  readonly registry: Registry;
  readonly connector: Connector;
  /** Whose records concern devices. */
  readonly topic: AnyTopic;
  readonly partitions: number;
  readonly send: (delivery: Delivery) => Promise<void>;
  readonly report: (code: string, detail: Readonly<Record<string, unknown>>) => void;
}

/** Tells each device the newest that a topic has for it, then everything new; a repetition is harmless. */
export class Deliveries {
  readonly #options: DeliveryOptions;
  readonly #types: Types;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#types = new Types(options.registry);
  }

  /** Begins to deliver. Rejects when the registry or the log cannot be asked. */
  async start(): Promise<void> {
    const { log, topic, partitions, report } = this.#options;
    await this.#types.register(topic.value as Schema<unknown>);
    await log.ensureTopics([{ name: topic.name, partitions, cleanup: topic.cleanup }]);
    this.#running = this.#run().catch((error: unknown) => {
      report('deliveries_stopped', { error: (error as Error).message, next: 'start again; devices are told anew' });
    });
  }

  /** Ends after what is being delivered. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { log, topic, partitions } = this.#options;
    const next = Array.from({ length: partitions }, () => 0);
    const ends = await Promise.all(next.map((_, partition) => log.endOffset(topic.name, partition)));
    const newest = new Map<string, LogRecord>();
    while (!this.#stopping && next.some((offset, partition) => offset < (ends[partition] as number))) {
      for (const record of await this.#fetch(next, 0)) {
        const key = Buffer.from(record.key ?? []).toString();
        if (newest.has(key) || newest.size < DEVICES_MAX) newest.set(key, record);
      }
    }
    await this.#deliver([...newest.values()]);
    while (!this.#stopping) await this.#deliver(await this.#fetch(next, WAIT_MS_MAX));
  }

  async #fetch(next: number[], waitMsMax: number): Promise<readonly LogRecord[]> {
    const { log, topic } = this.#options;
    const positions = next.map((offset, partition) => ({ topic: topic.name, partition, offset }));
    const fetched = await log.fetch({ positions, bytesMax: FETCH_BYTES_MAX, waitMsMax });
    for (const part of fetched) next[part.partition] = part.next;
    return fetched.flatMap(({ records }) => records);
  }

  async #deliver(records: readonly LogRecord[]): Promise<void> {
    const { connector, topic, send } = this.#options;
    const schema = topic.value as Schema<unknown>;
    for (const { value } of records) {
      if (this.#stopping || value === null) continue;
      const id = schemaIdOf(value);
      if (id !== null && this.#types.isUnasked(id)) await this.#types.learn(id);
      const about = { type: schema.name, value: this.#types.decode(schema, value) };
      for (const delivery of connector.deliver?.(about) ?? []) await send(delivery);
    }
  }
}
