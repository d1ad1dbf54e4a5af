import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { batteryReported, deviceCrashed, deviceDescribed, deviceRebooted, linkReported } from '#schemas';
import { type DeviceHealthHour, type HealthExposure, telemetryReported, topics } from '#schemas';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { deviceHealth } from '../../../processors/device-health/processor.ts';
import { currentOf, DAY, HOUR, linkOf, MINUTE, partOf, START } from './device.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`device-health permutations: SEED=${seed}`);

const TYPES = { telemetryReported, deviceDescribed, deviceCrashed, deviceRebooted, linkReported, batteryReported };
const text = fc.constantFrom('1', '2', null);
const of = <T extends object>(type: keyof typeof TYPES, weight: number, body: fc.Arbitrary<T>) => {
  return {
    weight,
    arbitrary: body.map((drawn): { type: keyof typeof TYPES; body: object } => ({ type, body: drawn })),
  };
};
const description = { model: text, hardware: text, firmware: text, lot: text, site: text };
const said = fc.oneof(
  of('telemetryReported', 8, fc.constant({ metrics: {}, labels: {} })),
  of('deviceDescribed', 2, fc.record({ ...description, reportIntervalMs: fc.constantFrom(null, MINUTE, 3 * HOUR) })),
  of('deviceCrashed', 1, fc.record({ code: fc.constant('SIGSEGV'), ...nothing('reason', 'uptimeMs'), firmware: text })),
  of(
    'deviceRebooted',
    1,
    fc.record({
      ...nothing('uptimeMs', 'firmware'),
      cause: fc.constantFrom('POWER', 'WATCHDOG'),
      expected: fc.boolean(),
    }),
  ),
  of('linkReported', 1, fc.constantFrom('WIFI', 'LTE_M').map(linkOf)),
  of(
    'batteryReported',
    2,
    fc.record({
      ...nothing('volts', 'temperatureC', 'cycles'),
      level: fc.integer({ min: 0, max: 100 }),
      charging: fc.boolean(),
    }),
  ),
);
const event = fc.record({ said, minute: fc.integer({ min: 0, max: 3 * 24 * 60 }) });
type Drawn = typeof event extends fc.Arbitrary<infer T> ? T : never;

/**
 * Events over three days, all received on the fourth, in two orders; between them ticks, and stops without a commit.
 */
const histories = fc.array(event, { minLength: 1, maxLength: 40 }).chain((events) =>
  fc.record({
    events: fc.constant(events),
    order: fc.shuffledSubarray(
      events.map((_, index) => index),
      { minLength: events.length },
    ),
    again: fc.array(fc.nat({ max: events.length - 1 }), { maxLength: 8 }),
    pauses: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: events.length, maxLength: events.length }),
    crashes: fc.array(fc.nat({ max: events.length }), { maxLength: 3 }),
  }),
);

interface Way {
  readonly order: readonly number[];
  readonly pauses: readonly number[];
  readonly crashes: readonly number[];
}

/** Received at one time in every order, so that it is the same event. */
async function lived(events: readonly Drawn[], { order, pauses, crashes }: Way): Promise<Simulation> {
  const run = await simulate(deviceHealth);
  let now = START + 3 * DAY;
  await run.advanceTo(now);
  for (const [step, index] of order.entries()) {
    const { said: told, minute } = events[index] as Drawn;
    const times = { deviceTime: START + minute * MINUTE, receivedAt: START + 3 * DAY };
    const type = TYPES[told.type] as typeof telemetryReported;
    const event = { ...told.body, device: 'd1', epoch: 1, sequence: index, ...times };
    await run.send(type, event as never);
    if (crashes.includes(step)) await run.crash({ keepLocalState: step % 2 === 0 });
    if ((pauses[step] ?? 0) > 60) await run.advanceTo((now += (pauses[step] as number) * MINUTE));
  }
  await run.advanceTo(START + 7 * DAY);
  await run.advanceTo(START + 7 * DAY + HOUR);
  return run;
}

function without({ revision: _, logTime: __, causeOffset: ___, causePath: ____, ...row }: DeviceHealthHour) {
  return row;
}

function sumsOf(exposures: readonly HealthExposure[]): Map<string, number[]> {
  const sums = new Map<string, number[]>();
  for (const each of exposures) {
    const key = partOf(each as never);
    const before = sums.get(key) ?? numbersOf(each).map(() => 0);
    sums.set(
      key,
      numbersOf(each).map((value, index) => value + (before[index] as number)),
    );
  }
  for (const [key, numbers] of sums) if (numbers.every((value) => value === 0)) sums.delete(key);
  return sums;
}

function numbersOf(of: HealthExposure | DeviceHealthHour): number[] {
  const { expectedMs, operatingMs, unknownMs, connectedMs, hours, crashFreeHours } = of;
  const { crashes, reboots, rebootsExpected, atRiskMs, firstCrashes } = of;
  const times = [expectedMs, operatingMs, unknownMs, connectedMs, atRiskMs];
  return [...times, hours, crashFreeHours, crashes, reboots, rebootsExpected, firstCrashes];
}

test('the same events in any order, repeated, with restarts, give the same hours and forecasts', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ({ events, order, again, pauses, crashes }) => {
      const inOrder = await lived(events, { order: events.map((_, index) => index), pauses: [], crashes: [] });
      const shuffled = await lived(events, { order: [...order, ...again], pauses, crashes });
      const [one, other] = [inOrder, shuffled].map((run) => currentOf(run.read(topics.deviceHealthHours)));
      expect(other?.map(without)).toEqual(one?.map(without));
      const current = new Map(one?.map((row) => [partOf(row), numbersOf(row)]));
      expect(sumsOf(inOrder.read(topics.healthExposures))).toEqual(current);
      expect(sumsOf(shuffled.read(topics.healthExposures))).toEqual(current);
      const last = (run: Simulation) => run.read(topics.batteryForecasts).at(-1);
      const forecast = (run: Simulation) => {
        const { logTime: _, causeOffset: __, causePath: ___, ...told } = { ...last(run) };
        return told;
      };
      expect(forecast(shuffled)).toEqual(forecast(inOrder));
    }),
    { seed, numRuns: Number(process.env['RUNS'] ?? 120) },
  );
}, 120_000);

function nothing(...names: readonly string[]): Record<string, fc.Arbitrary<null>> {
  return Object.fromEntries(names.map((name) => [name, fc.constant(null)]));
}
