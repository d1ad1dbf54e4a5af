import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { known } from '#processors';
import { outagePolicy, presencePolicy, securityProfiles, topics } from '#schemas';
import { type AnyTopic, EVENTS_TOPIC } from '#sdk';
import { Engine } from '#runtime/engine/engine.ts';
import { topicsOf } from '#runtime/engine/graph.ts';
import type { Log } from '#runtime/log/log.ts';
import { decidePolicies } from '#runtime/policies/decide.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { policiesOf } from '#cli/processors.ts';
import { alerting } from '../../../processors/alerts/policy.ts';
import { readAll } from '../../contract/read-all.ts';
import { behaviour, profiles } from '../../processors/detect/profile.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { copied } from '../../simulation/copied.ts';
import { folded, type Outcome, outcomeOf, settled } from '../../simulation/folded.ts';
import { type Fleet, openFleet, PIECE_EVENTS } from './fleet.ts';
import { canRun, LONG, ownKafka, registryUrl, seedOf } from './own.ts';

const PARTITIONS = 4;
/** Every second one is a kill, and those between freeze a worker for longer than its group waits for it. */
const FAULTS = LONG ? 40 : 2;
const FROZEN_MS = 9_000;
const RATE = 100;
/** Silences and outages take minutes, of which some must pass in a short test. */
const PACE = 6;
/** They flow until the last fault is over. */
const EVENTS_MAX = 200_000;
const HABITS = { devices: 60, durationMs: (PIECE_EVENTS / RATE) * PACE * 1_000 };

const BETWEEN = topicsOf(known).filter((topic) => 'keyOf' in topic);
/** Faults that meet nothing would prove nothing. */
const TOLD: readonly AnyTopic[] = [
  topics.connectivitySilences,
  topics.outageVerdicts,
  topics.violations,
  topics.signals,
  topics.alerts,
];

test.skipIf(!canRun)(
  `every processor, stages behind stages: after ${FAULTS} faults all is what one pass over the log comes to`,
  { timeout: LONG ? 1_800_000 : 240_000 },
  async () => {
    const seed = seedOf('everything');
    const chance = chanceFrom(seed);
    const kafka = await ownKafka();
    const place = { brokers: kafka.brokers, registry: registryUrl(), partitions: PARTITIONS };
    const fleet = await openFleet({ ...place, seed, events: EVENTS_MAX, rate: RATE, pace: PACE, habits: HABITS });
    const start = (instance: string) => fleet.start(instance, { everything: true });
    const workers = { a: start('a'), b: start('b') };
    await grows(fleet);
    await decide(fleet, decisions(10_000));
    for (let fault = 0; fault < FAULTS; fault++) {
      await pause(chance.int(1_000, 3_000));
      const name = chance.pick(['a', 'b'] as const);
      if (fault % 2 === 0) {
        await workers[name].kill();
        workers[name] = start(name);
      } else {
        workers[name].child.kill('SIGSTOP');
        await pause(FROZEN_MS);
        workers[name].child.kill('SIGCONT');
      }
      await grows(fleet);
      if (fault === 0) await decide(fleet, decisions(20_000));
    }
    fleet.enough();
    await fleet.sent;
    // Who sent is silent now, and time goes on.
    for (const topic of TOLD) await expect.poll(() => endsOf(fleet.log, topic), { timeout: 60_000 }).toBeGreaterThan(0);
    await fleet.finished(['fleet'], 120_000);
    // The last stage comes last, and what it has folded goes in the round after.
    const least = async () => Math.min(...Object.values(await freedOf(fleet.log)));
    await expect.poll(least, { timeout: 60_000, interval: 500 }).toBeGreaterThan(0.5);
    await Promise.all(Object.values(workers).map((worker) => worker.stop()));

    const freed = await freedOf(fleet.log);
    const { found, wanted, told } = await outcomes(fleet, seed);
    console.log(
      `${FAULTS} faults, ${fleet.sentSoFar()} events; ${JSON.stringify(told)}; freed ${JSON.stringify(freed)}`,
    );
    expect(found).toEqual(wanted);
    const shares = Object.values(workers).map(({ lines }) => lines.filter((line) => SHARE.test(line)).length);
    expect(Math.max(...shares), 'shares of one life').toBeGreaterThan(1);
    for (const { name } of TOLD) expect(told[name], name).toBeGreaterThan(0);
    await fleet.close();
  },
);

const MINUTE = 60_000;
const SHARE = /^share_begins /;

/** Short spans, so that devices are silent, alone and together. */
function decisions(graceMs: number) {
  const ports = behaviour({ metric: 'aws:listening-tcp-ports', operator: 'in-port-set', ports: [443] });
  return [
    { policy: presencePolicy, value: { ...presencePolicy.fallback, silenceMs: MINUTE, missedReports: 1 } },
    { policy: outagePolicy, value: { ...outagePolicy.fallback, windowMs: 2 * MINUTE, waitMs: 20_000 } },
    { policy: alerting, value: { ...alerting.fallback, graceMs, reopenMs: MINUTE } },
    { policy: securityProfiles, value: profiles([ports]) },
  ];
}

/** Decides as an operator does. */
async function decide({ log, registry, now }: Fleet, wanted: ReturnType<typeof decisions>): Promise<void> {
  const options = { log, registry, declared: policiesOf(), partitions: PARTITIONS, clock: now };
  const wishes = wanted.map(({ policy, value }) => ({ policy: policy.name, tenant: null, value }));
  const made = await decidePolicies(options, wishes, false);
  expect(made.some(({ outcome }) => outcome === 'decided')).toBe(true);
}

/** Waits until more has been derived. */
async function grows(fleet: Fleet): Promise<void> {
  const before = await fleet.derived();
  await expect.poll(() => fleet.derived(), { timeout: 60_000 }).toBeGreaterThan(before + 100);
}

/** What the workers came to, what one pass over a copy of the log comes to, and how much of each topic that is. */
async function outcomes({ log, registry }: Fleet, seed: number) {
  const copies = await Promise.all(numbers().map((partition) => readAll(log, EVENTS_TOPIC, partition)));
  const found = await lastLife({ log, registry });
  const house = await copied(copies);
  const fold = { house, registry, partitions: PARTITIONS, chance: chanceFrom(seed), run: known };
  const { outputs, digests } = await folded(fold);
  const told: Record<string, number> = {};
  for (const [name, { records }] of Object.entries(outputs)) {
    const topic = name.slice(0, name.lastIndexOf('/'));
    told[topic] = (told[topic] ?? 0) + records;
  }
  return { found, wanted: kept({ outputs, digests }), told };
}

/** One that has nothing but what is in Kafka folds what the workers left for further stages. */
async function lastLife({ log, registry }: Pick<Fleet, 'log' | 'registry'>): Promise<Outcome> {
  const clock = { now: () => 0, sleep: async () => {}, yield: async () => {} };
  const parts = { app: 'fleet', processors: known, log, registry, partitions: PARTITIONS, clock };
  const engine = await Engine.open({ ...parts, store: new MemoryStateStore() });
  const readable = async () => {
    for (const { name } of BETWEEN) for (const partition of numbers()) await log.settledEnd(name, partition);
  };
  await settled(
    () => engine,
    () => engine.poll(0),
    readable,
  );
  return kept(await outcomeOf(engine, log, known, PARTITIONS));
}

/** Without what stands between stages, which the workers forget. */
function kept({ outputs, digests }: Outcome): Outcome {
  const between = new Set(BETWEEN.map(({ name }) => name));
  const others = Object.entries(outputs).filter(([name]) => !between.has(name.slice(0, name.lastIndexOf('/'))));
  return { digests, outputs: Object.fromEntries(others) };
}

/** The share of each topic between stages that is gone. */
async function freedOf(log: Log): Promise<Record<string, number>> {
  const shares: Record<string, number> = {};
  for (const topic of BETWEEN) {
    const starts = await Promise.all(numbers().map((partition) => log.startOffset(topic.name, partition)));
    shares[topic.name] = starts.reduce((sum, start) => sum + start, 0) / (await endsOf(log, topic));
  }
  return shares;
}

/** About the records of a topic: markers of transactions count too. */
async function endsOf(log: Log, { name }: AnyTopic): Promise<number> {
  const ends = await Promise.all(numbers().map((partition) => log.endOffset(name, partition)));
  return ends.reduce((sum, end) => sum + end, 0);
}

function numbers(): number[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => partition);
}
