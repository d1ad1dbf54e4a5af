import {
  ClockTicked,
  clock as clockTopic,
  EVENTS_TOPIC,
  policies,
  PolicyChanged,
  PolicySnapshotBegan,
  PolicySnapshotEnded,
  type Schema,
} from '#sdk';
import { frame } from '../avro.ts';
import type { Log, NewRecord } from '../log/log.ts';
import { readPartition } from '../log/read-partition.ts';
import { readPolicies } from '../policies/live.ts';
import type { Registry } from '../registry/registry.ts';
import { isAway } from './patience.ts';
import { Types } from './types.ts';

/** Log time moves about this often. */
export const TICK_MS = 1_000;
/** A longer pause between two ticks is marked, so that silence counts from its end. */
export const RESUMED_AFTER_MS = 10_000;
/** Every partition is told the whole set of policies this often, so that a fold may begin anywhere. */
export const SNAPSHOT_MS = 3_600_000;
const CLOCK_KEY = Buffer.from('clock');
const SNAPSHOT_KEY = Buffer.from('policies');
const RETRY_MS = 1_000;

/** What the ticker is made of. */
export interface TickerOptions {
  readonly log: Log;
  readonly registry: Registry;
  readonly partitions: number;
  readonly clock: { now(): number; sleep(ms: number): Promise<void> };
  readonly periodMs?: number;
  readonly report?: (message: string, detail: Readonly<Record<string, unknown>>) => void;
}

/** How long the clock may stand before another ticker takes it over. */
export const STANDBY_MS = 5_000;

/** Tells every partition that time passes. */
export interface Ticker {
  /** Writes the next tick now. */
  tick(): Promise<void>;
  /** Ticks until stopped. Rejects when another ticker has taken over. */
  run(): Promise<void>;
  stop(): void;
}

/** Takes the clock over and goes on where the last tick stood. */
export async function openTicker(options: TickerOptions): Promise<Ticker> {
  const { log, registry, partitions, clock, periodMs = TICK_MS } = options;
  const types = new Types(registry);
  for (const schema of [ClockTicked, PolicySnapshotBegan, PolicySnapshotEnded]) await types.register(schema);
  types.expect(PolicyChanged);
  await ensureTopics(log, partitions);
  const transactor = await log.transactor('fleet-clock');
  let last = await newest(log, types, ClockTicked, CLOCK_KEY);
  let told = await newest(log, types, PolicySnapshotEnded, SNAPSHOT_KEY);
  let stopping = false;

  const tell = async (time: number) => {
    const live = await readPolicies(log, types);
    const snapshot = (told?.snapshot ?? -1) + 1;
    const ended: PolicySnapshotEnded = { snapshot, time };
    const framed = <T>(schema: Schema<T>, value: T) => frame(types.typeOf(schema), types.idOf(schema), value);
    const end = framed(PolicySnapshotEnded, ended);
    const begin = framed(PolicySnapshotBegan, { ...ended, count: live.size });
    const values = [begin, ...Array.from(live.values(), ({ bytes }) => bytes), end];
    await transactor.commit([
      { topic: clockTopic.name, partition: 0, key: SNAPSHOT_KEY, value: end, timestamp: time },
      ...values.flatMap((value) => broadcastOf(value, time, partitions)),
    ]);
    told = ended;
  };

  const tick = async () => {
    const now = clock.now();
    const time = last === null ? now : Math.max(last.time + 1, now);
    const resumed = last !== null && time - last.time > RESUMED_AFTER_MS;
    if (told === null || time - told.time >= SNAPSHOT_MS) await tell(time);
    const next: ClockTicked = { number: (last?.number ?? -1) + 1, time, resumed };
    await transactor.commit(
      recordsOf(frame(types.typeOf(ClockTicked), types.idOf(ClockTicked), next), time, partitions),
    );
    last = next;
  };

  return {
    tick,
    async run() {
      while (!stopping) {
        try {
          await tick();
          await clock.sleep(periodMs);
        } catch (error) {
          await waitOut(error, options);
        }
      }
    },
    stop() {
      stopping = true;
    },
  };
}

/**
 * Ticks whenever nobody else does: while another ticker writes, it waits, and takes over once no tick has come for
 * `STANDBY_MS`. Of two that take over at once, the later one goes on.
 */
export function standByTicker(options: TickerOptions): Pick<Ticker, 'run' | 'stop'> {
  const { log, registry, clock, periodMs = TICK_MS, report } = options;
  const types = new Types(registry);
  let stopping = false;
  let active: Ticker | null = null;

  const stands = async () => {
    await types.register(ClockTicked);
    await ensureTopics(log, options.partitions);
    const before = await newest(log, types, ClockTicked, CLOCK_KEY);
    // A clock that has stood for long, or never went, is taken over at once.
    if (before === null || clock.now() - before.time > STANDBY_MS) return true;
    for (let waitedMs = 0; waitedMs < STANDBY_MS && !stopping; waitedMs += periodMs) await clock.sleep(periodMs);
    return (await newest(log, types, ClockTicked, CLOCK_KEY))?.number === before.number;
  };
  const keep = async () => {
    if (!(await stands()) || stopping) return;
    active = await openTicker(options);
    report?.('clock_taken', {});
    if (stopping) active.stop();
    await active.run();
  };

  return {
    async run() {
      while (!stopping) {
        try {
          await keep();
        } catch (error) {
          if ((error as { code?: unknown }).code === 'fenced') {
            report?.('clock_given', { error: (error as Error).message });
          } else await waitOut(error, options);
        }
      }
    },
    stop() {
      stopping = true;
      active?.stop();
    },
  };
}

/** A pause where log or registry are away; any other error is thrown. */
async function waitOut(error: unknown, { clock, report }: TickerOptions): Promise<void> {
  if (!isAway(error)) throw error;
  const { code, message } = error as { code: string; message: string };
  report?.(code, { error: message, retryMs: RETRY_MS });
  await clock.sleep(RETRY_MS);
}

function ensureTopics(log: Log, partitions: number): Promise<void> {
  return log.ensureTopics([
    { name: EVENTS_TOPIC, partitions, cleanup: 'delete' },
    { name: clockTopic.name, partitions: 1, cleanup: clockTopic.cleanup },
    { name: policies.name, partitions: 1, cleanup: policies.cleanup },
  ]);
}

function recordsOf(value: Buffer, timestamp: number, partitions: number): NewRecord[] {
  const own = { topic: clockTopic.name, partition: 0, key: CLOCK_KEY, value, timestamp };
  return [own, ...broadcastOf(value, timestamp, partitions)];
}

function broadcastOf(value: Buffer, timestamp: number, partitions: number): NewRecord[] {
  return Array.from({ length: partitions }, (_, partition) => {
    return { topic: EVENTS_TOPIC, partition, key: null, value, timestamp };
  });
}

/** The newest record of a key stands near the end of its compacted topic; behind it may lie offsets that hold no record. */
async function newest<T>(log: Log, types: Types, schema: Schema<T>, key: Buffer): Promise<T | null> {
  const end = await log.settledEnd(clockTopic.name, 0);
  for (let back = 2; ; back *= 4) {
    const from = Math.max(0, end - back);
    let last: T | null = null;
    for await (const records of readPartition(log, { topic: clockTopic.name, partition: 0, offset: from }, end)) {
      for (const record of records) {
        const isIt = record.key !== null && record.value !== null && key.equals(record.key);
        if (isIt) last = await types.read(schema, record.value);
      }
    }
    if (last !== null || from === 0) return last;
  }
}
