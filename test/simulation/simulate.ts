import { parseArgs } from 'node:util';
import { failure, history, Summary } from './history.ts';

// `npm run simulate -- --seed 1 --seeds 1000`: the production engine and sink under seeded faults, against the oracle.

const FAILURES_MAX = 10;

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, seeds: { type: 'string', default: '1' } },
});
const first = whole('seed', values.seed);
const seeds = whole('seeds', values.seeds);
const summary = new Summary();
const began = performance.now();
let failures = 0;
for (let seed = first; seed < first + seeds && failures < FAILURES_MAX; seed++) {
  const outcome = await history(seed);
  summary.add(outcome);
  if (outcome.wrong === null) continue;
  failures++;
  process.stdout.write(`${failure(outcome)}\n`);
}
process.stdout.write(`${summary.text}; ${((performance.now() - began) / 1_000).toFixed(1)} s; ${failures} failed\n`);
process.exitCode = failures === 0 ? 0 : 1;

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`option_invalid: --${name} is ${text}; give a whole number`);
}
