import { describe, expect, test } from 'vitest';
import { EMPTY } from '../../../processors/anomaly/baseline.ts';
import { excessAt, excessOf, logRecord, recordAt, recorded, RECORDS } from '../../../processors/anomaly/records.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { fold } from './fold.ts';
import { normal } from './signals.ts';

const SEED = Number(process.env['SEED'] ?? 31);

/** A baseline that knows so many points, of which its lists hold the greatest. */
function knowing(points: number, next: () => number): typeof EMPTY {
  let baseline = EMPTY;
  for (let index = 0; index < points; index++) {
    const one = next();
    baseline = { ...baseline, ...recorded(baseline, [one, -one, one, -one]), count: baseline.count + 1 };
  }
  return baseline;
}

describe(`records (seed ${SEED})`, () => {
  test('of an exponential tail have their probability, in whatever unit', () => {
    const chance = chanceFrom(SEED);
    const next = () => -1000 * Math.log(1 - chance.unit());
    const SERIES = 20_000;
    const PROBABILITY = 0.005;
    let unlikely = 0;
    for (let series = 0; series < SERIES; series++) {
      if (logRecord(knowing(80, next), 2, next(), 0) <= Math.log(PROBABILITY)) unlikely++;
    }
    expect(unlikely / SERIES).toBeGreaterThan(PROBABILITY * 0.75);
    expect(unlikely / SERIES).toBeLessThan(PROBABILITY * 1.25);
  });

  test('begin where their lists are full, and are told from the value on that has the probability asked for', () => {
    const chance = chanceFrom(SEED);
    const next = () => normal(chance);
    expect(logRecord(knowing(24, next), 0, 1e6, 0)).toBe(0);
    expect(recordAt(knowing(24, next), 0, -9, 0)).toBe(Infinity);
    const baseline = knowing(500, next);
    for (const list of RECORDS.keys()) {
      const least = recordAt(baseline, list, -9, 0);
      expect(logRecord(baseline, list, least, 0)).toBeCloseTo(-9, 6);
      expect(excessOf(baseline, list, least, 0)).toBeCloseTo(excessAt(baseline, list, -9), 6);
    }
  });

  test('of a value that rises for ever alarm in less than one of 1,000 points', () => {
    const chance = chanceFrom(SEED);
    let alarms = 0;
    fold(
      30_000,
      (index) => index / 20 + normal(chance),
      ({ alarm, statistic }, index) => {
        if (index > 1000 && alarm && statistic.startsWith('record')) alarms++;
      },
    );
    expect(alarms).toBeLessThan(29);
  });
});
