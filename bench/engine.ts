// The engine alone, without broker, disk or tables: what it costs to fold a mix that lies in memory, each first stage
// by itself. `node bench/engine.ts [events] [processor…]`.
import { type AnyProcessor, ClockTicked, EVENTS_TOPIC } from '#sdk';
import { known } from '#processors';
import { compiled, frame } from '#runtime/avro.ts';
import { Engine } from '#runtime/engine/engine.ts';
import { stageInput } from '#runtime/engine/stages.ts';
import type { Fetched, FetchRequest, Log, LogRecord } from '#runtime/log/log.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { records, START_MS } from './events.ts';
import { tell } from './house.ts';

const [count = '200000', ...names] = process.argv.slice(2);
const events = Number(count);
const partitions = 4;
const DEVICES = 2_000;
/** Event time between two events: a device sends every 20 s. */
const STEP_MS = 10;
const TICK_MS = 1_000;
const FETCH_RECORDS = 2_000;
/** Records between two commits, and commits between two saves. */
const COMMIT_RECORDS = 10_000;
const SAVE_COMMITS = 5;

for (const processor of known as readonly AnyProcessor[]) {
  const isAsked = names.length === 0 ? stageInput(processor) === null : names.includes(processor.name);
  if (isAsked) await fold(processor);
}

async function fold(processor: AnyProcessor): Promise<void> {
  const registry = new MemoryRegistry();
  const log = await memoryLog(await filled(registry));
  const clock = { now: () => 0, sleep: async () => {}, yield: async () => {} };
  const store = new MemoryStateStore();
  const engine = await Engine.open({ app: 'bench', processors: [processor], log, registry, store, partitions, clock });
  const cpu = process.threadCpuUsage();
  for (let commits = 1; (await engine.lag()) > 0; commits++) {
    for (let folded = 0; folded < COMMIT_RECORDS && (await engine.lag()) > 0; ) folded += await engine.poll(0);
    await engine.commit();
    if (commits % SAVE_COMMITS === 0) await engine.save();
  }
  await engine.settled();
  const { user, system } = process.threadCpuUsage(cpu);
  tell(`engine, ${processor.name}`, 'us/event', (user + system) / events);
}

/** The mix, and ticks among it, as a log holds them. */
async function filled(registry: MemoryRegistry): Promise<readonly LogRecord[][]> {
  const log: LogRecord[][] = Array.from({ length: partitions }, () => []);
  const tickId = await registry.register(ClockTicked.avro);
  const tickType = compiled(ClockTicked.avro);
  let written = 0;
  for await (const batch of records(registry, 0, events, DEVICES, partitions, STEP_MS)) {
    for (const { partition, key, value, timestamp } of batch) {
      const records = log[partition] as LogRecord[];
      records.push({ offset: records.length, key, value, headers: {}, timestamp });
      const sinceMs = ++written * STEP_MS;
      if (sinceMs % TICK_MS !== 0) continue;
      const time = START_MS + sinceMs;
      const tick = frame(tickType, tickId, { number: sinceMs / TICK_MS, time, resumed: false });
      for (const each of log) each.push({ offset: each.length, key: null, value: tick, headers: {}, timestamp: time });
    }
  }
  return log;
}

/** A log of these events that takes commits for durable and forgets them. */
async function memoryLog(events: readonly LogRecord[][]): Promise<Log> {
  const rest = new SimulatedLog(new SimulatedClock(0));
  const endOffset = async (topic: string, partition: number) =>
    topic === EVENTS_TOPIC ? (events[partition]?.length ?? 0) : rest.endOffset(topic, partition);
  const fetch = async ({ positions }: FetchRequest): Promise<readonly Fetched[]> =>
    positions.flatMap(({ topic, partition, offset }) => {
      const records = events[partition]?.slice(offset, offset + FETCH_RECORDS) ?? [];
      return records.length === 0 ? [] : [{ topic, partition, records, next: offset + records.length }];
    });
  await rest.ensureTopics([{ name: EVENTS_TOPIC, partitions, cleanup: 'delete' }]);
  return {
    id: rest.id,
    ensureTopics: (topics) => rest.ensureTopics(topics),
    append: (records) => rest.append(records),
    startOffset: (topic, partition) => rest.startOffset(topic, partition),
    settledEnd: (topic, partition) => rest.settledEnd(topic, partition),
    topicId: (topic) => rest.topicId(topic),
    close: () => rest.close(),
    transactor: async () => ({ commit: async () => [] }),
    endOffset,
    fetch,
  };
}
