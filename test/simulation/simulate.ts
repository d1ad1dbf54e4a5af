import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { failure, history, REGRESSIONS, regressions, Summary } from './history.ts';

// `npm run simulate -- --seed 1 --seeds 1000`: the production engine and sink under seeded faults, against the oracle.
// Before many seeds those that failed once live again; a seed that fails now is kept among them.

const FAILURES_MAX = 10;

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, seeds: { type: 'string', default: '1' } },
});
const first = whole('seed', values.seed);
const seeds = whole('seeds', values.seeds);
const summary = new Summary();
const began = performance.now();
let failures = 0;
const failed = new Set(regressions);
const asked = Array.from({ length: seeds }, (_, i) => first + i);
for (const seed of seeds > 1 ? new Set([...regressions, ...asked]) : asked) {
  if (failures >= FAILURES_MAX) break;
  const outcome = await history(seed);
  summary.add(outcome);
  if (outcome.wrong === null) continue;
  failures++;
  failed.add(seed);
  process.stdout.write(`${failure(outcome)}\n`);
}
if (failures > 0)
  writeFileSync(REGRESSIONS, `${JSON.stringify([...failed].sort((a, b) => a - b)).replaceAll(',', ', ')}\n`);
const { user, system } = process.cpuUsage();
const cpuMs = ((user + system) / 1_000 / Math.max(1, summary.seeds)).toFixed(1);
const seconds = ((performance.now() - began) / 1_000).toFixed(1);
process.stdout.write(`${summary.text}; ${seconds} s, ${cpuMs} ms of CPU a history; ${failures} failed\n`);
process.exitCode = failures === 0 ? 0 : 1;

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`option_invalid: --${name} is ${text}; give a whole number`);
}
