import { describe, expect, test } from 'vitest';
import { deviceCrashed, deviceRebooted, linkReported, topics } from '#schemas';
import { DAY, Device, HOUR, linkOf, MINUTE, START } from './device.ts';

const CRASH = { code: 'SIGSEGV', reason: null, firmware: null, uptimeMs: null };
const BOOT = { firmware: null, uptimeMs: null };
describe('an hour', () => {
  test('of reports at their interval is one of operation, connected, and free of crashes', async () => {
    const device = await Device.begun();
    await device.reportEach(5 * MINUTE, 0, HOUR + 5 * MINUTE);
    expect(device.hour(0)).toBeUndefined();
    await device.reportEach(5 * MINUTE, HOUR + 10 * MINUTE, 2 * HOUR);
    await device.tick(2 * HOUR + 20 * MINUTE);
    const whole = { expectedMs: HOUR, operatingMs: HOUR, unknownMs: 0, connectedMs: HOUR, hours: 1, crashFreeHours: 1 };
    expect(device.hour(0)).toMatchObject({ ...whole, crashes: 0, reboots: 0, atRiskMs: HOUR, revision: 0 });
    expect(device.hour(HOUR)).toMatchObject(whole);
    expect(device.hour(2 * HOUR)).toBeUndefined();
  });

  test('of silence is unknown, and never good', async () => {
    const device = await Device.begun();
    await device.reportEach(5 * MINUTE, 0, 20 * MINUTE);
    await device.reportEach(5 * MINUTE, 50 * MINUTE, HOUR);
    await device.tick(4 * HOUR);
    const [operatingMs, unknownMs] = [31 * MINUTE, 29 * MINUTE];
    expect(device.hour(0)).toMatchObject({ expectedMs: HOUR, operatingMs, unknownMs, hours: 1, crashFreeHours: 1 });
    expect(device.hour(2 * HOUR)).toMatchObject({ expectedMs: HOUR, unknownMs: HOUR, hours: 0, crashFreeHours: 0 });
  });

  test('between two reports as far apart as the device says is one of operation once the second came', async () => {
    const device = await Device.begun();
    await device.describe({ reportIntervalMs: HOUR });
    await device.tick(30 * MINUTE);
    await device.report();
    await device.tick(HOUR + 25 * MINUTE);
    expect(device.hour(0)).toMatchObject({ expectedMs: 30 * MINUTE, operatingMs: MINUTE, revision: 0 });
    await device.tick(2 * HOUR + 20 * MINUTE);
    await device.report();
    await device.tick(3 * HOUR + 25 * MINUTE);
    expect(device.hour(0)).toMatchObject({ operatingMs: 30 * MINUTE, unknownMs: 0, revision: 1 });
    expect(device.hour(HOUR)).toMatchObject({ operatingMs: HOUR, unknownMs: 0 });
  });

  test('with a crash is not free of crashes, and starts are told by cause, the expected ones apart', async () => {
    const device = await Device.begun();
    await device.reportEach(5 * MINUTE, 0, 30 * MINUTE);
    await device.send(deviceCrashed, CRASH);
    await device.send(deviceRebooted, { ...BOOT, cause: 'CRASH', expected: false });
    await device.send(deviceRebooted, { ...BOOT, cause: 'WATCHDOG', expected: false });
    await device.send(deviceRebooted, { ...BOOT, cause: 'UPDATE', expected: true });
    await device.tick(2 * HOUR);
    const reboots = { reboots: 2, rebootsExpected: 1, causes: { CRASH: 1, WATCHDOG: 1 } };
    expect(device.hour(0)).toMatchObject({ hours: 1, crashFreeHours: 0, crashes: 1, ...reboots });
  });

  test('that was told is told anew when late reports come, once for all of them, with the difference', async () => {
    const device = await Device.begun();
    await device.reportEach(5 * MINUTE, 0, 20 * MINUTE);
    await device.tick(2 * HOUR);
    for (const minute of [30, 35, 40, 45]) await device.report({ deviceTime: minute * MINUTE });
    await device.send(deviceCrashed, { ...CRASH, deviceTime: 45 * MINUTE });
    await device.tick(2 * HOUR + 2 * MINUTE);
    const told = device.run.read(topics.deviceHealthHours).filter(({ eventTime }) => eventTime === START);
    const first = { revision: 0, operatingMs: 21 * MINUTE, crashFreeHours: 1, crashes: 0 };
    const second = { revision: 1, operatingMs: 46 * MINUTE, crashFreeHours: 0, crashes: 1 };
    expect(told).toMatchObject([first, second]);
    const given = device.exposures().filter(({ eventTime }) => eventTime === START);
    const difference = { operatingMs: 25 * MINUTE, unknownMs: -25 * MINUTE, hours: 0, crashFreeHours: -1, crashes: 1 };
    expect(given).toMatchObject([{ operatingMs: 21 * MINUTE }, difference]);
    await device.tick(2 * HOUR + 9 * MINUTE);
    expect(device.exposures()).toHaveLength(2);
  });

  test('that a device stored and sent later was one of operation, without connection', async () => {
    const device = await Device.begun();
    await device.tick(5 * HOUR);
    for (let minute = 0; minute <= 120; minute += 5) await device.report({ deviceTime: minute * MINUTE });
    await device.tick(7 * HOUR);
    expect(device.hour(0)).toMatchObject({ operatingMs: HOUR, connectedMs: 0 });
    expect(device.hour(5 * HOUR)).toMatchObject({ operatingMs: 0, unknownMs: HOUR, connectedMs: MINUTE });
  });

  test('in which the firmware changed is told in two parts, each with what it did', async () => {
    const device = await Device.begun();
    await device.describe({ hardware: 'r2', firmware: '1.0', lot: 'L1' });
    await device.reportEach(5 * MINUTE, 0, 35 * MINUTE);
    await device.tick(40 * MINUTE);
    await device.send(deviceRebooted, { ...BOOT, cause: 'UPDATE', expected: true, firmware: '2.0' });
    await device.reportEach(5 * MINUTE, 45 * MINUTE, 55 * MINUTE);
    await device.send(deviceCrashed, { ...CRASH, firmware: '2.0' });
    await device.reportEach(5 * MINUTE, HOUR, HOUR);
    await device.tick(3 * HOUR);
    expect(device.hours().filter(({ eventTime }) => eventTime === START)).toMatchObject([
      { firmware: '1.0', lot: 'L1', expectedMs: 40 * MINUTE, operatingMs: 40 * MINUTE, hours: 1, crashFreeHours: 1 },
      { firmware: '2.0', lot: 'L1', expectedMs: 20 * MINUTE, operatingMs: 20 * MINUTE, hours: 1, crashFreeHours: 0 },
    ]);
    expect(device.hour(HOUR)).toMatchObject({ hardware: 'r2', firmware: '2.0' });
  });

  test('that a late description moves to another firmware is taken back from the one it was told of', async () => {
    const device = await Device.begun();
    await device.describe({ firmware: '1.0' });
    await device.reportEach(5 * MINUTE, 0, 2 * HOUR);
    await device.tick(2 * HOUR + 20 * MINUTE);
    await device.describe({ firmware: '1.1', deviceTime: HOUR });
    await device.tick(3 * HOUR + 20 * MINUTE);
    expect(device.hour(HOUR)).toMatchObject({ firmware: '1.1', operatingMs: HOUR });
    const sums = new Map<string | null, number>();
    for (const { firmware, operatingMs } of device.exposures()) {
      sums.set(firmware, (sums.get(firmware) ?? 0) + operatingMs);
    }
    expect(sums.get('1.0')).toBe(HOUR);
  });

  test('is of the technology of the last link report until its end', async () => {
    const device = await Device.begun();
    await device.send(linkReported, linkOf('LORAWAN'));
    await device.tick(HOUR + 50 * MINUTE);
    await device.send(linkReported, linkOf('LTE_M'));
    await device.tick(4 * HOUR);
    expect(device.hours().map(({ technology }) => technology)).toEqual(['LORAWAN', 'LTE_M', 'LTE_M']);
  });
});

describe('a device', () => {
  test('that is silent for a week is expected no more, until it is heard again', async () => {
    const device = await Device.begun();
    await device.report({ deviceTime: 0 });
    for (let day = 1; day <= 10; day++) await device.tick(day * DAY);
    const expected = () => device.hours().reduce((sum, { expectedMs }) => sum + expectedMs, 0);
    expect(expected()).toBe(7 * DAY);
    expect(device.run.state('acme/d1')).toMatchObject({ dueAt: null });
    await device.report();
    await device.tick(10 * DAY + 2 * HOUR);
    expect(expected()).toBe(7 * DAY + HOUR);
  });

  test('counts once in 28 days, however often it crashes, and is at risk until then', async () => {
    const device = await Device.begun();
    await device.reportEach(5 * MINUTE, 0, 90 * MINUTE);
    await device.send(deviceCrashed, CRASH);
    await device.reportEach(5 * MINUTE, 95 * MINUTE, 4 * HOUR);
    await device.send(deviceCrashed, CRASH);
    await device.tick(6 * HOUR);
    const told = device
      .hours()
      .map(({ atRiskMs, firstCrashes, crashes }) => [atRiskMs / MINUTE, firstCrashes, crashes]);
    expect(told).toEqual([
      [60, 0, 0],
      [31, 1, 1],
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 1],
    ]);
    // An earlier crash that is told later takes its place.
    await device.send(deviceCrashed, { ...CRASH, deviceTime: 10 * MINUTE });
    await device.tick(8 * HOUR);
    const now = device.hours().map(({ atRiskMs, firstCrashes }) => [atRiskMs / MINUTE, firstCrashes]);
    expect(now.slice(0, 3)).toEqual([
      [11, 1],
      [0, 0],
      [0, 0],
    ]);
  });

  test('of a device that crashed in the period before is told apart, also where that is only known later', async () => {
    const device = await Device.begun();
    await device.reportEach(5 * MINUTE, 28 * DAY - HOUR, 28 * DAY + 3 * HOUR);
    await device.send(deviceCrashed, { ...CRASH, deviceTime: 28 * DAY + 2 * HOUR + 10 * MINUTE });
    await device.tick(28 * DAY + 4 * HOUR);
    const sums = () => {
      const numbers = { atRiskMs: 0, firstCrashes: 0, atRiskAgainMs: 0, firstCrashesAgain: 0 };
      for (const exposure of device.exposures().filter(({ eventTime }) => eventTime >= START + 28 * DAY)) {
        for (const name of Object.keys(numbers) as (keyof typeof numbers)[]) numbers[name] += exposure[name];
      }
      return numbers;
    };
    const atRisk = { atRiskMs: 2 * HOUR + 11 * MINUTE, firstCrashes: 1 };
    expect(sums()).toEqual({ ...atRisk, atRiskAgainMs: 0, firstCrashesAgain: 0 });
    await device.send(deviceCrashed, { ...CRASH, deviceTime: 28 * DAY - 30 * MINUTE });
    await device.tick(28 * DAY + 6 * HOUR);
    expect(sums()).toEqual({ ...atRisk, atRiskAgainMs: atRisk.atRiskMs, firstCrashesAgain: 1 });
    // A period later the one before is this one.
    await device.tick(56 * DAY);
    await device.reportEach(5 * MINUTE, 56 * DAY, 56 * DAY + HOUR);
    await device.tick(56 * DAY + 3 * HOUR);
    const last = device.exposures().filter(({ eventTime }) => eventTime === START + 56 * DAY);
    expect(last).toMatchObject([{ atRiskMs: HOUR, atRiskAgainMs: HOUR }]);
  });

  test('keeps no more days than late reports may change', async () => {
    const device = await Device.begun();
    await device.describe({ firmware: '1.0', lot: 'L1' });
    for (let hour = 0; hour < 40 * 24; hour += 2) {
      await device.tick(hour * HOUR);
      await device.report();
    }
    expect(device.run.state('acme/d1')).toMatchObject({ keptFrom: (START + 28 * DAY) / DAY, before: { lot: 'L1' } });
    expect(device.hour(39 * DAY)).toMatchObject({ firmware: '1.0', lot: 'L1' });
    // It is refused, and goes to `fleet.late`.
    await device.report({ deviceTime: 20 * DAY });
    await device.tick(41 * DAY);
    expect(device.hour(20 * DAY)).toMatchObject({ revision: 0 });
  });
});
