import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { deviceCrashed, deviceDescribed, type FleetHealth, telemetryReported, topics } from '#schemas';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { deviceHealth } from '../../../processors/device-health/processor.ts';
import { fleetHealth } from '../../../processors/fleet-health/processor.ts';
import { DAY, FIRST, HOUR } from './fleet.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`fleet-health permutations: SEED=${seed}`);

const START = FIRST * DAY;
const CRASH = { code: 'SIGSEGV', reason: null, uptimeMs: null };

const text = fc.constantFrom('1', '2', null);
const said = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'report' as const }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('crash' as const), firmware: text }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('describe' as const), lot: text, firmware: text, site: text }),
  },
);
const event = fc.record({
  said,
  device: fc.constantFrom('d1', 'd2', 'd3', 'd4', 'd5'),
  hour: fc.double({ min: 0, max: 72, noNaN: true }),
});
type Drawn = typeof event extends fc.Arbitrary<infer T> ? T : never;

const histories = fc.array(event, { minLength: 1, maxLength: 30 }).chain((events) =>
  fc.record({
    events: fc.constant(events),
    order: fc.shuffledSubarray([...events.keys()], { minLength: events.length }),
    again: fc.array(fc.nat({ max: events.length - 1 }), { maxLength: 5 }),
    pauses: fc.array(fc.nat({ max: 4 }), { minLength: events.length, maxLength: events.length }),
    crashes: fc.array(fc.nat({ max: events.length }), { maxLength: 2 }),
  }),
);

interface Way {
  readonly order: readonly number[];
  readonly pauses: readonly number[];
  readonly crashes: readonly number[];
}

/** Everything is received on the fourth day, in one order or another, and hours pass between. */
async function lived(events: readonly Drawn[], { order, pauses, crashes }: Way): Promise<Simulation> {
  const run = await simulate(fleetHealth, { beside: [deviceHealth], partitions: 2 });
  const receivedAt = START + 3 * DAY;
  let now = receivedAt;
  await run.advanceTo(now);
  for (const [step, index] of order.entries()) {
    const { said: told, device, hour } = events[index] as Drawn;
    const about = { device, epoch: 1, sequence: index, receivedAt, deviceTime: START + Math.floor(hour * HOUR) };
    if (told.type === 'report') await run.send(telemetryReported, { ...about, metrics: {}, labels: {} });
    else if (told.type === 'crash') await run.send(deviceCrashed, { ...about, ...CRASH, firmware: told.firmware });
    else {
      const { lot, firmware, site } = told;
      const others = { model: 'm', hardware: null, reportIntervalMs: 6 * HOUR };
      await run.send(deviceDescribed, { ...about, ...others, lot, firmware, site });
    }
    if (crashes.includes(step)) await run.crash({ keepLocalState: step % 2 === 0 });
    if ((pauses[step] ?? 0) > 2) await run.advanceTo((now += (pauses[step] as number) * HOUR));
  }
  // Hours of the last events are told, cells an hour later, and all of it is judged on the next day.
  for (const hours of [144, 147, 150, 171]) await run.advanceTo(START + hours * HOUR);
  return run;
}

/** Each cell by its highest revision, those with nothing in them left out. */
function cellsOf(run: Simulation) {
  const current = new Map<string, FleetHealth>();
  for (const row of run.read(topics.fleetHealth)) {
    const { tenant, eventTime, model, hardware, firmware, lot, site, technology } = row;
    const key = JSON.stringify([tenant, eventTime, model, hardware, firmware, lot, site, technology]);
    if (row.revision >= (current.get(key)?.revision ?? 0)) current.set(key, row);
  }
  const full = [...current].filter(([, { expectedMs, crashes }]) => expectedMs + crashes > 0);
  return new Map(full.map(([key, row]) => [key, { ...without(row), revision: 0 }]));
}

function without<T extends { causeOffset: number; causePartition: number; causePath: string; logTime: number }>(
  row: T,
) {
  const { causeOffset: _, causePartition: __, causePath: ___, logTime: ____, ...rest } = row;
  return rest;
}

test('the same events in any order, repeated, with restarts, give the same cells and findings', async () => {
  let findings = 0;
  await fc.assert(
    fc.asyncProperty(histories, async ({ events, order, again, pauses, crashes }) => {
      const inOrder = await lived(events, { order: [...events.keys()], pauses: [], crashes: [] });
      const shuffled = await lived(events, { order: [...order, ...again], pauses, crashes });
      expect(cellsOf(shuffled)).toEqual(cellsOf(inOrder));
      const last = (run: Simulation) => {
        const all = run.read(topics.fleetHealthFindings).filter(({ eventTime }) => eventTime === START + 6 * DAY);
        return all.map(without);
      };
      expect(last(shuffled)).toEqual(last(inOrder));
      findings += last(inOrder).length;
    }),
    { seed, numRuns: Number(process.env['RUNS'] ?? 60) },
  );
  expect(findings).toBeGreaterThan(0);
}, 120_000);
