import { describe, expect, test } from 'vitest';
import { exp, log } from '#sdk';
import { chanceFrom } from '../simulation/chance.ts';

const SEED = Number(process.env['SEED'] ?? 7);
const DRAWS = 200_000;

/** The error relative to what Math gives, in units of the precision of a double. */
function units(found: number, expected: number): number {
  return found === expected ? 0 : Math.abs(found - expected) / Math.max(Math.abs(expected), 1e-300) / Number.EPSILON;
}

describe('log and exp agree with Math to two units of the last place', () => {
  test(`of any magnitude (seed ${SEED})`, () => {
    const { unit } = chanceFrom(SEED);
    let worst = 0;
    for (let draw = 0; draw < DRAWS; draw++) {
      const x = 10 ** (unit() * 614 - 307);
      worst = Math.max(worst, units(log(x), Math.log(x)));
      const y = unit() * 1400 - 690;
      worst = Math.max(worst, units(exp(y), Math.exp(y)));
    }
    expect(worst).toBeLessThanOrEqual(2);
  });

  test(`close to one and to zero, where figures cancel (seed ${SEED})`, () => {
    const { unit } = chanceFrom(SEED);
    let worst = 0;
    for (let draw = 0; draw < DRAWS; draw++) {
      const x = 1 + (unit() - 0.5) * 10 ** (unit() * -15);
      worst = Math.max(worst, units(log(x), Math.log(x)));
      const y = (unit() - 0.5) * 10 ** (unit() * -15);
      worst = Math.max(worst, units(exp(y), Math.exp(y)));
    }
    expect(worst).toBeLessThanOrEqual(2);
  });

  test('at the ends of the range', () => {
    expect([log(1), log(0), log(Infinity), log(-1), log(Number.NaN)]).toEqual([0, -Infinity, Infinity, NaN, NaN]);
    expect([exp(0), exp(-Infinity), exp(Infinity), exp(Number.NaN)]).toEqual([1, 0, Infinity, NaN]);
    expect(units(log(5e-324), Math.log(5e-324))).toBeLessThanOrEqual(2);
    expect(units(log(Number.MAX_VALUE), Math.log(Number.MAX_VALUE))).toBeLessThanOrEqual(2);
    expect(units(exp(709.7), Math.exp(709.7))).toBeLessThanOrEqual(2);
    expect(exp(-740) / Math.exp(-740)).toBeCloseTo(1, 1);
    expect(exp(-746)).toBe(0);
    expect(exp(710)).toBe(Infinity);
  });
});
