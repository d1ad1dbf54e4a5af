import { describe, expect, test } from 'vitest';
import { fold } from './fold.ts';
import { SIGNALS, signalOf } from './signals.ts';

/** `CALIBRATION=long` folds over a million points of each signal, and prints the rates. */
const LONG = process.env['CALIBRATION'] === 'long';
const POINTS = LONG ? 1_005_000 : 205_000;
const SEED = Number(process.env['SEED'] ?? 11);

/** After so many points the rate holds; before, it may be off by more. */
const BURN_IN = 5000;

const PROBABILITY = 0.001;
const FACTOR = 2;

describe(`one point in a thousand has a probability of one in a thousand (seed ${SEED})`, () => {
  let all = 0;
  test.each(Object.keys(SIGNALS))('where the signal is: %s', { timeout: 120_000 }, (name) => {
    const next = signalOf(name, SEED);
    let unlikely = 0;
    fold(
      POINTS,
      (_, time) => next(time),
      ({ probability }, index) => {
        if (index >= BURN_IN && probability <= PROBABILITY) unlikely++;
      },
    );
    all += unlikely;
    const rate = unlikely / (POINTS - BURN_IN);
    if (LONG) console.log(`${name}: ${(1000 * rate).toFixed(2)} in a thousand of ${POINTS - BURN_IN} points`);
    expect(rate).toBeGreaterThan(PROBABILITY / FACTOR);
    expect(rate).toBeLessThan(PROBABILITY * FACTOR);
  });

  test('and of all signals together, within a quarter', () => {
    const rate = all / ((POINTS - BURN_IN) * Object.keys(SIGNALS).length);
    expect(rate / PROBABILITY).toBeGreaterThan(0.75);
    expect(rate / PROBABILITY).toBeLessThan(1.25);
  });
});
