import {
  type AnyProcessor,
  ClockTicked,
  type Envelope,
  EVENTS_TOPIC,
  type EventType,
  envelope,
  keyOf,
  IngressReported,
  type Observed,
  type Policy,
  PolicyChanged,
  type Schema,
  TicksPassed,
  type Topic,
} from '#sdk';
import { frame } from './avro.ts';
import { Engine } from './engine/engine.ts';
import { topicsOf } from './engine/graph.ts';
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
  /** Writes a clock tick of that time (ms) and fires what is due; `resumed` says that time had stood still before. */
  advanceTo(time: number, options?: { readonly resumed?: boolean }): Promise<void>;
  /** Tells every partition that a connector began or ended listening. */
  ingress(status: IngressReported['status']): Promise<void>;
  /** Everything that a topic holds, oldest first within each partition. */
  read<T, N extends string>(topic: Topic<T, N>): T[];
  /** Decides a policy, for a tenant or for all; its version grows by one each time. */
  decide<T>(policy: Policy<T>, value: NoInfer<T> | null, tenant?: string): Promise<void>;
  /** The state of a key of the processor, `tenant/device`; undefined when it was never met. */
  state(key: string): unknown;
  /** Stops without a commit and starts again, from the local state or from the changelog alone. */
  crash(options?: { readonly keepLocalState?: boolean }): Promise<void>;
  /** Digest of all state. */
  digest(): string;
  readonly engine: Engine;
}

/** How a simulation differs from one processor alone over one partition. */
export interface SimulateOptions {
  readonly partitions?: number;
  /** Processors that run beside it, such as those before a second stage. */
  readonly beside?: readonly AnyProcessor[];
  /** Bytes of a second stage's records that wait in memory for their epoch. */
  readonly waitingBytesMax?: number;
}

/** Runs a processor as production does, without a broker. */
export async function simulate(processor: AnyProcessor, options: SimulateOptions = {}): Promise<Simulation> {
  const run = new Run(processor, options);
  await run.open();
  return run;
}

class Run implements Simulation {
  readonly #processor: AnyProcessor;
  readonly #processors: readonly AnyProcessor[];
  readonly #partitions: number;
  readonly #waitingBytesMax: number | undefined;
  readonly #versions = new Map<string, number>();
  readonly #clock = new SimulatedClock(0);
  readonly #log = new SimulatedLog(this.#clock);
  readonly #registry = new MemoryRegistry();
  readonly #types = new Types(this.#registry);
  #store = new MemoryStateStore();
  #engine: Engine | null = null;
  #broken: Error | null = null;
  #tick = 0;
  #logTime = 0;

  constructor(processor: AnyProcessor, { partitions = 1, beside = [], waitingBytesMax }: SimulateOptions) {
    this.#processor = processor;
    this.#processors = [...beside, processor];
    this.#partitions = partitions;
    this.#waitingBytesMax = waitingBytesMax;
  }

  get engine(): Engine {
    if (this.#engine === null) throw new Error('the simulation is not open');
    return this.#engine;
  }

  async open(): Promise<void> {
    for (const { value } of topicsOf(this.#processors)) await this.#types.register(value);
    this.#types.expect(TicksPassed);
    this.#engine = await Engine.open({
      app: 'simulation',
      processors: this.#processors,
      ...(this.#waitingBytesMax === undefined ? {} : { waitingBytesMax: this.#waitingBytesMax }),
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
    await this.sendBytes(keyOf(value), this.#framed(type.record, value as T));
  }

  async sendBytes(key: string, value: Uint8Array): Promise<void> {
    const bytes = Buffer.from(key);
    await this.#append(bytes, partitionOf(bytes, this.#partitions), value);
    await this.#settle();
  }

  async advanceTo(time: number, { resumed = false } = {}): Promise<void> {
    this.#logTime = time;
    await this.#broadcast(ClockTicked, { number: this.#tick++, time, resumed });
  }

  async ingress(status: IngressReported['status']): Promise<void> {
    await this.#broadcast(IngressReported, { connector: 'test', instance: '1', time: this.#logTime, status });
  }

  async decide<T>(policy: Policy<T>, value: T | null, tenant: string | null = null): Promise<void> {
    await this.#types.register(policy.value);
    const version = 1 + (this.#versions.get(policy.name) ?? 0);
    this.#versions.set(policy.name, version);
    const bytes = value === null ? Buffer.alloc(0) : this.#framed(policy.value, value);
    await this.#broadcast(PolicyChanged, { policy: policy.name, version, tenant, time: this.#logTime, value: bytes });
  }

  read<T, N extends string>(topic: Topic<T, N>): T[] {
    const values: T[] = [];
    for (let partition = 0; partition < this.#partitions; partition++) {
      for (const { key, value } of this.#log.all(topic.name, partition)) {
        // What has no key tells how far time has come.
        if (key !== null && value !== null) values.push(this.#types.decode(topic.value, value));
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

  #framed<T>(schema: Schema<T>, value: T): Buffer {
    return frame(this.#types.typeOf(schema), this.#types.idOf(schema), value);
  }

  async #broadcast<T>(schema: Schema<T>, value: T): Promise<void> {
    await this.#types.register(schema);
    const framed = this.#framed(schema, value);
    for (let partition = 0; partition < this.#partitions; partition++) await this.#append(null, partition, framed);
    await this.#settle();
  }

  async #append(key: Uint8Array | null, partition: number, value: Uint8Array): Promise<void> {
    await this.#log.append([{ topic: EVENTS_TOPIC, partition, key, value, timestamp: this.#logTime }]);
  }

  async #settle(): Promise<void> {
    // What a first stage has committed is read by the second.
    do {
      await this.engine.commit();
      await this.engine.settled();
    } while ((await this.engine.poll(0)) > 0);
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
