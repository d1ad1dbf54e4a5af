import { type Chance, chanceFrom } from '../../simulation/chance.ts';

/** Stationary signals of every kind that a false-alarm rate must hold on. */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const BEGAN = Date.UTC(2026, 2, 2);

/** The value at a time; asked once for each point, in order. */
type Signal = (time: number) => number;

export const SIGNALS: Readonly<Record<string, (chance: Chance) => Signal>> = {
  normal: (chance) => () => normal(chance),
  'heavy tails (t of 3)': (chance) => () => heavy(chance),
  'skewed (lognormal)': (chance) => () => Math.exp(normal(chance)),
  counts: (chance) => () => Math.round(50 + Math.sqrt(50) * normal(chance)),
  'autocorrelated (0.9)': (chance) => follow(0.9, () => normal(chance)),
  'autocorrelated (0.99)': (chance) => follow(0.99, () => normal(chance)),
  'autocorrelated, heavy tails': (chance) => follow(0.7, () => heavy(chance)),
  'season of a day': (chance) => {
    const noise = follow(0.5, () => normal(chance));
    return (time) => 10 * Math.cos((2 * Math.PI * time) / DAY) + noise();
  },
  'season of a week': (chance) => {
    const noise = follow(0.5, () => normal(chance));
    return (time) => 10 * Math.cos((2 * Math.PI * time) / DAY) + (weekend(time) ? 8 : 0) + noise();
  },
  'season, multiplied': (chance) => {
    const noise = follow(0.5, () => normal(chance));
    return (time) => Math.exp(3 + 0.7 * Math.cos((2 * Math.PI * time) / DAY) + 0.2 * noise());
  },
};

/** A signal of its own seed. */
export function signalOf(name: string, seed: number): Signal {
  const make = SIGNALS[name];
  if (make === undefined) throw new Error(`${name} is none of ${Object.keys(SIGNALS).join(', ')}`);
  return make(chanceFrom(seed));
}

/** A standard normal draw (Box and Muller). */
export function normal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance.unit())) * Math.cos(2 * Math.PI * chance.unit());
}

/** Student's t with three degrees of freedom. */
function heavy(chance: Chance): number {
  const squares = normal(chance) ** 2 + normal(chance) ** 2 + normal(chance) ** 2;
  return normal(chance) / Math.sqrt(squares / 3);
}

/** Autocorrelated noise of unit variance. */
export function follow(memory: number, draw: () => number): () => number {
  let at = 0;
  return () => {
    at = memory * at + Math.sqrt(1 - memory * memory) * draw();
    return at;
  };
}

function weekend(time: number): boolean {
  return new Date(time).getUTCDay() % 6 === 0;
}
