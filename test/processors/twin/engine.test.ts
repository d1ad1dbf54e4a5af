import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { simulate } from '#runtime/simulate.ts';
import { topics, twinDesired, twinReported } from '#schemas';
import { lateEvents } from '#sdk';
import { twin } from '../../../processors/twin/processor.ts';

const NOW = Date.UTC(2026, 10, 1);
const RUNS = 25;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`twin on the engine: SEED=${seed}, ${RUNS} runs`);

const report = (patch: object) => ({ device: 'd1', patch: JSON.stringify(patch), expectedVersion: null, rejected: {} });
const ask = (patch: object) => ({ device: 'd1', patch: JSON.stringify(patch), expectedVersion: null, actor: 'alice' });

test('the log in another order, with repetitions and a crash, gives the same twin', async () => {
  const key = fc.constantFrom('a', 'b');
  const value = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 2 }));
  const patch = fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value, { maxKeys: 2, noNullPrototype: true })), {
    maxKeys: 2,
    noNullPrototype: true,
  });
  const log = fc.array(fc.tuple(fc.boolean(), patch, fc.integer({ min: 0, max: 4 })), { minLength: 2, maxLength: 8 });
  const orders = log.chain((events) =>
    fc.tuple(
      fc.constant(events),
      fc.shuffledSubarray([...events.keys(), ...events.keys()], { minLength: events.length * 2 }),
    ),
  );
  await fc.assert(
    fc.asyncProperty(orders, fc.boolean(), async ([events, order], keepLocalState) => {
      const fold = async (indices: readonly number[], crashes: boolean) => {
        const run = await simulate(twin);
        await run.advanceTo(NOW);
        for (const [i, index] of indices.entries()) {
          const [asks, said, time] = events[index]!;
          const stamp = { sequence: index, deviceTime: NOW + time };
          await (asks
            ? run.send(twinDesired, { ...ask(said), ...stamp })
            : run.send(twinReported, { ...report(said), ...stamp }));
          if (crashes && i === events.length) await run.crash({ keepLocalState });
        }
        return run.state('acme/d1');
      };
      expect(await fold(order, true)).toEqual(await fold([...events.keys()], false));
    }),
    { seed, numRuns: RUNS },
  );
});

test('an update beyond the horizon is kept as late and changes nothing', async () => {
  const run = await simulate(twin);
  await run.advanceTo(NOW);
  await run.send(twinReported, { ...report({ a: 1 }), sequence: 1 });
  await run.send(twinReported, { ...report({ a: 2 }), sequence: 2, deviceTime: NOW - twin.latenessMs - 1 });
  expect(run.read(lateEvents)).toMatchObject([{ code: 'beyond_lateness', processor: 'twin' }]);
  expect(run.read(topics.twinChanges)).toHaveLength(1);
});

test('a deletion is forgotten by a tick, and the change carries its cause', async () => {
  const run = await simulate(twin);
  await run.advanceTo(NOW);
  await run.send(twinReported, { ...report({ a: 1 }), sequence: 1 });
  await run.send(twinReported, { ...report({ a: null }), sequence: 2 });
  expect(run.state('acme/d1')).toMatchObject({ reported: [{ path: '/a', value: null }] });
  await run.advanceTo(NOW + twin.latenessMs + 1);
  expect(run.state('acme/d1')).toMatchObject({ reported: [], version: 2 });
  const [, change] = run.read(topics.twinChanges);
  expect(change).toMatchObject({
    causeTopic: 'fleet.events',
    causeOffset: 2,
    causePath: 'twin/1/0',
    logTime: NOW,
    reported: '{}',
  });
});

test('a conditional update meets the version that the log has reached', async () => {
  const run = await simulate(twin);
  await run.advanceTo(NOW);
  await run.send(twinDesired, { ...ask({ a: 1 }), sequence: 1, expectedVersion: 0 });
  await run.send(twinDesired, { ...ask({ a: 2 }), sequence: 2, expectedVersion: 0 });
  expect(run.read(topics.twinRejections)).toMatchObject([
    { code: 'version_conflict', version: 1, causePath: 'twin/1/0' },
  ]);
  expect(run.read(topics.twinDeltas)).toMatchObject([{ delta: '{"a":1}', causePath: 'twin/1/1' }]);
});
