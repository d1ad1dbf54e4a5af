/** A stream of numbers that follows from its seed alone. */
export interface Random {
  /** At least 0, below 1. */
  unit(): number;
  between(min: number, max: number): number;
  /** A whole number from min to max, both included. */
  whole(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Around 0, mostly within 1: the mean of four. */
  wobble(): number;
}

/** Mulberry32 (Tommy Ettinger), one stream for each pair of seed and number. */
export function random(seed: number, stream: number): Random {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(stream + 1, 0xc2b2ae35)) | 0;
  const unit = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number) => min + unit() * (max - min);
  const whole = (min: number, max: number) => Math.floor(between(min, max + 1));
  return {
    unit,
    between,
    whole,
    chance: (probability) => unit() < probability,
    pick: (from) => from[whole(0, from.length - 1)] as (typeof from)[number],
    wobble: () => (unit() + unit() + unit() + unit()) / 2 - 1,
  };
}
