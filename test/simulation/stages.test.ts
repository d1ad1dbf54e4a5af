import { expect, test } from 'vitest';
import { EVENTS_TOPIC } from '#sdk';
import { Engine } from '#runtime/engine/engine.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { gossip, heard, last, listener, relay, teller } from '../runtime/engine/stages.ts';
import { chanceFrom } from './chance.ts';
import { folded, outcomeOf, settled } from './folded.ts';
import { World } from './world.ts';

const SEEDS = Number(process.env['STAGE_SEEDS'] ?? 40);
const RUN = [teller, gossip, relay, listener, last];

test(`of ${SEEDS} histories under faults, stages behind one another come to what one pass over the log comes to`, {
  timeout: 600_000,
}, async () => {
  let told = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new World({ seed, processors: RUN, tables: [] });
    await world.run();
    const { log, registry, partitions } = world;
    const found = await finished(world);
    const copy = await copied(log, partitions);
    const wanted = await folded({ house: copy, registry, partitions, chance: chanceFrom(seed), run: RUN });
    expect(found, `seed ${seed}`).toEqual(wanted);
    for (let partition = 0; partition < partitions; partition++) told += copy.all(heard.name, partition).length;
  }
  expect(told).toBeGreaterThan(100 * SEEDS);
});

/** What comes out once all that was committed has reached the second stage, after a last death that loses every file. */
async function finished({ log, registry, partitions, faults }: World) {
  faults.calm = true;
  const clock = { now: () => 0, sleep: async () => {}, yield: async () => {} };
  const store = new MemoryStateStore();
  const engine = await Engine.open({ app: 'fleet', processors: RUN, log, registry, store, partitions, clock });
  await settled(
    () => engine,
    () => engine.poll(0),
  );
  return outcomeOf(engine, log, RUN, partitions);
}

async function copied(log: SimulatedLog, partitions: number): Promise<SimulatedLog> {
  const copy = new SimulatedLog(new SimulatedClock(0));
  await copy.ensureTopics([{ name: EVENTS_TOPIC, partitions, cleanup: 'delete' }]);
  const { faults } = copy;
  for (let partition = 0; partition < partitions; partition++) {
    let next = 0;
    for (const { offset, ...record } of log.all(EVENTS_TOPIC, partition)) {
      copy.faults = { ...faults, gap: () => offset - next };
      await copy.append([{ topic: EVENTS_TOPIC, partition, ...record }]);
      next = offset + 1;
    }
  }
  copy.faults = faults;
  return copy;
}
