import { expect, test } from 'vitest';
import { EVENTS_TOPIC } from '#sdk';
import { allFeed, allFold, answers, missingOf, readiness, SINK_WAITS_MS_MAX } from '#runtime/readiness.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { world } from './clickhouse/world.ts';
import { Bench, fragile, settle, telemetryOf } from './engine/examples.ts';

test('what says no, fails or does not answer is missing, and is not asked again before it has answered', async () => {
  let asked = 0;
  const silence = Promise.withResolvers<boolean>();
  const missing = missingOf(
    {
      there: () => true,
      no: () => false,
      parts: () => ['one of them', 'another'],
      whole: () => [],
      failing: async () => Promise.reject(new Error('away')),
      silent: () => {
        asked += 1;
        return silence.promise;
      },
    },
    5,
  );
  expect(await missing()).toEqual(['no', 'one of them', 'another', 'failing', 'silent']);
  expect(await missing()).toHaveLength(5);
  expect(asked).toBe(1);
  silence.resolve(true);
  expect(await missing()).toEqual(['no', 'one of them', 'another', 'failing']);
  expect(readiness(['no'])).toEqual({ status: 503, body: { status: 'not_ready', missing: ['no'] } });
  expect(readiness([])).toEqual({ status: 200, body: { status: 'ready' } });
});

test('a log that has no events’ topic, or is away, is missing', async () => {
  const log = new SimulatedLog(new SimulatedClock(0));
  const missing = missingOf({ log: () => answers(log) });
  expect(await missing()).toEqual(['log']);
  await log.ensureTopics([{ name: EVENTS_TOPIC, partitions: 1, cleanup: 'delete' }]);
  expect(await missing()).toEqual([]);
});

test('a processor that stands still is missing', async () => {
  const bench = new Bench();
  const engine = await bench.engine([fragile]);
  await bench.append(telemetryOf({ device: 'd1', metrics: { a: 1 } }));
  await settle(engine);
  expect(allFold(engine.counts())).toBe(true);
  await bench.append(telemetryOf({ device: 'd1', metrics: { boom: 1 } }));
  await settle(engine);
  expect(allFold(engine.counts())).toBe(false);
});

test('a table that waits beyond its bound is missing, until it goes on', async () => {
  const at = await world();
  const { clock, target } = at;
  let isAway = true;
  target.faults = { insert: () => (isAway ? 'refuse' : 'ok') };
  await clock.run(
    (async () => {
      const sink = await at.start();
      await at.write(10);
      await clock.sleep(SINK_WAITS_MS_MAX / 2);
      expect(sink.stats().some(({ waitingSince }) => waitingSince !== null)).toBe(true);
      expect(allFeed(sink, clock.now())).toBe(true);
      await clock.sleep(SINK_WAITS_MS_MAX);
      expect(allFeed(sink, clock.now())).toBe(false);
      isAway = false;
      await clock.sleep(SINK_WAITS_MS_MAX);
      expect(allFeed(sink, clock.now())).toBe(true);
      await sink.stop();
    })(),
  );
});
