// `npm run bench [-- name…] [--json] [--runs N] [--events N]`: prints figures, asserts nothing.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MIX } from './events.ts';
import { type Figure, print } from './figures.ts';

/** What each benchmark measures, in a process of its own a run: chdb owns one data directory a process. */
const BENCHMARKS: Readonly<Record<string, string>> = {
  backlog: `a backlog in the log, folded to twins and on to ClickHouse (${MIX})`,
  kafka: `a backlog in Kafka, folded to derived topics exactly once (${MIX})`,
  peers:
    'the same jobs by fleetstream, Kafka Streams and a kafkajs loop, each result checked (J1 to J4, docs/decisions/0018)',
  engine: `the engine alone, in memory, a processor at a time (${MIX})`,
  rebalance: 'how long a worker on Kafka folds nothing while another one joins and leaves',
  live: 'HTTP batches in, rows in ClickHouse out, as fast as it goes',
  latency: 'from an HTTP request to the row that a query sees, at 10,000 events/s',
  start: 'from the command to ready, on an empty data folder',
  sink: 'rows from the log into ClickHouse: by the sink, as JSON by the official client, and by ClickHouse from a file',
  archive: 'events from the log into log_archive, and read again from there and from the log',
  outage: 'ClickHouse away while rows come: memory meanwhile, and how fast the sink catches up',
  queries:
    'every query of every board over 100 million measurements: its time, what it reads, the plans of the slowest',
  storage: 'bytes on disk of a row of each table, once its parts are merged',
  telemetry: 'the backlog with telemetry off, with metrics, and with a hundredth of the devices traced',
  memory: 'resident memory over 10 million events of backlog',
  connectivity:
    'microseconds a report, bytes of state a device and bytes of output, with a report a minute for 26 hours',
  anomaly: 'how well anomalies are found, by the scoring of NAB, beside peers; and microseconds a value',
};

/** Each takes minutes, and its figures vary little with the run, or are told of several tries. */
const ONCE = new Set(['memory', 'storage', 'queries', 'outage']);

/** These print a table of their own, and take these options. */
const TABLES = new Set(['anomaly']);

const HELP = `npm run bench -- [name...] [options]: prints figures, asserts nothing; all benchmarks where none is named

${Object.entries(BENCHMARKS)
  .map(([name, what]) => `  ${name.padEnd(12)} ${what}`)
  .join('\n')}

  --runs <n>    runs of each, told as median, least and greatest (default: 5; memory, outage, queries, storage: 1)
  --events <n>  events of a run (default: each benchmark's own)
  --json        a JSON object a figure
  --series <d>  of anomaly: a folder of CSVs (timestamp,value) with its windows.json, in place of made series
  --scores <d>  of anomaly: where to write each point's score, in a file of the same relative name
  --families    of anomaly: made series that each have one kind of fault, in place of the others
  --scale <f>   of anomaly: what baselines cost; devices,metrics,values before,values measured, as 10000,100,2,1
  --help        this text`;

const { help, json, runs: runsMax, events, names, series, scores, families, scale } = words();
if (help) {
  console.log(HELP);
  process.exit(0);
}
for (const name of names) {
  if (!json) console.log(`\n${name}: ${BENCHMARKS[name]}`);
  if (TABLES.has(name)) {
    await printed(name);
    continue;
  }
  const runs = ONCE.has(name) ? 1 : runsMax;
  const figures = new Map<string, { unit: string; values: number[] }>();
  for (let run = 0; run < runs; run++) {
    for (const { name: figure, unit, values: measured } of await child(name)) {
      const known = figures.get(figure) ?? { unit, values: [] };
      known.values.push(...measured);
      figures.set(figure, known);
    }
    if (!json && process.stdout.isTTY) process.stdout.write(`\r  run ${run + 1} of ${runs}\r`);
  }
  for (const [figure, { unit, values: measured }] of figures) print({ name: figure, unit, values: measured }, json);
}

/** What was asked for; wrong words end the process with a line that says so. */
function words() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        json: { type: 'boolean', default: false },
        runs: { type: 'string', default: '5' },
        events: { type: 'string' },
        series: { type: 'string' },
        scores: { type: 'string' },
        families: { type: 'boolean', default: false },
        scale: { type: 'string' },
      },
    });
    const unknown = positionals.find((name) => !Object.hasOwn(BENCHMARKS, name));
    if (unknown !== undefined)
      refuse('unknown_benchmark', `${unknown} is none of ${Object.keys(BENCHMARKS).join(', ')}`);
    return {
      ...values,
      runs: whole('runs', values.runs),
      events: values.events === undefined ? undefined : whole('events', values.events),
      names: positionals.length > 0 ? positionals : Object.keys(BENCHMARKS),
    };
  } catch (error) {
    // The first sentence names the option; those behind it are about words with two dashes.
    return refuse('usage', `${(error as Error).message.split('. ')[0]}; see npm run bench -- --help`);
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  return refuse('usage', `--${name} is a whole number above 0, and "${text}" is none`);
}

function refuse(code: string, detail: string): never {
  console.error(`${code}: ${detail}`);
  process.exit(2);
}

function printed(name: string): Promise<void> {
  const options = Object.entries({ series, scores, families, scale }).flatMap(([option, value]) =>
    typeof value === 'string' ? [`--${option}`, value] : value === true ? [`--${option}`] : [],
  );
  const running = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`), ...options], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    running.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`benchmark ${name} ended with ${code}`))));
  });
}

function child(name: string): Promise<Figure[]> {
  const file = join(import.meta.dirname, `${name}.ts`);
  const args = events === undefined ? [file] : [file, String(events)];
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
