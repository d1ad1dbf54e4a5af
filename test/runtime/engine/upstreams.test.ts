// A stage that waits for a processor which does not run: who is missing is told, and what to do.
import { expect, test } from 'vitest';
import { type AnyProcessor, ClockTicked, EVENTS_TOPIC } from '#sdk';
import { compiled, frame } from '#runtime/avro.ts';
import { Engine } from '#runtime/engine/engine.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { UPSTREAM_MS_MAX, upstreamsOf } from '#runtime/readiness.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { settle } from './examples.ts';
import { gossip, listener, teller } from './stages.ts';

const PARTITIONS = 2;

/** A log whose clock ticks, and apps that each run some of what stands before the listener. */
function house() {
  const clock = new SimulatedClock(0);
  const log = new SimulatedLog(clock);
  const registry = new MemoryRegistry();
  let number = 0;
  return {
    open: (app: string, processors: readonly AnyProcessor[]) => {
      const all = [teller, gossip, listener];
      const store = new MemoryStateStore();
      return Engine.open({ app, processors, all, log, registry, store, partitions: PARTITIONS, clock });
    },
    tick: async (times: number) => {
      const id = await registry.register(ClockTicked.avro);
      for (const until = number + times; number < until; number++) {
        const tick = { number, time: 1_000 * number, resumed: false };
        const value = frame(compiled(ClockTicked.avro), id, tick);
        for (let partition = 0; partition < PARTITIONS; partition++)
          await log.append([{ topic: EVENTS_TOPIC, partition, key: null, value, timestamp: tick.time }]);
      }
    },
  };
}

/** Folds all that is there, and what is there because of that. */
async function reach(engine: Engine): Promise<void> {
  for (let times = 0; times < 2; times++) await settle(engine);
}

const missingIn = async (engine: Engine) =>
  (await engine.standings()).flatMap(({ processor, missing }) => missing.map((each) => `${processor}: ${each}`));

test('a processor that never ran, and one that runs no more, are missing to who stands behind it', async () => {
  const { open, tick } = house();
  const main = await open('main', [teller, listener]);
  await tick(5);
  await reach(main);
  expect(await missingIn(main)).toEqual(['listener: gossip']);
  const other = await open('other', [gossip]);
  await reach(other);
  await reach(main);
  expect(await missingIn(main)).toEqual([]);
  expect(await missingIn(other)).toEqual([]);

  // A restart of it is no news.
  await tick(30);
  await reach(main);
  expect(await missingIn(main)).toEqual([]);
  await tick(60);
  await reach(main);
  expect(await missingIn(main)).toEqual(['listener: gossip']);
  await reach(other);
  await reach(main);
  expect(await missingIn(main)).toEqual([]);
});

test('what is missing makes a process not ready after a time, in words that say what to do, and is reported once', async () => {
  const { open, tick } = house();
  const main = await open('main', [teller, listener]);
  await tick(5);
  await reach(main);
  let now = 0;
  const reports: string[] = [];
  const look = upstreamsOf(
    () => main.standings(),
    () => now,
    (code, { processor, upstream }) => reports.push(`${code} ${String(processor)} ${String(upstream)}`),
  );
  expect(await look()).toEqual([]);
  now = UPSTREAM_MS_MAX;
  const sentence =
    'gossip, which listener waits for; run gossip in an app too, or take it out of FLEETSTREAM_PROCESSORS';
  expect(await look()).toEqual([sentence]);
  expect(await look()).toEqual([sentence]);
  expect(reports).toEqual(['upstream_missing listener gossip']);
  await reach(await open('other', [gossip]));
  await reach(main);
  expect(await look()).toEqual([]);
});
