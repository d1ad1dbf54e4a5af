import { describe, expect, test } from 'vitest';
import { type BatteryHistory, batteryReported, topics } from '#schemas';
import { outlookOf, withLevel, WITHOUT_LEVELS } from '../../../processors/device-health/battery.ts';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';
import { DAY, Device, HOUR, START } from './device.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`batteries: SEED=${seed}`);

const EMPTY = 5;

/** The levels of a battery each twelve hours. */
function history(days: number, levelAt: (day: number) => number, charged: (day: number) => boolean = () => false) {
  let levels: BatteryHistory = WITHOUT_LEVELS;
  for (let day = 0; day <= days; day += 0.5) {
    levels = withLevel(levels, { time: START + day * DAY, level: levelAt(day), charged: charged(day) });
  }
  return levels;
}

function normal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance.unit())) * Math.cos(2 * Math.PI * chance.unit());
}

describe('a battery', () => {
  test('that loses one percent a day is empty when the line says so', () => {
    const outlook = outlookOf(
      history(20, (day) => 90 - day),
      EMPTY,
    );
    expect(outlook).toMatchObject({ outlook: 'ENDS', level: 70, samples: 41, discharges: 1, spanMs: 20 * DAY });
    expect(outlook?.ratePerDay).toBeCloseTo(1, 9);
    expect(outlook?.endsAt).toBeCloseTo(START + 85 * DAY, -3);
  });

  test('of which little is known has no rate and no end', () => {
    const few = outlookOf(
      history(3, (day) => 90 - day),
      EMPTY,
    );
    expect(few).toMatchObject({ outlook: 'UNKNOWN', level: 87, ratePerDay: null, endsAt: null });
    expect(outlookOf(WITHOUT_LEVELS, EMPTY)).toBeNull();
  });

  test('that may not lose at all is steady, with the earliest end that can be', () => {
    const outlook = outlookOf(
      history(20, (day) => 60 + ((14 * day) % 5)),
      EMPTY,
    );
    expect(outlook).toMatchObject({ outlook: 'STEADY', endsAt: null, endsLatestAt: null });
    expect(outlook?.endsEarliestAt).toBeGreaterThan(START + 300 * DAY);
  });

  test('that is charged between is judged by how it loses between charges', () => {
    const level = (day: number) => 95 - 4 * (day % 10);
    const outlook = outlookOf(
      history(29.5, level, (day) => day % 10 === 0),
      EMPTY,
    );
    expect(outlook).toMatchObject({ outlook: 'ENDS', discharges: 3 });
    expect(outlook?.ratePerDay).toBeCloseTo(4, 9);
    expect(outlook?.endsAt).toBeCloseTo(START + (20 + 22.5) * DAY, -3);
  });

  test('that was charged without a word is known by its rise', () => {
    const outlook = outlookOf(
      history(29.5, (day) => 95 - 4 * (day % 10)),
      EMPTY,
    );
    expect(outlook).toMatchObject({ outlook: 'ENDS', discharges: 3 });
    expect(outlook?.ratePerDay).toBeCloseTo(4, 9);
  });

  test('that was changed once is judged by the new one alone, and unknown until that tells something', () => {
    const level = (day: number) => (day < 13 ? 90 - 6 * day : 100 - 0.5 * (day - 13));
    const soon = outlookOf(history(14, level), EMPTY);
    expect(soon).toMatchObject({ outlook: 'UNKNOWN', level: 99.5, samples: 3, ratePerDay: null, endsAt: null });
    const later = outlookOf(history(20, level), EMPTY);
    expect(later).toMatchObject({ outlook: 'ENDS', samples: 15, discharges: 1 });
    expect(later?.ratePerDay).toBeCloseTo(0.5, 9);
  });

  test('that is charged and then loses faster than ever is judged by what it loses now', () => {
    const level = (day: number) => (day < 20 ? 95 - 2 * (day % 10) : 95 - 8 * (day - 20));
    const outlook = outlookOf(
      history(26, level, (day) => day === 10 || day === 20),
      EMPTY,
    );
    expect(outlook).toMatchObject({ outlook: 'ENDS', discharges: 1 });
    expect(outlook?.ratePerDay).toBeCloseTo(8, 9);
  });

  test('is judged alike when some of its levels are too low', () => {
    const chance = chanceFrom(seed);
    // Downwards only, since a rise is a charge.
    const outlook = outlookOf(
      history(28, (day) => 90 - day - (chance.hit(0.1) ? chance.int(1, 4) : 0)),
      EMPTY,
    );
    expect(outlook?.ratePerDay).toBeGreaterThan(0.85);
    expect(outlook?.ratePerDay).toBeLessThan(1.15);
  });

  test('has a bounded history, the same in whatever order it came', () => {
    const chance = chanceFrom(seed);
    const levels = Array.from({ length: 2_000 }, (_, i) => {
      return { time: START + chance.int(0, 900) * 7 * HOUR, level: 100 - i / 50, charged: chance.hit(0.01) };
    });
    const forth = levels.reduce(withLevel, WITHOUT_LEVELS);
    const back = levels.toReversed().reduce(withLevel, WITHOUT_LEVELS);
    expect(forth.levels.length).toBeLessThanOrEqual(64);
    expect(back).toEqual(forth);
  });

  test('is told of by the device that it is in', async () => {
    const device = await Device.begun();
    await device.describe({ firmware: '1.0', lot: 'L7' });
    const others = { volts: null, charging: false, temperatureC: null, cycles: null };
    for (let day = 0; day <= 10; day += 0.25) {
      await device.tick(day * DAY);
      await device.send(batteryReported, { level: 90 - 2 * day, ...others });
    }
    await device.tick(11 * DAY);
    const told = device.run.read(topics.batteryForecasts);
    expect(told[0]).toMatchObject({ outlook: 'UNKNOWN', level: 90 });
    expect(told.at(-1)).toMatchObject({ outlook: 'ENDS', level: 70, firmware: '1.0', lot: 'L7', policyVersion: 0 });
    expect(told.at(-1)?.endsAt).toBeCloseTo(START + 42.5 * DAY, -3);
    expect(told.length).toBeGreaterThan(10);
    expect(told.length).toBeLessThan(45);
  });

  test('that will soon be empty is said to be, once, and that it lasts once it was changed', async () => {
    const device = await Device.begun();
    const told = async (day: number, level: number) => {
      const battery = { volts: null, charging: null, temperatureC: null, cycles: null };
      for (const hour of [0, 12]) {
        await device.tick(day * DAY + hour * HOUR);
        await device.send(batteryReported, { level, ...battery });
        await device.tick(day * DAY + hour * HOUR + 2 * HOUR);
      }
    };
    for (let day = 0; day < 12; day++) await told(day, 90 - 5 * day);
    for (let day = 12; day < 14; day++) await told(day, 100);
    const said = device.run.read(topics.signals).map(({ kind, rule, eventTime }) => [kind, rule, eventTime]);
    expect(said).toEqual([
      ['RAISED', 'device-health.battery', expect.any(Number)],
      ['CLEARED', 'device-health.battery', START + 12.5 * DAY],
    ]);
    const [raised] = device.run.read(topics.signals);
    expect(raised?.detail).toMatch(/^It is at \d+ % and loses 5\.?\d* % a day \(.* not before 20\d\d-.* levels of /);
  });
});

describe(`the interval of the end holds the true end nine times in ten (seed ${seed})`, () => {
  const HISTORIES = 1_500;

  test.each([
    ['normal errors', (chance: Chance) => 2 * normal(chance)],
    ['errors of heavy tails', (chance: Chance) => normal(chance) / Math.max(0.3, Math.abs(normal(chance)))],
    ['small errors, and levels in whole percents', (chance: Chance) => normal(chance) / 2],
  ])('with %s', (kind, error) => {
    const chance = chanceFrom(seed);
    let inside = 0;
    for (let i = 0; i < HISTORIES; i++) {
      const rate = 0.5 + chance.unit();
      const exact = kind.includes('whole') ? Math.round : (level: number) => level;
      const levels = history(25, (day) => exact(90 - rate * day + error(chance)));
      const { endsEarliestAt, endsLatestAt } = outlookOf(levels, EMPTY) ?? {};
      const end = START + (85 / rate) * DAY;
      if ((endsEarliestAt ?? 0) <= end && end <= (endsLatestAt ?? Infinity)) inside++;
    }
    console.log(`${kind}: ${((100 * inside) / HISTORIES).toFixed(1)} % of ${HISTORIES} intervals hold the end`);
    expect(inside / HISTORIES).toBeGreaterThan(0.85);
    expect(inside / HISTORIES).toBeLessThan(0.96);
  });
});

describe(`a battery that is changed, by simulation (seed ${seed})`, () => {
  const CHANGES = 100;
  const CHANGED = 12;

  /** On which day after a change the end seems near, within twenty days; null where it never does. */
  function warnedOn(levelAt: (day: number) => number): number | null {
    let levels: BatteryHistory = WITHOUT_LEVELS;
    for (let day = 0; day <= CHANGED + 20; day += 0.25) {
      levels = withLevel(levels, { time: START + day * DAY, level: levelAt(day), charged: false });
      const { endsAt = null } = outlookOf(levels, EMPTY) ?? {};
      // The first level of the new battery might be a misread one of the old.
      if (day > CHANGED && endsAt !== null && endsAt - (START + day * DAY) <= 14 * DAY) return day - CHANGED;
    }
    return null;
  }

  test.each([
    ['is sound', (chance: Chance) => 0.1 + 0.2 * chance.unit()],
    ['is drained as the old one was', (_: Chance, old: number) => old],
  ])('whose successor %s', (kind, newRate) => {
    const chance = chanceFrom(seed);
    const days: number[] = [];
    for (let i = 0; i < CHANGES; i++) {
      const old = 3 + 4 * chance.unit();
      const rate = newRate(chance, old);
      const warned = warnedOn((day) => {
        const exact = day < CHANGED ? 95 - old * day : 100 - rate * (day - CHANGED);
        return Math.round(Math.min(100, Math.max(0, exact + 0.5 * normal(chance))));
      });
      if (warned !== null) days.push(warned);
    }
    const half = days.toSorted((a, b) => a - b)[days.length >> 1];
    console.log(`a battery whose successor ${kind}: ${days.length} of ${CHANGES} told of, half by day ${half}`);
    expect(days.length).toBe(kind === 'is sound' ? 0 : CHANGES);
  });
});
