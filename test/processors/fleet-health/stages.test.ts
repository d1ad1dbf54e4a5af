import { describe, expect, test } from 'vitest';
import { deviceCrashed, deviceDescribed, type FleetHealth, healthPolicy, telemetryReported, topics } from '#schemas';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { deviceHealth } from '../../../processors/device-health/processor.ts';
import { fleetHealth } from '../../../processors/fleet-health/processor.ts';
import { currentOf } from '../device-health/device.ts';
import { DAY, FIRST, HOUR } from './fleet.ts';

const START = FIRST * DAY;
const CRASH = { code: 'SIGSEGV', reason: null, firmware: null, uptimeMs: null };

/** Devices of lots on both stages. Times count from the begin of a period of 28 days. */
class Fleet {
  readonly run: Simulation;
  readonly #names: readonly string[];

  private constructor(run: Simulation, names: readonly string[]) {
    this.run = run;
    this.#names = names;
  }

  /** So many devices of each lot, which report twice a day; a device is called by its lot and number, as `A-0`. */
  static async begun(lots: Readonly<Record<string, number>>, partitions = 2): Promise<Fleet> {
    const run = await simulate(fleetHealth, { beside: [deviceHealth], partitions });
    const names = Object.entries(lots).flatMap(([lot, count]) =>
      Array.from({ length: count }, (_, i) => `${lot}-${i}`),
    );
    await run.advanceTo(START);
    const others = { model: 'm', hardware: 'r1', firmware: '1.0', site: 'S1', reportIntervalMs: 12 * HOUR };
    for (const device of names) {
      await run.send(deviceDescribed, { device, lot: device.slice(0, device.indexOf('-')), ...others });
    }
    return new Fleet(run, names);
  }

  /** Lets so many days pass from one day on; on some days a device crashes at noon. */
  async live(from: number, days: number, crashes: Readonly<Record<string, number>> = {}): Promise<void> {
    for (let half = 2 * from; half < 2 * (from + days); half++) {
      await this.run.advanceTo(START + half * 12 * HOUR);
      await this.report();
      for (const [device, day] of Object.entries(crashes)) {
        if (2 * day + 1 === half) await this.run.send(deviceCrashed, { device, ...CRASH });
      }
      await this.ticks(half * 12 * HOUR, 12);
    }
  }

  async report(names = this.#names): Promise<void> {
    for (const device of names) await this.run.send(telemetryReported, { device, metrics: {}, labels: {} });
  }

  /** Ticks each hour, when devices have told the hour before. */
  async ticks(from: number, hours: number): Promise<void> {
    for (let at = HOUR / 2; at < hours * HOUR; at += HOUR) await this.run.advanceTo(START + from + at);
  }

  /** What is known of each day of each lot. */
  days(): readonly FleetHealth[] {
    return currentCells(this.run.read(topics.fleetHealth));
  }

  signals(): readonly (readonly [string, string])[] {
    return this.run.read(topics.signals).map(({ kind, alert }) => [kind, alert]);
  }
}

function currentCells(rows: readonly FleetHealth[]): readonly FleetHealth[] {
  const current = new Map<string, FleetHealth>();
  for (const row of rows) {
    const { eventTime, lot, firmware } = row;
    const key = JSON.stringify([eventTime, lot, firmware]);
    if (row.revision >= (current.get(key)?.revision ?? 0)) current.set(key, row);
  }
  return [...current.values()];
}

const crashesOf = (lot: string, count: number, each = 1) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${lot}-${i}`, 2 + Math.floor(i / each)]));
const ALERT = 'fleet-health.worse/lot:A/crashes';

describe('both stages', () => {
  test('add up to the hours of the devices, with intervals, and what is unknown apart', async () => {
    const fleet = await Fleet.begun({ A: 3, B: 2 });
    await fleet.live(0, 2, { 'A-0': 1 });
    await fleet.ticks(2 * DAY, 6);
    const hours = currentOf(fleet.run.read(topics.deviceHealthHours));
    expect(fleet.days().length).toBeGreaterThanOrEqual(4);
    for (const day of fleet.days()) {
      const of = hours.filter(
        ({ eventTime, lot }) => eventTime - (eventTime % DAY) === day.eventTime && lot === day.lot,
      );
      const sum = (value: (hour: (typeof of)[number]) => number) => of.reduce((all, hour) => all + value(hour), 0);
      expect(day.operatingMs).toBe(sum(({ operatingMs }) => operatingMs));
      expect(day.unknownMs).toBe(sum(({ unknownMs }) => unknownMs));
      expect(day.expectedMs).toBe(day.operatingMs + day.unknownMs);
      expect([day.hours, day.crashFreeHours]).toEqual([sum((hour) => hour.hours), sum((hour) => hour.crashFreeHours)]);
    }
    const [crashed] = fleet.days().filter(({ lot, crashes }) => lot === 'A' && crashes === 1);
    expect(crashed).toMatchObject({ eventTime: START + DAY, crashFreeHours: (crashed?.hours ?? 0) - 1 });
    expect(crashed?.crashFreeLow).toBeLessThan(crashed?.crashFreeShare ?? 0);
    expect(crashed?.crashFreeHigh).toBeGreaterThan(crashed?.crashFreeShare ?? 1);
    const perThousand = 1_000 / ((crashed?.operatingMs ?? 0) / HOUR);
    expect(crashed?.crashesPerThousandHours).toBeCloseTo(perThousand, 9);
    expect(crashed?.crashesHigh).toBeCloseTo(5.571643390938898 * perThousand, 6);
  });

  test('raise once a lot that is worse than its like, with its numbers, and clear it later', async () => {
    const fleet = await Fleet.begun({ A: 12, B: 24 });
    await fleet.live(0, 12, { ...crashesOf('A', 11, 2), ...crashesOf('B', 2) });
    expect(fleet.signals()).toEqual([['RAISED', ALERT]]);
    const [signal] = fleet.run.read(topics.signals);
    expect(signal).toMatchObject({
      tenant: 'acme',
      device: 'lot:A',
      severity: 'HIGH',
      policy: 'health',
      policyVersion: 0,
    });
    expect(signal?.detail).toMatch(/of its devices crashed in \d+ hours at risk; had all crashed alike/);
    expect(signal?.detail).toMatch(/With \d+ of these crashes fewer nothing would have been said\.$/);
    const finding = fleet.run.read(topics.fleetHealthFindings).findLast(({ name }) => name === 'A');
    expect(finding).toMatchObject({ dimension: 'LOT', verdict: 'WORSE', crashed: 11, likeCrashed: 2, compared: 2 });
    expect(finding?.ratioLow).toBeGreaterThan(1.5);
    // Two periods later, of which two devices tell, what it did is forgotten.
    for (let day = 12; day < 60; day++) {
      await fleet.run.advanceTo(START + day * DAY);
      await fleet.report(['A-0', 'B-0']);
      for (const hour of [3, 15]) await fleet.run.advanceTo(START + day * DAY + hour * HOUR);
    }
    expect(fleet.signals()).toEqual([
      ['RAISED', ALERT],
      ['CLEARED', ALERT],
    ]);
    expect(fleet.run.state('acme/health')).toMatchObject({ forgotten: 0, overflowed: 0 });
  }, 120_000);

  test('retract it when late reports show that its like had crashed as often', async () => {
    const fleet = await Fleet.begun({ A: 12, B: 24 });
    await fleet.live(0, 8, crashesOf('A', 11, 3));
    expect(fleet.signals()).toEqual([['RAISED', ALERT]]);
    // The crashes of the others had been stored.
    for (let i = 0; i < 22; i++) {
      const deviceTime = START + (2 + Math.floor(i / 7)) * DAY + 12 * HOUR;
      await fleet.run.send(deviceCrashed, { device: `B-${i}`, deviceTime, ...CRASH });
    }
    await fleet.live(8, 2);
    expect(fleet.signals()).toEqual([
      ['RAISED', ALERT],
      ['RETRACTED', ALERT],
    ]);
  }, 60_000);

  test('follow the policy that is in force', async () => {
    const fleet = await Fleet.begun({ A: 12, B: 24 });
    await fleet.run.decide(healthPolicy, { ...healthPolicy.fallback, devicesMin: 12 });
    await fleet.live(0, 10, { ...crashesOf('A', 11, 3), ...crashesOf('B', 2) });
    expect(fleet.signals()).toEqual([]);
    const finding = fleet.run.read(topics.fleetHealthFindings).findLast(({ name }) => name === 'A');
    expect(finding).toMatchObject({ verdict: 'UNDECIDED', crashed: 11, policyVersion: 1 });
    await fleet.run.decide(healthPolicy, null);
    await fleet.live(10, 2);
    expect(fleet.signals()).toEqual([['RAISED', ALERT]]);
  }, 60_000);
});
