// `npm run bench [-- name…] [--json] [--runs N] [--events N]`: prints figures, asserts nothing.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MIX } from './events.ts';
import { type Figure, print } from './figures.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '5' },
    events: { type: 'string' },
  },
});

/** What each benchmark measures, in a process of its own a run: chdb owns one data directory a process. */
const BENCHMARKS: Readonly<Record<string, string>> = {
  backlog: `a backlog in the log, folded to twins and on to ClickHouse (${MIX})`,
  kafka: `a backlog in Kafka, folded to derived topics exactly once (${MIX})`,
  peers:
    'the same jobs by fleetstream, Kafka Streams and a kafkajs loop, each result checked (J1 to J4, docs/decisions/0018)',
  live: 'HTTP batches in, rows in ClickHouse out, as fast as it goes',
  latency: 'from an HTTP request to the row that a query sees, at 10,000 events/s',
  start: 'from the command to ready, on an empty data folder',
  storage: 'bytes on disk of a row of each table, once its parts are merged',
  memory: 'resident memory over 10 million events of backlog',
};

const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS);
for (const name of names) {
  const what = BENCHMARKS[name];
  if (what === undefined) {
    console.error(`unknown_benchmark: ${name} is none of ${Object.keys(BENCHMARKS).join(', ')}`);
    process.exit(2);
  }
  if (!values.json) console.log(`\n${name}: ${what}`);
  // Ten million events take minutes, and neither figure varies with the run.
  const runs = name === 'memory' || name === 'storage' ? 1 : Number(values.runs);
  const figures = new Map<string, { unit: string; values: number[] }>();
  for (let run = 0; run < runs; run++) {
    for (const { name: figure, unit, values: measured } of await child(name)) {
      const known = figures.get(figure) ?? { unit, values: [] };
      known.values.push(...measured);
      figures.set(figure, known);
    }
    if (!values.json && process.stdout.isTTY) process.stdout.write(`\r  run ${run + 1} of ${runs}\r`);
  }
  for (const [figure, { unit, values: measured }] of figures)
    print({ name: figure, unit, values: measured }, values.json);
}

function child(name: string): Promise<Figure[]> {
  const file = join(import.meta.dirname, `${name}.ts`);
  const args = values.events === undefined ? [file] : [file, values.events];
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    running.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    running.on('close', (code) => {
      if (code !== 0) reject(new Error(`benchmark ${name} ended with ${code}`));
      else
        resolve(
          output
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Figure),
        );
    });
  });
}
