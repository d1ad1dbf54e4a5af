import { ClockTicked, clock as clockTopic, EVENTS_TOPIC } from '#sdk';
import { frame } from '../avro.ts';
import type { Log, NewRecord } from '../log/log.ts';
import { readPartition } from '../log/read-partition.ts';
import type { Registry } from '../registry/registry.ts';
import { isAway } from './patience.ts';
import { Types } from './types.ts';

/** Log time moves about this often. */
export const TICK_MS = 1_000;
/** A longer pause between two ticks is marked, so that silence counts from its end. */
export const RESUMED_AFTER_MS = 10_000;
const CLOCK_KEY = Buffer.from('clock');
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
  await types.register(ClockTicked);
  await ensureTopics(log, partitions);
  const transactor = await log.transactor('fleet-clock');
  let last = await newest(log, types);
  let stopping = false;

  const tick = async () => {
    const now = clock.now();
    const time = last === null ? now : Math.max(last.time + 1, now);
    const resumed = last !== null && time - last.time > RESUMED_AFTER_MS;
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
    const before = await newest(log, types);
    // A clock that has stood for long, or never went, is taken over at once.
    if (before === null || clock.now() - before.time > STANDBY_MS) return true;
    for (let waitedMs = 0; waitedMs < STANDBY_MS && !stopping; waitedMs += periodMs) await clock.sleep(periodMs);
    return (await newest(log, types))?.number === before.number;
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
  ]);
}

function recordsOf(value: Buffer, timestamp: number, partitions: number): NewRecord[] {
  const records: NewRecord[] = [{ topic: clockTopic.name, partition: 0, key: CLOCK_KEY, value, timestamp }];
  for (let partition = 0; partition < partitions; partition++) {
    records.push({ topic: EVENTS_TOPIC, partition, key: null, value, timestamp });
  }
  return records;
}

/** The newest tick stands last in its compacted topic; behind it may lie offsets that hold no record. */
async function newest(log: Log, types: Types): Promise<ClockTicked | null> {
  const end = await log.settledEnd(clockTopic.name, 0);
  for (let back = 1; ; back *= 4) {
    const from = Math.max(0, end - back);
    const last = await lastBetween(log, types, from, end);
    if (last !== null || from === 0) return last;
  }
}

async function lastBetween(log: Log, types: Types, from: number, end: number): Promise<ClockTicked | null> {
  let last: ClockTicked | null = null;
  for await (const records of readPartition(log, { topic: clockTopic.name, partition: 0, offset: from }, end)) {
    for (const { value } of records) if (value !== null) last = await types.read(ClockTicked, value);
  }
  return last;
}
