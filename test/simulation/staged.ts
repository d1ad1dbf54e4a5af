import { EVENTS_TOPIC } from '#sdk';
import { Engine } from '#runtime/engine/engine.ts';
import type { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { chanceFrom } from './chance.ts';
import { copied } from './copied.ts';
import { folded, type Outcome, outcomeOf, settled } from './folded.ts';
import { World, type WorldOptions } from './world.ts';

/** What a history under faults came to, and what one pass over its log comes to. */
export interface Staged {
  readonly found: Outcome;
  readonly wanted: Outcome;
  /** What that pass wrote. */
  readonly log: SimulatedLog;
}

/** Lives a history of processors that no oracle knows, and folds its log again in other pieces. */
export async function staged(options: Omit<WorldOptions, 'tables'>): Promise<Staged> {
  const { seed, processors: run } = options;
  const world = new World({ ...options, tables: [] });
  await world.run();
  const { registry, partitions } = world;
  const found = await finished(world);
  const copies = Array.from({ length: partitions }, (_, partition) => world.log.all(EVENTS_TOPIC, partition));
  const log = await copied(copies);
  const wanted = await folded({ house: log, registry, partitions, chance: chanceFrom(seed), run });
  return { found, wanted, log };
}

/** What comes out once all that was committed has reached the last stage, after a last death that loses every file. */
async function finished(world: World): Promise<Outcome> {
  return outcomeOf(await lastLife(world), world.log, world.processors, world.partitions);
}

/** A last life, which loses every file, folds without faults what the ones before left for further stages. */
export async function lastLife({ log, registry, partitions, faults, processors }: World): Promise<Engine> {
  faults.calm = true;
  const clock = { now: () => 0, sleep: async () => {}, yield: async () => {} };
  const store = new MemoryStateStore();
  const engine = await Engine.open({ app: 'fleet', processors, log, registry, store, partitions, clock });
  await settled(
    () => engine,
    () => engine.poll(0),
  );
  return engine;
}
