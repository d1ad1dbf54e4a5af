import { type Chance, chanceFrom } from '../../test/simulation/chance.ts';
import { normal, placed, walk } from './made.ts';
import type { Series } from './series.ts';

/** Families of series that each have one kind of fault, as sensors and services have them; made from seeds. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const BEGAN = Date.UTC(2026, 2, 2);

/** As in NAB, windows cover a tenth of a series. */
const WINDOWS_SHARE = 0.1;

/** One series of a family: its values on ordinary days, and with its fault. Both are asked once for each point, in order. */
interface Family {
  readonly intervalMs: number;
  readonly points: number;
  readonly ordinary: (time: number, index: number) => number;
  /** What is measured instead, `since` points into a fault of `length` ones. */
  readonly faulty: (value: number, since: number, length: number, before: readonly number[], time: number) => number;
}

/** Four series of each family, of which one has no fault. */
export function families(seed: number): Series[] {
  const chance = chanceFrom(seed);
  return Object.entries(FAMILIES).flatMap(([name, family]) =>
    [0, 1, 1, 2].map((faults, turn) => make(`${name}/${seed}-${turn}`, family(chance.fork()), faults, chance.fork())),
  );
}

function make(name: string, family: Family, faults: number, chance: Chance): Series {
  const { intervalMs, points, ordinary, faulty } = family;
  const length = Math.floor((points * WINDOWS_SHARE) / Math.max(1, faults));
  const windows = placed(chance, points, faults, length);
  const times = Array.from({ length: points }, (_, index) => BEGAN + index * intervalMs);
  const values: number[] = [];
  for (const [index, time] of times.entries()) {
    const value = ordinary(time, index);
    const window = windows.find(({ first, last }) => index >= first && index <= last);
    values.push(window === undefined ? value : faulty(value, index - window.first, length, values, time));
  }
  return { name, times, values, windows };
}

const FAMILIES: Readonly<Record<string, (chance: Chance) => Family>> = {
  'level shift': (chance) => {
    const [noise, size] = [walk(chance, 0.5), sign(chance) * (3 + 3 * chance.unit())];
    return { intervalMs: 5 * MINUTE, points: 4000, ordinary: () => 40 + noise(), faulty: (value) => value + size };
  },
  drift: (chance) => {
    const [noise, size] = [walk(chance, 0.5), sign(chance) * (6 + 4 * chance.unit())];
    const faulty = (value: number, since: number, length: number) => value + (size * since) / length;
    return { intervalMs: 10 * MINUTE, points: 5000, ordinary: () => 20 + noise(), faulty };
  },
  'changed variance': (chance) => {
    const noise = walk(chance, 0.3);
    const factor = chance.hit(0.5) ? 3 + 2 * chance.unit() : 0.15;
    const faulty = (value: number) => 100 + factor * (value - 100);
    return { intervalMs: 5 * MINUTE, points: 4000, ordinary: () => 100 + 4 * noise(), faulty };
  },
  'missing season': (chance) => {
    const [noise, hour] = [walk(chance, 0.5), chance.int(0, 23)];
    const wave = (time: number) => 8 * Math.cos((2 * Math.PI * (time - hour * HOUR)) / DAY);
    const faulty = (value: number, _: number, __: number, ___: readonly number[], time: number) => value - wave(time);
    return { intervalMs: 5 * MINUTE, points: 5760, ordinary: (time) => 30 + wave(time) + noise(), faulty };
  },
  'spike trains in counts': (chance) => {
    const [busy, rate] = [walk(chance, 0.9), 3 + 5 * chance.unit()];
    const counts = (load: number) => poisson(chance, load * Math.exp(0.5 * busy()) * (chance.hit(0.01) ? 5 : 1));
    const faulty = (value: number, since: number) => (since % 4 === 0 ? value + poisson(chance, 8 * rate) : value);
    return { intervalMs: 5 * MINUTE, points: 5000, ordinary: () => counts(rate), faulty };
  },
  'saturated sensor': (chance) => {
    const noise = walk(chance, 0.95);
    const most = 54 + 4 * chance.unit();
    const ordinary = (time: number) => 50 + 8 * Math.cos((2 * Math.PI * time) / DAY) + 3 * noise();
    const faulty = (value: number) => Math.min(value, most) + (value > most ? 0.02 * normal(chance) : 0);
    return { intervalMs: 5 * MINUTE, points: 5760, ordinary, faulty };
  },
  'stuck and coarse sensor': (chance) => {
    const [noise, step] = [walk(chance, 0.97), chance.pick([0.1, 0.5, 1])];
    const ordinary = (time: number) =>
      step * Math.round((21 + 1.5 * Math.cos((2 * Math.PI * time) / DAY) + noise()) / step);
    const faulty = (value: number, _: number, __: number, before: readonly number[]) => before.at(-1) ?? value;
    return { intervalMs: 5 * MINUTE, points: 5000, ordinary, faulty };
  },
  'trend and season of a week': (chance) => {
    const [noise, growth] = [walk(chance, 0.5), 0.002 + 0.004 * chance.unit()];
    const usual = (time: number) =>
      100 *
      (1 + (growth * (time - BEGAN)) / DAY) *
      (1 + 0.3 * Math.cos((2 * Math.PI * (time - 14 * HOUR)) / DAY)) *
      (isWeekend(time) ? 0.5 : 1);
    const faulty = (value: number, _: number, __: number, ___: readonly number[], time: number) =>
      isWeekend(time) ? value * 2 : value / 2;
    return { intervalMs: HOUR, points: 2400, ordinary: (time) => usual(time) * (1 + 0.04 * noise()), faulty };
  },
  'sparse events': (chance) => {
    const size = () => 10 + 5 * normal(chance);
    const faulty = (value: number) => (chance.hit(0.3) ? size() : value);
    return { intervalMs: 5 * MINUTE, points: 5000, ordinary: () => (chance.hit(0.025) ? size() : 0), faulty };
  },
  'counter that only grows': (chance) => {
    let total = 1e6;
    let faster = 0;
    const ordinary = () => (total += 50 + 5 * normal(chance)) + faster;
    const faulty = (value: number) => {
      faster += 50;
      return value + 50;
    };
    return { intervalMs: 5 * MINUTE, points: 4000, ordinary, faulty };
  },
};

function sign(chance: Chance): number {
  return chance.hit(0.5) ? 1 : -1;
}

function isWeekend(time: number): boolean {
  return new Date(time).getUTCDay() % 6 === 0;
}

/** A Poisson count, by Knuth's product of draws; for rates of some hundreds at most. */
function poisson(chance: Chance, rate: number): number {
  let count = -1;
  for (let left = rate; left > 0; count++) left += Math.log(1 - chance.unit());
  return Math.max(0, count);
}
