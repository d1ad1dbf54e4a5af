import { EVENTS_TOPIC } from '#sdk';
import { Engine } from '#runtime/engine/engine.ts';
import type { Log } from '#runtime/log/log.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { chanceFrom } from '../chance.ts';
import { difference } from '../same.ts';
import type { World } from '../world.ts';

/** The state after all faults is that of an undisturbed run in other batches, and what a restart restores. */
export async function stateEqualsFold(world: World, seed: number): Promise<string | null> {
  const final = Object.fromEntries(world.engine?.digests() ?? []);
  const options = {
    app: 'check',
    processors: world.processors,
    registry: world.registry,
    partitions: world.partitions,
    clock: world.clock,
  };
  const restored = await Engine.open({ ...options, log: world.log, store: new MemoryStateStore() });
  const afterRestore = difference(Object.fromEntries(restored.digests()), final);
  if (afterRestore !== null) return `restored from the changelog alone, the state differs at ${afterRestore}`;
  const replayed = await Engine.open({ ...options, log: replayOf(world, seed), store: new MemoryStateStore() });
  const chance = chanceFrom(seed + 1);
  while ((await replayed.lag()) > 0) {
    await replayed.poll(0);
    if (chance.hit(0.3)) await replayed.commit();
  }
  await replayed.commit();
  await replayed.settled();
  const afterReplay = difference(Object.fromEntries(replayed.digests()), final);
  return afterReplay === null ? null : `folded again in other batches, the state differs at ${afterReplay}`;
}

/** A new log with the same events at the same offsets, fetched in other pieces. */
export function replayOf(world: Pick<World, 'log' | 'clock'>, seed: number): Log {
  const { log, clock } = world;
  const own = new SimulatedLog(clock, `replay-${seed}`);
  const chance = chanceFrom(seed);
  const most = chance.pick([1, 7, 50, 1_000]);
  return {
    id: own.id,
    ensureTopics: (topics) => own.ensureTopics(topics),
    append: (records) => own.append(records),
    transactor: (id) => own.transactor(id),
    close: () => own.close(),
    startOffset: (topic, partition) => (topic === EVENTS_TOPIC ? log : own).startOffset(topic, partition),
    endOffset: (topic, partition) => (topic === EVENTS_TOPIC ? log : own).endOffset(topic, partition),
    settledEnd: (topic, partition) => own.settledEnd(topic, partition),
    topicId: (topic) => (topic === EVENTS_TOPIC ? log : own).topicId(topic),
    async fetch(request) {
      if (request.positions[0]?.topic !== EVENTS_TOPIC) return own.fetch(request);
      const parts = await log.fetch(request);
      return parts.map((part) => {
        const records = part.records.slice(0, chance.int(1, most));
        return records.length === part.records.length
          ? part
          : { ...part, records, next: (records.at(-1)?.offset ?? 0) + 1 };
      });
    },
  };
}
