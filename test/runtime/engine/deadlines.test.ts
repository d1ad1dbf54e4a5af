import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { telemetryReported, topics } from '#schemas';
import type { AnyProcessor } from '#sdk';
import { Deadlines } from '#runtime/engine/deadlines.ts';
import { simulate } from '#runtime/simulate.ts';
import { sleeper } from './examples.ts';

const STEP = fc.oneof(
  fc.record({
    kind: fc.constant('set' as const),
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    at: fc.option(fc.nat(30)),
  }),
  fc.record({ kind: fc.constant('tick' as const), to: fc.nat(40) }),
);

test('keys fall due in the order of deadline and key, each once, as a plain list would say', () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 300 }), (steps) => {
      const deadlines = new Deadlines();
      const plain = new Map<string, number>();
      for (const step of steps) {
        if (step.kind === 'set') {
          deadlines.set(step.key, step.at);
          if (step.at === null) plain.delete(step.key);
          else plain.set(step.key, step.at);
          continue;
        }
        const due = [...plain].filter(([, at]) => at <= step.to).sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
        for (const [key, at] of due) {
          expect(deadlines.take(step.to)).toEqual({ key, at });
          plain.delete(key);
        }
        expect(deadlines.take(step.to)).toBeUndefined();
      }
    }),
    { numRuns: 300 },
  );
});

test('a deadline fires at the first tick at or after it, also when it was set before a crash', async () => {
  const run = await simulate(sleeper);
  await run.advanceTo(10_000);
  await run.send(telemetryReported, { device: 'b', metrics: {}, labels: {} });
  await run.send(telemetryReported, { device: 'a', metrics: {}, labels: {} });
  await run.crash({ keepLocalState: false });
  await run.advanceTo(10_999);
  expect(run.read(topics.gaps)).toEqual([]);
  await run.advanceTo(60_000);
  const told = run.read(topics.gaps);
  expect(told.map(({ device, eventTime, logTime, causePath }) => [device, eventTime, logTime, causePath])).toEqual([
    ['a', 11_000, 60_000, 'sleeper/1/0'],
    ['b', 11_000, 60_000, 'sleeper/1/1'],
  ]);
  await run.advanceTo(70_000);
  expect(run.read(topics.gaps)).toHaveLength(2);
});

test('expire that leaves its deadline where it was stops the processor', async () => {
  const run = await simulate({ ...sleeper, expire: (state: unknown) => ({ state }) } as unknown as AnyProcessor);
  await run.send(telemetryReported, { device: 'a', receivedAt: 5, deviceTime: null, metrics: {}, labels: {} });
  await expect(run.advanceTo(60_000)).rejects.toThrow(/deadline_stuck/);
});
