/** A seeded source of chance (mulberry32): the same seed gives the same history. */
export interface Chance {
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly unit: () => number;
  /** A whole number from `from` to `to`, both included. */
  readonly int: (from: number, to: number) => number;
  /** True with that probability. */
  readonly hit: (probability: number) => boolean;
  readonly pick: <T>(items: readonly T[]) => T;
  /** A source of its own, so that drawing more here changes nothing there. */
  readonly fork: () => Chance;
}

export function chanceFrom(seed: number): Chance {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const int = (from: number, to: number) => from + Math.floor(unit() * (to - from + 1));
  return {
    unit,
    int,
    hit: (probability) => unit() < probability,
    pick: (items) => items[int(0, items.length - 1)] as (typeof items)[number],
    fork: () => chanceFrom(int(0, 0x7fffffff)),
  };
}
