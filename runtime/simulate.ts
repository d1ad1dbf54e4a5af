import {
  type AnyProcessor,
  type AnyTopic,
  ClockTicked,
  deadLetters,
  type Envelope,
  EVENTS_TOPIC,
  type EventType,
  envelope,
  keyOf,
  lateEvents,
  type Observed,
  type Topic,
} from '#sdk';
import { frame } from './avro.ts';
import { Engine } from './engine/engine.ts';
import { partitionOf } from './log/partition.ts';
import { SimulatedClock } from './log/simulated/clock.ts';
import { SimulatedLog } from './log/simulated/log.ts';
import { MemoryRegistry } from './registry/memory.ts';
import { MemoryStateStore } from './state/memory.ts';
import { Types } from './engine/types.ts';

/** What a test says of an event; the rest of the envelope follows from it. */
export type Sent<T extends Envelope> = Omit<T, keyof Envelope> & Partial<Observed> & Pick<Observed, 'device'>;

/** A processor on the production engine, real Avro bytes, and a simulated log and clock. */
export interface Simulation {
  /** Writes an event to the log and folds it. By default it is received at log time, by device time. */
  send<T extends Envelope>(type: EventType<T>, event: Sent<T>): Promise<void>;
  /** Writes bytes to the log as they are, under a key, and folds them. */
  sendBytes(key: string, value: Uint8Array): Promise<void>;
  /** Writes a clock tick of that time (ms) and fires what is due. */
  advanceTo(time: number): Promise<void>;
  /** Everything that a topic holds, oldest first within each partition. */
  read<T, N extends string>(topic: Topic<T, N>): T[];
  /** The state of a key, `tenant/device`; undefined when it was never met. */
  state(key: string): unknown;
  /** Stops without a commit and starts again, from the local state or from the changelog alone. */
  crash(options?: { readonly keepLocalState?: boolean }): Promise<void>;
  /** Digest of all state. */
  digest(): string;
  readonly engine: Engine;
}

/** Runs a processor as production does, without a broker. */
export async function simulate(
  processor: AnyProcessor,
  options: { readonly partitions?: number } = {},
): Promise<Simulation> {
  const run = new Run(processor, options.partitions ?? 1);
  await run.open();
  return run;
}

class Run implements Simulation {
  readonly #processor: AnyProcessor;
  readonly #partitions: number;
  readonly #clock = new SimulatedClock(0);
  readonly #log = new SimulatedLog(this.#clock);
  readonly #registry = new MemoryRegistry();
  readonly #types = new Types(this.#registry);
  #store = new MemoryStateStore();
  #engine: Engine | null = null;
  #broken: Error | null = null;
  #tick = 0;
  #logTime = 0;

  constructor(processor: AnyProcessor, partitions: number) {
    this.#processor = processor;
    this.#partitions = partitions;
  }

  get engine(): Engine {
    if (this.#engine === null) throw new Error('the simulation is not open');
    return this.#engine;
  }

  async open(): Promise<void> {
    const topics = this.#processor.outputs as readonly AnyTopic[];
    for (const { value } of [...topics, deadLetters, lateEvents]) await this.#types.register(value);
    this.#engine = await Engine.open({
      app: 'simulation',
      processors: [this.#processor],
      log: this.#log,
      registry: this.#registry,
      store: this.#store,
      partitions: this.#partitions,
      clock: this.#clock,
      report: (code, { error }) => {
        this.#broken = new Error(`${code}: ${String(error)}`);
      },
    });
  }

  async send<T extends Envelope>(type: EventType<T>, event: Sent<T>): Promise<void> {
    await this.#types.register(type.record);
    const value = { ...event, ...sealed(event, this.#logTime) };
    await this.sendBytes(keyOf(value), frame(this.#types.typeOf(type.record), this.#types.idOf(type.record), value));
  }

  async sendBytes(key: string, value: Uint8Array): Promise<void> {
    const bytes = Buffer.from(key);
    await this.#append(bytes, partitionOf(bytes, this.#partitions), value);
    await this.#settle();
  }

  async advanceTo(time: number): Promise<void> {
    await this.#types.register(ClockTicked);
    this.#logTime = time;
    const tick: ClockTicked = { number: this.#tick++, time, resumed: false };
    const framed = frame(this.#types.typeOf(ClockTicked), this.#types.idOf(ClockTicked), tick);
    for (let partition = 0; partition < this.#partitions; partition++) await this.#append(null, partition, framed);
    await this.#settle();
  }

  read<T, N extends string>(topic: Topic<T, N>): T[] {
    const values: T[] = [];
    for (let partition = 0; partition < this.#partitions; partition++) {
      for (const { value } of this.#log.all(topic.name, partition)) {
        if (value !== null) values.push(this.#types.decode(topic.value, value));
      }
    }
    return values;
  }

  state(key: string): unknown {
    return this.engine.stateOf(this.#processor.name, key);
  }

  async crash({ keepLocalState = true } = {}): Promise<void> {
    if (!keepLocalState) this.#store = new MemoryStateStore();
    await this.open();
    await this.#settle();
  }

  digest(): string {
    return [...this.engine.digests().values()].join(' ');
  }

  async #append(key: Uint8Array | null, partition: number, value: Uint8Array): Promise<void> {
    await this.#log.append([{ topic: EVENTS_TOPIC, partition, key, value, timestamp: this.#logTime }]);
  }

  async #settle(): Promise<void> {
    while ((await this.engine.poll(0)) > 0);
    await this.engine.commit();
    await this.engine.settled();
    if (this.#broken !== null) throw this.#broken;
  }
}

function sealed(event: Partial<Observed> & { readonly device: string }, logTime: number): Envelope {
  const { tenant = 'acme', device, receivedAt = logTime, source = 'test' } = event;
  const { deviceTime = receivedAt, epoch = null, sequence = null, historical = false } = event;
  const { sourceAddress = null, region = null, correlationId = null, payloadBytes = 0 } = event;
  const { payload = JSON.stringify(event) } = event;
  const who = { tenant, device, source, sourceAddress, region, correlationId };
  return envelope({ ...who, deviceTime, receivedAt, epoch, sequence, historical, payload, payloadBytes });
}
