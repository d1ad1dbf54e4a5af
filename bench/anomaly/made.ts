import { type Chance, chanceFrom } from '../../test/simulation/chance.ts';
import type { Series, Window } from './series.ts';

/** Series made from seeds: what devices and services measure on ordinary days, and what then happens to it. */

const MINUTE = 60_000;
const DAY = 86_400_000;
const BEGAN = Date.UTC(2026, 2, 2);

/** Of a series' windows together; as in NAB, they cover a tenth of it. */
const WINDOWS_SHARE = 0.1;

/** Anomalies begin after what is given for learning. */
const LEARNING_SHARE = 0.2;

/** How a signal looks when nothing is wrong. `next` is asked once for each point, in order. */
interface Signal {
  readonly name: string;
  readonly intervalMs: number;
  /** The share of an interval by which time stamps vary. */
  readonly jitter: number;
  readonly points: number;
  readonly next: (time: number) => number;
  /** What an anomaly is measured in. */
  readonly unit: number;
}

/** Changes the value of a point that lies within an anomaly, `since` points after its onset. */
interface Anomaly {
  readonly name: string;
  /** Points that are changed. */
  readonly points: (window: number) => number;
  readonly change: (value: number, since: number, before: readonly number[]) => number;
}

/** The whole collection. */
export function made(seed: number): Series[] {
  const chance = chanceFrom(seed);
  return [...SIGNALS, ...SIGNALS].flatMap((signal, round) =>
    [0, 1].map((turn) => make(signal(chance.fork()), chance.fork(), `${round < SIGNALS.length ? 'a' : 'b'}${turn}`)),
  );
}

function make(signal: Signal, chance: Chance, suffix: string): Series {
  const { points, intervalMs, jitter, next, unit } = signal;
  const count = chance.pick([0, 1, 1, 2, 2, 3]);
  const width = Math.floor((points * WINDOWS_SHARE) / Math.max(1, count));
  const windows = placed(chance, points, count, width);
  const anomalies = windows.map(() => chance.pick(ANOMALIES)(unit, chance));
  const times: number[] = [];
  const values: number[] = [];
  for (let index = 0; index < points; index++) {
    const time = BEGAN + Math.round(intervalMs * (index + jitter * (chance.unit() - 0.5)));
    const value = next(time);
    const at = windows.findIndex(({ first, last }) => index >= first && index <= last);
    const [window, anomaly] = [windows[at], anomalies[at]];
    const since = window === undefined ? 0 : index - window.first;
    const changed = window !== undefined && anomaly !== undefined && since < anomaly.points(width);
    // Lost reports are normal.
    if (chance.hit(0.01)) continue;
    times.push(time);
    values.push(changed ? anomaly.change(value, since, values) : value);
  }
  const indexOf = (index: number) => times.findIndex((time) => time >= BEGAN + intervalMs * (index - jitter / 2));
  return {
    name: `${signal.name}/${suffix}-${anomalies.map(({ name }) => name).join('-') || 'nothing'}`,
    times,
    values,
    windows: windows.map(({ first, last }) => ({ first: indexOf(first), last: indexOf(last) })),
  };
}

/** Windows that do not touch, in order. */
export function placed(chance: Chance, points: number, count: number, width: number): Window[] {
  const began = Math.floor(points * LEARNING_SHARE);
  const room = Math.floor((points - began) / Math.max(1, count));
  return Array.from({ length: count }, (_, turn) => {
    const first = began + turn * room + chance.int(0, Math.max(0, room - width - 1));
    return { first, last: first + width - 1 };
  });
}

const ANOMALIES: readonly ((unit: number, chance: Chance) => Anomaly)[] = [
  (unit, chance) => {
    const size = unit * (chance.unit() * 8 + 5) * (chance.hit(0.7) ? 1 : -1);
    return { name: 'spike', points: () => chance.int(1, 3), change: (value) => value + size };
  },
  (unit, chance) => {
    const size = unit * (chance.unit() * 3 + 2) * (chance.hit(0.6) ? 1 : -1);
    return { name: 'shift', points: (window) => window, change: (value) => value + size };
  },
  (unit, chance) => {
    const size = unit * (chance.unit() * 4 + 3) * (chance.hit(0.5) ? 1 : -1);
    return { name: 'plateau', points: (window) => window / 4, change: (value) => value + size };
  },
  (unit, chance) => ({
    name: 'noise',
    points: (window) => window / 2,
    change: (value) => value + unit * 6 * (chance.unit() - 0.5),
  }),
  (unit, chance) => {
    const size = unit * (chance.unit() * 4 + 3);
    return { name: 'drift', points: (window) => window, change: (value, since) => value + (size * since) / 200 };
  },
  () => ({
    name: 'flatline',
    points: (window) => window / 2,
    change: (value, _, before) => before.at(-1) ?? value,
  }),
  (unit, chance) => ({
    name: 'bursts',
    points: (window) => window / 2,
    change: (value) => (chance.hit(0.15) ? value + unit * 5 : value),
  }),
];

const SIGNALS: readonly ((chance: Chance) => Signal)[] = [
  (chance) => {
    const [mean, ar] = [20 + 60 * chance.unit(), walk(chance, 0.7)];
    return signal('processor', 5, 0, 4000, mean * 0.1, () =>
      Math.min(100, mean * (1 + 0.1 * ar()) + spike(chance, 0.01, 8)),
    );
  },
  (chance) => {
    const noise = walk(chance, 0.98);
    return signal('temperature', 5, 0.2, 8000, 2, (time) => 70 + 3 * daily(time, 14) + 2 * noise());
  },
  (chance) => {
    const noise = walk(chance, 0.6);
    const shape = (time: number) =>
      15_000 + 8000 * daily(time, 18) + 3000 * daily(2 * time, 9) + (weekend(time) ? -3000 : 0);
    return signal('passengers', 30, 0, 8000, 2500, (time) => Math.max(10, shape(time) + 900 * noise()));
  },
  (chance) => {
    const burst = walk(chance, 0.9);
    const rate = (time: number) => 20 * Math.exp(0.6 * daily(time, 16) + 0.4 * burst());
    return signal('mentions', 5, 0, 12_000, 30, (time) => counted(chance, rate(time) * (chance.hit(0.004) ? 4 : 1)));
  },
  (chance) => {
    const noise = walk(chance, 0.3);
    return signal(
      'clicks',
      60,
      0,
      1700,
      0.06,
      (time) => 0.2 * Math.exp(0.3 * daily(time, 12) + 0.2 * noise() + (chance.hit(0.01) ? 0.8 : 0)),
    );
  },
  (chance) => {
    const noise = walk(chance, 0.8);
    const jam = (time: number) => (weekend(time) ? 0 : 12 * bump(time, 8) + 15 * bump(time, 17));
    return signal('traffic', 12, 0.9, 2500, 8, (time) => Math.max(1, 75 - jam(time) + 4 * noise()));
  },
  (chance) => {
    const [base, every] = [1e6 * (1 + chance.unit()), 3600_000 * chance.int(1, 6)];
    return signal(
      'network',
      5,
      0,
      4700,
      base,
      (time) =>
        base * (0.3 + 0.2 * chance.unit()) + (time % every < 6 * MINUTE ? 4 * base * (0.8 + 0.4 * chance.unit()) : 0),
    );
  },
  (chance) => signal('disk', 5, 0, 4000, 3e6, () => (chance.hit(0.08) ? 2e6 * heavy(chance) : 0)),
  (chance) => {
    const load = walk(chance, 0.995);
    return signal('memory', 1, 0, 10_000, 1.2, () => Math.round(10 * (55 + 4 * load() + 0.3 * normal(chance))) / 10);
  },
  (chance) =>
    signal(
      'square',
      5,
      0,
      4032,
      15,
      (time) => (time % DAY > 9 * 60 * MINUTE && time % DAY < 18 * 60 * MINUTE ? 80 : 20) + 3 * chance.unit(),
    ),
];

function signal(
  name: string,
  minutes: number,
  jitter: number,
  points: number,
  unit: number,
  next: (time: number) => number,
): Signal {
  return { name, intervalMs: minutes * MINUTE, jitter, points, unit, next };
}

/** A wave of a day with its peak at that hour. */
function daily(time: number, hour: number): number {
  return Math.cos((2 * Math.PI * (time - hour * 60 * MINUTE)) / DAY);
}

/** A rush of about two hours around that hour. */
function bump(time: number, hour: number): number {
  const hours = (time % DAY) / (60 * MINUTE) - hour;
  return Math.exp(-hours * hours);
}

function weekend(time: number): boolean {
  return new Date(time).getUTCDay() % 6 === 0;
}

/** Autocorrelated noise of unit variance. */
export function walk(chance: Chance, memory: number): () => number {
  let at = 0;
  return () => {
    at = memory * at + Math.sqrt(1 - memory * memory) * normal(chance);
    return at;
  };
}

function spike(chance: Chance, probability: number, size: number): number {
  return chance.hit(probability) ? size * heavy(chance) : 0;
}

/** A standard normal draw (Box and Muller). */
export function normal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance.unit())) * Math.cos(2 * Math.PI * chance.unit());
}

/** A Pareto draw from one on, with a tail of index four. */
function heavy(chance: Chance): number {
  return (1 - chance.unit()) ** -0.25;
}

/** A count of that rate: Poisson, by its normal approximation where it is large. */
function counted(chance: Chance, rate: number): number {
  if (rate > 50) return Math.max(0, Math.round(rate + Math.sqrt(rate) * normal(chance)));
  let count = -1;
  for (let left = Math.exp(rate); left > 1; left *= chance.unit()) count++;
  return Math.max(0, count);
}
