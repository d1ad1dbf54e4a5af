import { expect, test } from 'vitest';
import { failure, history, regressions, Summary } from './history.ts';

/** Histories of one test run; `npm run simulate -- --seeds 10000` lives more. */
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 1_000);
const TIMEOUT_MS = 900_000;

test.each(regressions)('seed %i, which failed once, stays right', { timeout: TIMEOUT_MS }, async (seed) => {
  const outcome = await history(seed);
  expect(outcome.wrong, failure(outcome)).toBeNull();
});

test(`${SEEDS} histories under faults equal the single-pass oracle`, { timeout: TIMEOUT_MS }, async () => {
  const summary = new Summary();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = await history(seed);
    expect(outcome.wrong, failure(outcome)).toBeNull();
    summary.add(outcome);
  }
  process.stdout.write(`${summary.text}\n`);
  // A simulation whose faults meet nothing proves nothing.
  expect(summary.struck / summary.seeds).toBeGreaterThan(0.75);
  for (const [kind, count] of summary.faults) expect(count, kind).toBeGreaterThan(SEEDS / 20);
});
