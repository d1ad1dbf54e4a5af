import {
  type AnyProcessor,
  collection,
  drop,
  emit,
  type Envelope,
  envelope,
  EVENTS_TOPIC,
  keyOf,
  processor,
  set,
} from '#sdk';
import { LedgerState, TelemetryReported, telemetryReported, topics } from '#schemas';
import { compiled, frame } from '#runtime/avro.ts';
import { Engine } from '#runtime/engine/engine.ts';
import type { Log, NewRecord, Transactor } from '#runtime/log/log.ts';
import { partitionOf } from '#runtime/log/partition.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';

const NOTHING = { missing: 0, lost: 0, duplicates: 0, late: 0, resets: 0 };
const WEEK_MS = 7 * 24 * 3_600_000;

/** Copies telemetry, counts it, and dead-letters what nobody can read. */
export const counter = processor({
  name: 'counter',
  version: 1,
  doc: 'Counts telemetry.',
  inputs: { telemetryReported },
  outputs: [topics.telemetry],
  state: LedgerState,
  initial: NOTHING,
  latenessMs: WEEK_MS,
  gatekeeper: true,
  apply: {
    telemetryReported: (state, event) => ({
      state: { ...state, missing: state.missing + 1 },
      emits: [emit(topics.telemetry, event)],
    }),
  },
});

/** Breaks at a metric named `boom`. */
export const fragile = processor({
  name: 'fragile',
  version: 1,
  doc: 'Breaks when told to.',
  inputs: { telemetryReported },
  outputs: [topics.telemetry],
  state: LedgerState,
  initial: NOTHING,
  latenessMs: WEEK_MS,
  apply: {
    telemetryReported(state, event) {
      if ('boom' in event.metrics) throw new Error('invariant: boom');
      return { state: { ...state, missing: state.missing + 1 }, emits: [emit(topics.telemetry, event)] };
    },
  },
});

const metrics = collection('metrics', LedgerState);

/** Keeps each metric as an entry of its own; zero drops it. */
export const collector = processor({
  name: 'collector',
  version: 1,
  doc: 'Keeps metrics apart.',
  inputs: { telemetryReported },
  outputs: [topics.telemetry],
  state: LedgerState,
  collections: { metrics },
  initial: NOTHING,
  latenessMs: WEEK_MS,
  apply: {
    telemetryReported(state, event, context) {
      const changes = Object.entries(event.metrics).map(([name, value]) =>
        value === 0 ? drop(metrics, name) : set(metrics, name, { ...NOTHING, missing: value }),
      );
      const known = Object.fromEntries(
        [...context.metrics.range('', '~')].map(([name, { missing }]) => [name, missing]),
      );
      return { state, changes, emits: [emit(topics.telemetry, { ...event, metrics: known })] };
    },
  },
});

/** A second after its last event by event time, a device's silence is told as a gap. */
export const sleeper = processor({
  name: 'sleeper',
  version: 1,
  doc: 'Tells silence.',
  inputs: { telemetryReported },
  outputs: [topics.gaps],
  state: LedgerState,
  initial: NOTHING,
  latenessMs: WEEK_MS,
  apply: { telemetryReported: (state, event) => ({ state: { ...state, late: event.eventTime } }) },
  deadline: (state) => (state.late === 0 ? null : state.late + 1_000),
  expire: (state, at, { meta }) => {
    const [tenant, device] = meta.key.split('/') as [string, string];
    const about = { tenant, device, eventId: '', eventTime: at, receivedAt: meta.logTime, source: '', epoch: null };
    const told = { ...about, kind: 'LATE' as const, firstSequence: null, lastSequence: null, count: 1 };
    return { state: { ...state, late: 0 }, emits: [emit(topics.gaps, told)] };
  },
});

/** An event in the envelope that follows from what is said. */
export function telemetryOf(
  said: Partial<Envelope> & { readonly device: string; readonly metrics?: Record<string, number> },
): TelemetryReported {
  const {
    device,
    tenant = 'acme',
    source = 'mqtt',
    epoch = null,
    sequence = null,
    receivedAt = 1_000,
    metrics = {},
  } = said;
  const who = {
    tenant,
    device,
    source,
    epoch,
    sequence,
    receivedAt,
    sourceAddress: null,
    region: null,
    correlationId: null,
  };
  const { deviceTime = receivedAt } = said;
  const head = envelope({ ...who, deviceTime, historical: false, payload: JSON.stringify(metrics), payloadBytes: 2 });
  return {
    ...head,
    metrics,
    labels: {},
    ...('eventTime' in said && { eventTime: said.eventTime }),
    ...('eventId' in said && { eventId: said.eventId }),
  };
}

/** A log, a registry and a local store, over which engines come and go. */
export class Bench {
  readonly clock = new SimulatedClock(0);
  readonly log = new SimulatedLog(this.clock);
  readonly registry = new MemoryRegistry();
  readonly reports: string[] = [];
  readonly partitions: number;

  constructor(partitions = 1) {
    this.partitions = partitions;
  }

  async engine(
    processors: readonly AnyProcessor[],
    over: { readonly store?: MemoryStateStore; readonly log?: Log; readonly app?: string } = {},
  ) {
    const { store = new MemoryStateStore(), log = this.log, app = 'bench' } = over;
    const { registry, partitions, clock } = this;
    const report = (code: string, detail: unknown) => this.reports.push(`${code} ${JSON.stringify(detail)}`);
    return Engine.open({ app, processors, log, registry, store, partitions, clock, report });
  }

  async append(event: TelemetryReported): Promise<void> {
    const id = await this.registry.register(TelemetryReported.avro);
    await this.appendBytes(keyOf(event), frame(compiled(TelemetryReported.avro), id, event));
  }

  async appendBytes(key: string | null, value: Uint8Array | null, headers: NewRecord['headers'] = {}): Promise<void> {
    await this.log.ensureTopics([{ name: EVENTS_TOPIC, partitions: this.partitions, cleanup: 'delete' }]);
    const bytes = key === null ? null : Buffer.from(key);
    const partition = bytes === null ? 0 : partitionOf(bytes, this.partitions);
    await this.log.append([{ topic: EVENTS_TOPIC, partition, key: bytes, value, headers, timestamp: 0 }]);
  }

  /** Decoded records of a derived topic, partition after partition. */
  read(topic: { readonly name: string; readonly value: { readonly avro: never } | object }): Record<string, unknown>[] {
    const type = compiled((topic.value as { avro: never }).avro);
    return Array.from({ length: this.partitions }, (_, partition) => this.log.all(topic.name, partition)).flatMap(
      (records) =>
        records.map(({ value }) => ({ ...(type.fromBuffer(Buffer.from(value as Uint8Array).subarray(5)) as object) })),
    );
  }
}

/** Folds everything that the log holds, and commits it. */
export async function settle(engine: Engine): Promise<void> {
  while ((await engine.poll(0)) > 0);
  await engine.commit();
  await engine.settled();
}

/** The same log, whose transactors are others. */
export function withTransactors(log: Log, wrap: (transactor: Transactor) => Transactor): Log {
  const transactor = async (id: string) => wrap(await log.transactor(id));
  return new Proxy(log, {
    get(of, name) {
      if (name === 'transactor') return transactor;
      const member: unknown = Reflect.get(of, name, of);
      return typeof member === 'function' ? (member.bind(of) as unknown) : member;
    },
  });
}
