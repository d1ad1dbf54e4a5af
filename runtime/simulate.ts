import { type AnyProcessor, type AnyTopic, ClockTicked, deadLetters, type Envelope, EVENTS_TOPIC, type EventType, envelope, keyOf, lateEvents, type Observed, type Topic } from '#sdk';
import { avroType, frame } from './avro.ts';
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
export async function simulate(processor: AnyProcessor, options: { readonly partitions?: number } = {}): Promise<Simulation> {
  const { partitions = 1 } = options;
  const clock = new SimulatedClock(0);
  const log = new SimulatedLog(clock);
  const registry = new MemoryRegistry();
  let store = new MemoryStateStore();
  const types = new Types(registry);
  for (const topic of [...(processor.outputs as readonly AnyTopic[]), deadLetters, lateEvents]) await types.register(topic.value);
  let broken: Error | null = null;
  const report = (code: string, { error }: Readonly<Record<string, unknown>>) => {
    broken = new Error(`${code}: ${String(error)}`);
  };
  const open = () => Engine.open({ app: 'simulation', processors: [processor], log, registry, store, partitions, clock, report });
  let engine = await open();
  let tick = 0;
  let logTime = 0;

  const append = async (key: string | null, partition: number, value: Uint8Array) => {
    const bytes = key === null ? null : Buffer.from(key);
    await log.append([{ topic: EVENTS_TOPIC, partition, key: bytes, value, timestamp: logTime }]);
  };
  const settle = async () => {
    while ((await engine.poll(0)) > 0);
    await engine.commit();
    await engine.settled();
    if (broken !== null) throw broken;
  };

  return {
    async send(type, event) {
      await types.register(type.record);
      const value = { ...event, ...sealed(event, logTime) };
      const framed = frame(avroType(type.record.avro), types.idOf(type.record), value);
      const key = keyOf(value);
      await append(key, partitionOf(Buffer.from(key), partitions), framed);
      await settle();
    },
    async sendBytes(key, value) {
      await append(key, partitionOf(Buffer.from(key), partitions), value);
      await settle();
    },
    async advanceTo(time) {
      await types.register(ClockTicked);
      logTime = time;
      const framed = frame(avroType(ClockTicked.avro), types.idOf(ClockTicked), { number: tick++, time, resumed: false });
      for (let partition = 0; partition < partitions; partition++) await append(null, partition, framed);
      await settle();
    },
    read: (topic) => recordsOf(log, types, topic, partitions),
    state: (key) => engine.stateOf(processor.name, key),
    async crash({ keepLocalState = true } = {}) {
      if (!keepLocalState) store = new MemoryStateStore();
      engine = await open();
      await settle();
    },
    digest: () => [...engine.digests().values()].join(' '),
    get engine() {
      return engine;
    },
  };
}

function sealed(event: Partial<Observed> & { readonly device: string }, logTime: number): Envelope {
  const { tenant = 'acme', device, receivedAt = logTime, source = 'test' } = event;
  const { deviceTime = receivedAt, epoch = null, sequence = null, historical = false } = event;
  const { sourceAddress = null, region = null, correlationId = null, payloadBytes = 0 } = event;
  const { payload = JSON.stringify(event) } = event;
  const who = { tenant, device, source, sourceAddress, region, correlationId };
  return envelope({ ...who, deviceTime, receivedAt, epoch, sequence, historical, payload, payloadBytes });
}

function recordsOf<T>(log: SimulatedLog, types: Types, topic: AnyTopic, partitions: number): T[] {
  const values: T[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    for (const { value } of log.all(topic.name, partition)) if (value !== null) values.push(types.decode(topic.value, value) as T);
  }
  return values;
}
