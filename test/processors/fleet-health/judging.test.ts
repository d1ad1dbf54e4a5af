import { describe, expect, test } from 'vitest';
import { healthPolicy } from '#schemas';
import { crashesToSpare, judge, type Judged, staysWorse } from '../../../processors/fleet-health/judging.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { cellOf, DAY, FIRST, lived, type Member, members, normal } from './fleet.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
/** `CALIBRATION=long` makes ten times as many fleets, and more looks. */
const LONG = process.env['CALIBRATION'] === 'long';
const FLEETS = LONG ? 400 : 40;
console.log(`lots beside their like: SEED=${seed}, ${FLEETS} fleets each`);

const policy = healthPolicy.fallback;
const DAYS = 56;
/** Lots are judged after each of these days. */
const LOOKS = LONG ? [6, 13, 20, 27, 34, 41, 48, 55] : [13, 27, 41, 55];

/** The lots that are told of as worse at any look. */
function toldOf(cells: ReturnType<typeof lived>, at: readonly number[] = LOOKS): ReadonlySet<string> {
  const looks = at.flatMap((look) => judge(cells, FIRST + look, 'LOT', policy));
  return new Set(looks.filter(({ verdict }) => verdict === 'WORSE').map(({ name }) => name));
}

/** The last day of each week. */
const weekly = (days: number) => Array.from({ length: days / 7 }, (_, week) => 7 * week + 6);

const lot = (all: readonly Judged[], name: string) => all.find((each) => each.name === name) as Judged;

describe(`by simulation (seed ${seed})`, () => {
  const chance = chanceFrom(seed);

  test('no lot is told of in nineteen fleets of twenty where all lots are alike', { timeout: 3_000_000 }, () => {
    let fleets = 0;
    for (let i = 0; i < FLEETS; i++) {
      const sites = Array.from({ length: 6 }, () => 0.01 * Math.exp(normal(chance)));
      const fleet = members({ lots: 10, sites: 6, each: 5 }, (_, site) => sites[Number(site.slice(1))] as number);
      if (toldOf(lived(chance, fleet, DAYS)).size > 0) fleets++;
    }
    console.log(`all alike: ${fleets} of ${FLEETS} fleets are told of`);
    expect(fleets / FLEETS).toBeLessThanOrEqual(0.05 + 2 * Math.sqrt((0.05 * 0.95) / FLEETS));
  });

  test('nor where devices of a lot at a site share a fate of their own', { timeout: 3_000_000 }, () => {
    let fleets = 0;
    let dispersion = 0;
    for (let i = 0; i < FLEETS; i++) {
      // Each lot at each site has a rate of its own, but no lot is worse than others as a whole.
      const rates = new Map<string, number>();
      const rateOf = (name: string, site: string) => {
        const key = `${name} ${site}`;
        rates.set(key, rates.get(key) ?? 0.012 * Math.exp(0.7 * normal(chance) - 0.245));
        return rates.get(key) as number;
      };
      const cells = lived(chance, members({ lots: 10, sites: 12, each: 10 }, rateOf), DAYS);
      if (toldOf(cells).size > 0) fleets++;
      const all = judge(cells, FIRST + DAYS - 1, 'LOT', policy);
      dispersion += all.reduce((sum, judged) => sum + judged.dispersion, 0) / all.length / FLEETS;
    }
    console.log(`own fates: ${fleets} of ${FLEETS} fleets are told of, dispersion ${dispersion.toFixed(2)}`);
    expect(dispersion).toBeGreaterThan(1.2);
    expect(fleets / FLEETS).toBeLessThanOrEqual(0.05 + 2 * Math.sqrt((0.05 * 0.95) / FLEETS));
  });

  test('a lot of three times the rate is found, and hardly ever another with it', { timeout: 3_000_000 }, () => {
    let [found, wrong, told] = [0, 0, 0];
    for (let i = 0; i < FLEETS; i++) {
      const fleet = members({ lots: 10, sites: 6, each: 10 }, (name) => (name === 'L3' || name === 'L7' ? 0.03 : 0.01));
      const names = toldOf(lived(chance, fleet, DAYS));
      found += (names.has('L3') ? 1 : 0) + (names.has('L7') ? 1 : 0);
      const others = [...names].filter((name) => name !== 'L3' && name !== 'L7').length;
      wrong += names.size === 0 ? 0 : others / names.size;
      told += names.size;
    }
    const power = found / (2 * FLEETS);
    console.log(`three times the rate: found ${(100 * power).toFixed(0)} % of ${2 * FLEETS}`);
    console.log(`told of ${told}; share told wrongly ${(wrong / FLEETS).toFixed(3)}`);
    expect(power).toBeGreaterThan(0.8);
    expect(wrong / FLEETS).toBeLessThanOrEqual(0.05 + 2 * Math.sqrt((0.05 * 0.95) / FLEETS));
  });
});

describe(`over a year (seed ${seed})`, () => {
  const chance = chanceFrom(seed + 3);
  const YEAR = 13 * 28;
  const YEARS = LONG ? 100 : 5;

  test('no lot is told of in nineteen fleets of twenty whose devices differ, and crash again', {
    timeout: 3_000_000,
  }, () => {
    let fleets = 0;
    for (let i = 0; i < YEARS; i++) {
      // A third of devices crash each month and the others hardly ever, in whatever lot they are.
      const fleet = members({ lots: 10, sites: 3, each: 12 }, () => 0.03);
      const unlike = fleet.map((member) => ({ ...member, rate: chance.hit(1 / 3) ? 0.06 : 0.002 }));
      const cells = lived(chance, unlike, YEAR);
      if (toldOf(cells, weekly(YEAR)).size > 0) fleets++;
    }
    console.log(`a year of devices that are not alike: ${fleets} of ${YEARS} fleets are told of`);
    expect(fleets / YEARS).toBeLessThanOrEqual(0.05 + 2 * Math.sqrt((0.05 * 0.95) / YEARS));
  });

  test('a lot of 36 devices and three times the rate is found within two periods', { timeout: 3_000_000 }, () => {
    let found = 0;
    for (let i = 0; i < FLEETS; i++) {
      const fleet = members({ lots: 10, sites: 6, each: 6 }, (name) => (name === 'L3' || name === 'L7' ? 0.03 : 0.01));
      const names = toldOf(lived(chance, fleet, DAYS));
      found += (names.has('L3') ? 1 : 0) + (names.has('L7') ? 1 : 0);
    }
    console.log(`36 devices, three times the rate: found ${found} of ${2 * FLEETS}`);
    expect(found / (2 * FLEETS)).toBeGreaterThan(0.65);
  });
});

describe('with all else equal (Simpson’s paradox)', () => {
  /** So many devices of a lot at a site, of a rate a day. */
  const some = (count: number, name: string, site: string, rate: number): readonly Member[] =>
    Array.from({ length: count }, () => ({ lot: name, site, rate }));

  test('a lot that mostly stands at a bad site is not told of, though it crashes more than the others', () => {
    const fleet = [
      ...some(200, 'A', 'hot', 0.02),
      ...some(20, 'A', 'cool', 0.002),
      ...some(60, 'B', 'hot', 0.02),
      ...some(400, 'B', 'cool', 0.002),
    ];
    const all = judge(lived(chanceFrom(seed + 1), fleet, DAYS), FIRST + DAYS - 1, 'LOT', policy);
    const { verdict, confounded, crudeRatio, ratio } = lot(all, 'A');
    expect(verdict).not.toBe('WORSE');
    expect(crudeRatio).toBeGreaterThan(2);
    expect(ratio.high).toBeLessThan(crudeRatio as number);
    expect(confounded).toBe(true);
  });

  test('a lot that mostly stands at a good site is told of, though it crashes less than the others', () => {
    const fleet = [
      ...some(400, 'A', 'cool', 0.006),
      ...some(40, 'A', 'hot', 0.06),
      ...some(120, 'B', 'cool', 0.002),
      ...some(400, 'B', 'hot', 0.02),
    ];
    const all = judge(lived(chanceFrom(seed + 2), fleet, DAYS), FIRST + DAYS - 1, 'LOT', policy);
    const { verdict, confounded, crudeRatio, ratio } = lot(all, 'A');
    expect(verdict).toBe('WORSE');
    expect(crudeRatio).toBeLessThan(1);
    expect(ratio.low).toBeGreaterThan(1);
    expect(confounded).toBe(true);
  });
});

describe('a lot', () => {
  const at = (name: string | null, firstCrashes: number, days: number, site = 'S1') =>
    cellOf({ lot: name, site, firstCrashes, atRiskMs: days * DAY });

  test('of which too little is known is not told of as good', () => {
    const [a] = judge([at('A', 0, 100), at('B', 3, 100)], FIRST, 'LOT', policy);
    expect(a).toMatchObject({ verdict: 'NOT_ENOUGH', crashed: 0, likeCrashed: 3 });
  });

  test('that no other is like cannot be compared, and what crashed there is told', () => {
    const [a] = judge([at('A', 50, 100, 'S1'), at('B', 0, 100, 'S2')], FIRST, 'LOT', policy);
    expect(a).toMatchObject({ verdict: 'NOT_ENOUGH', crashed: 0, count: 0 });
    expect(a?.compared).toMatchObject({ crashedAlone: 50, aloneMs: 100 * DAY });
  });

  test('is not compared with devices of which no lot is known', () => {
    const all = judge([at('A', 50, 100), at(null, 0, 1_000)], FIRST, 'LOT', policy);
    expect(all.map(({ name, verdict }) => [name, verdict])).toEqual([['A', 'NOT_ENOUGH']]);
  });

  test('that is no worse by the bound of its ratio is told so, and one in between is undecided', () => {
    const [a, b] = judge([at('A', 100, 1_000), at('B', 110, 1_000)], FIRST, 'LOT', policy);
    expect(a).toMatchObject({ verdict: 'NOT_WORSE' });
    expect(b).toMatchObject({ verdict: 'NOT_WORSE' });
    const [c] = judge([at('C', 8, 100), at('D', 6, 100)], FIRST, 'LOT', policy);
    expect(c).toMatchObject({ verdict: 'UNDECIDED' });
  });

  test('of less than the ratio that is tolerated is not told of, however sure it is', () => {
    const [a] = judge([at('A', 14_000, 100_000), at('B', 10_000, 100_000)], FIRST, 'LOT', policy);
    expect(a?.evidence).toBeGreaterThan(1e6);
    expect(a).toMatchObject({ verdict: 'NOT_WORSE' });
  });

  test('of which few devices crashed is not told of, however sure it is', () => {
    const cells = [at('A', 4, 1), at('B', 10, 10_000)];
    const [a] = judge(cells, FIRST, 'LOT', policy);
    expect(a?.evidence).toBeGreaterThan(a?.needed ?? Infinity);
    expect(a).toMatchObject({ verdict: 'UNDECIDED' });
    expect(judge(cells, FIRST, 'LOT', { ...policy, devicesMin: 4 })[0]).toMatchObject({ verdict: 'WORSE' });
  });

  test('that is told of would have been silent with so many crashes fewer', () => {
    const counts = (crashed: number) => [at('A', crashed, 100), at('B', 20, 400)];
    const judged = lot(judge(counts(30), FIRST, 'LOT', policy), 'A');
    expect(judged.verdict).toBe('WORSE');
    const spare = crashesToSpare(judged, FIRST);
    expect(lot(judge(counts(30 - spare), FIRST, 'LOT', policy), 'A').verdict).not.toBe('WORSE');
    expect(lot(judge(counts(30 - spare + 1), FIRST, 'LOT', policy), 'A').verdict).toBe('WORSE');
  });

  test('that is suspected is no one’s like from the next day on, and is compared with the others all the same', () => {
    const on = (day: number, name: string, firstCrashes: number) => ({ ...at(name, firstCrashes, 100), day });
    const days = [FIRST, FIRST + 1].flatMap((day) => [
      on(day, 'A', 20),
      on(day, 'B', 20),
      on(day, 'C', 3),
      on(day, 'D', 3),
    ]);
    const all = judge(days, FIRST + 1, 'LOT', policy);
    // On the first day 26 of its like crashed, and on the second 6, as then the other one was suspected.
    expect(lot(all, 'A')).toMatchObject({ crashed: 40, likeCrashed: 26 + 6, likeAtRiskMs: 500 * DAY });
    expect(lot(all, 'C')).toMatchObject({ crashed: 6, likeCrashed: 43 + 3, likeAtRiskMs: 400 * DAY });
  });

  test('is compared by devices that crashed in the period before among themselves', () => {
    const cells = [
      { ...at('A', 10, 100), firstCrashesAgain: 9, atRiskAgainMs: 10 * DAY },
      { ...at('B', 10, 900), firstCrashesAgain: 9, atRiskAgainMs: 10 * DAY },
    ];
    const a = lot(judge(cells, FIRST, 'LOT', policy), 'A');
    // One of 90 days against one of 890, and nine of ten days on either side.
    expect(a.ratio.expected).toBeCloseTo(2 * (90 / 980) + 18 / 2, 9);
    expect(a.crudeRatio).toBeCloseTo(a.ratio.ratio as number, 9);
  });

  test('that was told of goes on to be until its evidence is well below what is needed', () => {
    const judged = { ...lot(judge([at('A', 30, 100), at('B', 20, 400)], FIRST, 'LOT', policy), 'A') };
    expect(staysWorse({ ...judged, verdict: 'UNDECIDED', evidence: judged.needed / 5 }, policy)).toBe(true);
    expect(staysWorse({ ...judged, verdict: 'UNDECIDED', evidence: judged.needed / 20 }, policy)).toBe(false);
    expect(staysWorse(undefined, policy)).toBe(false);
  });

  test('is compared with its firmware held equal, and a firmware with its lot', () => {
    const cells = [
      cellOf({ lot: 'A', firmware: '1', firstCrashes: 5, atRiskMs: 10 * DAY }),
      cellOf({ lot: 'B', firmware: '1', firstCrashes: 6, atRiskMs: 10 * DAY }),
      cellOf({ lot: 'B', firmware: '2', firstCrashes: 7, atRiskMs: 10 * DAY }),
    ];
    expect(judge(cells, FIRST, 'LOT', policy)).toMatchObject([
      { name: 'A', crashed: 5, likeCrashed: 6 },
      { name: 'B', crashed: 6, likeCrashed: 5, compared: { crashedAlone: 7 } },
    ]);
    expect(judge(cells, FIRST, 'FIRMWARE', policy)).toMatchObject([
      { name: '1', crashed: 6, likeCrashed: 7, compared: { crashedAlone: 5 } },
      { name: '2', crashed: 7, likeCrashed: 6 },
    ]);
  });
});
