import type { Chance } from './chance.ts';
import type { Habits } from './workload.ts';

/** Each history has a fleet of its own ways. */
export function habitsFrom(chance: Chance, partitions: number): Habits {
  const rate = (most: number) => (chance.hit(0.6) ? chance.unit() * most : 0);
  return {
    events: 500,
    devices: 20,
    partitions,
    durationMs: chance.pick([1_000, 4_000, 10_000]),
    duplicates: rate(0.3),
    reordered: rate(0.4),
    lateBursts: rate(0.1),
    skewedClocks: rate(0.1),
    resets: rate(0.05),
    unsequenced: rate(0.5),
    skipped: rate(0.5),
    manySources: chance.hit(0.2) ? 0.5 : 0,
    poison: rate(0.1),
    hot: chance.hit(0.3) ? 0.4 : 0,
  };
}
