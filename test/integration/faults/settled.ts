import { setTimeout as pause } from 'node:timers/promises';
import { EVENTS_TOPIC } from '#sdk';
import { tables } from '#schemas';
import type { ClickHouseEngine } from '#runtime/clickhouse/engine.ts';
import type { KafkaLog } from '#runtime/log/kafka/log.ts';
import { readAll } from '../../contract/read-all.ts';
import { tableBehind } from '../../crash/tables.ts';

/** Waits until the processors of an app have committed all that the log has. */
export async function committed(log: KafkaLog, app: string, partitions: number): Promise<void> {
  const ends = (await lastsOf(log, EVENTS_TOPIC, partitions)).map((last) => last + 1);
  for (;;) {
    const offsets = await log.committedOffsets(app, EVENTS_TOPIC, partitions);
    if (ends.every((end, partition) => (offsets[partition] ?? 0) >= end)) return;
    await pause(100);
  }
}

/** Waits until every table has the last record of its topic. */
export async function filled(log: KafkaLog, engine: ClickHouseEngine, partitions: number): Promise<void> {
  const lasts = new Map<string, readonly number[]>();
  for (const name of new Set(Object.values(tables).map(({ from }) => from.name)))
    lasts.set(name, await lastsOf(log, name, partitions));
  while ((await tableBehind(engine, (topic) => lasts.get(topic) ?? [])) !== null) await pause(500);
}

/** Offset of the last record of each partition; -1 where the log holds none. */
function lastsOf(log: KafkaLog, topic: string, partitions: number): Promise<number[]> {
  return Promise.all(
    Array.from({ length: partitions }, async (_, each) => (await readAll(log, topic, each)).at(-1)?.offset ?? -1),
  );
}
