// The same jobs over the same topic by fleetstream, Kafka Streams and a plain kafkajs loop, beside one broker, each
// result checked against one pass over the input. Ours do more: admission by epoch and sequence, an id and a cause on
// every record, positions and state in a changelog, all exactly once; J1 and J3 of the peers are at least once.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EVENTS_TOPIC } from '#sdk';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { startKafka } from '../test/stack/index.ts';
import { dataFolder, run, tell } from './house.ts';
import { decodeSum, twinSum, windowSum } from './peers/check.ts';
import { buildPeer } from './peers/build.ts';
import { type Expected, type Input, type Job, type Row, type Sum } from './peers/job.ts';
import { delays } from './peers/live.ts';
import { ourRow } from './peers/ours.ts';
import { kafkajsRow, streamsRow } from './peers/theirs.ts';
import { deleteTopics, makeTopics } from './peers/topics.ts';

const events = Number(process.argv[2] ?? 1_000_000);
const only = process.argv[3] ?? '';
const data = dataFolder();
const java = await buildPeer();
const kafka = await startKafka();
const { brokers } = kafka;
const registryFile = join(data, 'registry.json');
const base = Math.floor(Date.now() / 60_000) * 60_000 - 3 * 3_600_000;
const input: Input = { brokers, registryFile, events, devices: Math.ceil(events / 100), seed: 42, base };
let expected: Expected | undefined;
await run([join(import.meta.dirname, 'peers/input.ts'), JSON.stringify(input)], (line) => {
  expected = JSON.parse(line) as Expected;
});
if (expected === undefined) throw new Error('the input told nothing');
const wanted = expected;
const place = { brokers, data, events, java, sampleId: wanted.sampleId };
let rows = 0;

const JOBS: readonly (readonly [Job, string])[] = [
  ['decode', 'J1'],
  ['twin', 'J2'],
  ['windows', 'J3'],
  ['both', 'J4'],
];
for (const [job, name] of JOBS) {
  if (only !== '' && only !== name) continue;
  const eos = job === 'both';
  const streams: Row[] = [];
  for (const threads of [1, 2]) {
    const app = `peers-run-${++rows}`;
    const theirs = () => streamsRow(place, { job, threads, eos, app });
    const topics = { twin: `${app}-twin`, windows: `${app}-windows` };
    streams.push(await measured(`${name} Kafka Streams, ${threads} threads`, job, app, topics, theirs));
  }
  if (job === 'decode' || job === 'twin') {
    const app = `peers-run-${++rows}`;
    const theirs = () => kafkajsRow(place, job, app);
    await measured(`${name} kafkajs loop`, job, app, { twin: `${app}-twin`, windows: '' }, theirs);
  }
  for (const threads of [1, 2]) {
    const title = `${name} fleetstream, ${threads} threads`;
    const app = `peers-run-${++rows}`;
    const topics = { twin: 'peers.twin', windows: 'peers.windows', decode: 'fleet.peers-decode.changelog' };
    compare(title, await measured(title, job, app, topics, () => ourRow(place, job, threads, app)), streams);
  }
}
if (only === '' || only === 'live') {
  for (const who of ['Kafka Streams', 'fleetstream'] as const) {
    const { p50, p99 } = await delays(place, who);
    tell(`J4 ${who} at 10,000/s, p50`, 'ms', p50);
    tell(`J4 ${who} at 10,000/s, p99`, 'ms', p99);
  }
}
await kafka.close();
process.exit(0);

type Topics = { readonly twin: string; readonly windows: string; readonly decode?: string };

/** Runs a row, checks what it wrote, and removes that. */
async function measured(title: string, job: Job, app: string, topics: Topics, row: () => Promise<Row>): Promise<Row> {
  mkdirSync(join(data, app), { recursive: true });
  // Made by us for everyone, so that no broker's default retention takes away what is hours old.
  await makeTopics(
    brokers,
    [topics.twin, topics.windows].filter((topic) => topic !== ''),
  );
  const figures = await row();
  // A client of its own: to one that read the row before, these topics were made again.
  const log = await openKafkaLog({ brokers, clientId: 'bench-check' });
  if (job === 'decode') {
    const found = topics.decode === undefined ? figures.decode : await decodeSum(log, topics.decode);
    assertSame(title, found, wanted.decode);
  }
  if (job === 'twin' || job === 'both') assertSame(title, await twinSum(log, topics.twin), wanted.twin);
  if (job === 'windows' || job === 'both') assertSame(title, await windowSum(log, topics.windows), wanted.windows);
  await log.close();
  await deleteTopics(brokers, (topic) => topic !== EVENTS_TOPIC && /^peers|^fleet\.peers/.test(topic));
  tell(title, 'events/s', figures.timed / figures.seconds);
  tell(`${title}, second half`, 'events/s', figures.secondHalf);
  tell(`${title}, cpu`, 'us/event', cpuOf(figures));
  tell(`${title}, memory`, 'MiB', figures.peakMiB);
  return figures;
}

function compare(title: string, ours: Row, theirs: readonly Row[]): void {
  const best = (of: (row: Row) => number) => Math.max(...theirs.map(of));
  const speed = ({ timed, seconds }: Row) => timed / seconds;
  tell(`${title}, to the best: whole run`, 'x', speed(ours) / best(speed));
  tell(`${title}, to the best: second half`, 'x', ours.secondHalf / best((row) => row.secondHalf));
  const fastest = theirs.find((row) => speed(row) === best(speed)) as Row;
  tell(`${title}, to the best: cpu`, 'x', cpuOf(ours) / cpuOf(fastest));
  tell(`${title}, to the best: memory`, 'x', ours.peakMiB / fastest.peakMiB);
}

function cpuOf({ cpuSeconds, timed }: Row): number {
  return (cpuSeconds * 1e6) / timed;
}

function assertSame(title: string, found: Sum | undefined, right: Sum): void {
  if (found?.count === right.count && found.sum === right.sum) return;
  throw new Error(`result_wrong: ${title} came to ${JSON.stringify(found)}, one pass to ${JSON.stringify(right)}`);
}
