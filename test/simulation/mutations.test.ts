import { expect, test } from 'vitest';
import { history } from './history.ts';
import { mutations } from './mutations.ts';

/** Histories within which each mutation must be found. */
const SEEDS_MAX = 1_000;

test.each(Object.keys(mutations))('the checkers find the mutation %s', { timeout: 600_000 }, async (name) => {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const { wrong } = await history(seed, mutations[name]);
    if (wrong === null) continue;
    process.stdout.write(`${name}: found at seed ${seed}: ${wrong.split('\n')[0]?.slice(0, 160)}\n`);
    return;
  }
  expect.fail(`${name} was not found within ${SEEDS_MAX} seeds`);
});
