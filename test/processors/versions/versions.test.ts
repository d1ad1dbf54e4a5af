// A processor whose output changes has another version, since that is in the cause of every record: the digest of what
// each derives of fixed logs is kept beside its version. UPDATE_VERSIONS=1 writes down what is new.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { known } from '#processors';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import type { AnyProcessor, AnyTopic } from '#sdk';
import { flappingCell, gatewayOutage } from '../../incidents/connectivity.ts';
import { stuckSensor } from '../../incidents/faults.ts';
import { type Log, START } from '../../incidents/log.ts';
import { botnetRecruit } from '../../incidents/security.ts';
import { chanceFrom } from '../../simulation/chance.ts';

const FILE = 'test/processors/versions/versions.json';

/** The logs are written down, so chance is the same each time. */
const SEED = 1;
console.log(`versions: SEED=${SEED}`);

interface Kept {
  readonly version: number;
  /** Digest of what a further stage reads; empty of a first one, which reads the log alone. */
  readonly reads: string;
  readonly derives: string;
}

async function played(log: Log): Promise<Simulation> {
  const [first, ...others] = known as readonly AnyProcessor[];
  const run = await simulate(first as AnyProcessor, { beside: others });
  const waiting = log.said.toSorted((a, b) => a.at - b.at);
  const [begin = 0, ...ticks] = log.ticks;
  await run.advanceTo(START + begin);
  for (const { policy, value } of log.decided) await run.decide(policy, value);
  let next = 0;
  for (const tick of ticks) {
    for (let one = waiting[next]; one !== undefined && one.at < tick; one = waiting[++next])
      await run.send(one.type, one.event);
    await run.advanceTo(START + tick);
  }
  return run;
}

/** Records of these topics, those of one processor alone where it is named; versions do not count. */
function digestOf(runs: readonly Simulation[], topics: readonly AnyTopic[], name?: string): string {
  const hash = createHash('sha256');
  const isOwn = (path: string) => name === undefined || (path.split('>').at(-1) ?? '').startsWith(`${name}/`);
  for (const run of runs) {
    for (const topic of topics) {
      for (const record of run.read(topic) as readonly { readonly causePath?: string }[]) {
        const { causePath = '' } = record;
        if (!isOwn(causePath)) continue;
        const path = causePath.replaceAll(/\/\d+\//g, '/');
        hash.update(JSON.stringify(Object.entries({ ...record, causePath: path })));
      }
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** An input that a stage before derives. */
function isTopic(input: object): input is AnyTopic {
  return 'keyOf' in input;
}

test('a processor derives the same of the same as long as its version is the same', { timeout: 240_000 }, async () => {
  const runs: Simulation[] = [];
  for (const { log } of [gatewayOutage, botnetRecruit, flappingCell, stuckSensor])
    runs.push(await played(log(chanceFrom(SEED))));
  const now: Record<string, Kept> = {};
  for (const { name, version, inputs, outputs } of known as readonly AnyProcessor[]) {
    const read = Object.values(inputs as Readonly<Record<string, object>>).filter(isTopic);
    const reads = read.length === 0 ? '' : digestOf(runs, read);
    now[name] = { version, reads, derives: digestOf(runs, outputs, name) };
  }
  const kept = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Kept>;
  const unsaid = Object.entries(now).filter(([name, { version, reads, derives }]) => {
    const before = kept[name];
    return before?.version === version && before.reads === reads && before.derives !== derives;
  });
  expect(
    unsaid.map(([name]) => name),
    'derive something else: raise their version',
  ).toEqual([]);
  if (process.env['UPDATE_VERSIONS'] === '1') writeFileSync(FILE, `${JSON.stringify(now, null, 2)}\n`);
  const written = JSON.parse(readFileSync(FILE, 'utf8')) as unknown;
  expect(written, 'something is new: run this test with UPDATE_VERSIONS=1').toEqual(now);
});
