// `npm run check`: everything about the sources that a machine can judge, with a line and its seconds for each.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  /** What to do when it fails. */
  readonly next: string;
}

interface Outcome {
  readonly check: Check;
  readonly passed: boolean;
  readonly seconds: number;
  readonly output: string;
}

/** Of a failing check's output, so that the list of what failed stays in sight. */
const LINES_MAX = 60;

// The slowest first, so that the short ones fill the other core.
const CHECKS: readonly Check[] = [
  {
    name: 'lint',
    command: ['oxlint', '--type-aware', '--format', 'unix'],
    next: 'mend each line above, or npx oxlint --type-aware --fix',
  },
  { name: 'types', command: ['tsc', '--noEmit', '--pretty', 'false', '-p', '.'], next: 'mend each line above' },
  { name: 'dead code', command: ['knip', '--no-progress'], next: 'remove what nothing uses, or name it in knip.json' },
  { name: 'format', command: ['biome', 'format', '--reporter=summary', '.'], next: 'npx biome format --write .' },
  {
    name: 'generated',
    command: ['node', 'scripts/generate.ts', '--check'],
    next: 'npm run generate, and commit what it writes',
  },
  { name: 'schemas', command: ['node', 'scripts/history.ts', '--check'], next: 'mend each field as its line says' },
];

const waiting = [...CHECKS];
const outcomes: Outcome[] = [];
await Promise.all(Array.from({ length: Math.min(availableParallelism(), CHECKS.length) }, work));

const failed = outcomes.filter(({ passed }) => !passed);
for (const { check, output } of failed) console.log(`\n${check.name}\n${shorten(output)}`);
console.log(`\nchecks: ${outcomes.length - failed.length} of ${outcomes.length} hold`);
for (const { check } of failed) console.log(`  ${check.name}: ${check.next}`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function work(): Promise<void> {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const outcome = await run(check);
    outcomes.push(outcome);
    console.log(
      `${outcome.passed ? 'ok  ' : 'FAIL'}  ${check.name.padEnd(10)} ${outcome.seconds.toFixed(1).padStart(5)} s`,
    );
  }
}

function run(check: Check): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const [program = '', ...rest] = check.command;
  const began = performance.now();
  const output: string[] = [];
  const end = (passed: boolean) =>
    resolve({ check, passed, seconds: (performance.now() - began) / 1000, output: output.join('') });
  const child = spawn(`node_modules/.bin/${program}`, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.on('error', (error) => {
    output.push(`${program} cannot start: ${error.message}; run \`npm ci\``);
    end(false);
  });
  child.on('close', (code) => end(code === 0));
  return promise;
}

function shorten(output: string): string {
  const lines = output.trimEnd().split('\n');
  const rest = lines.length - LINES_MAX;
  return rest > 0 ? [...lines.slice(0, LINES_MAX), `... and ${rest} more lines`].join('\n') : lines.join('\n');
}
