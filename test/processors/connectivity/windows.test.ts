import { describe, expect, test } from 'vitest';
import { deviceDescribed, qualityBands, topics } from '#schemas';
import { lateEvents } from '#sdk';
import { GRACE_MS, LATENESS_MS, WAIT_MS } from '../../../processors/connectivity/state.ts';
import { Device, HOUR, MINUTE, SECOND, START } from './device.ts';

describe('a window', () => {
  test('is written once, when it is over, and again only when a late event changes it', async () => {
    const device = await Device.begin();
    await device.report();
    await device.tick(MINUTE);
    const minutes = () => device.run.read(topics.connectivityWindows).filter((row) => row.spanSeconds === 60);
    expect(minutes()).toEqual([]);
    await device.tick(MINUTE + WAIT_MS);
    await device.pass(4 * MINUTE, SECOND * 5);
    expect(minutes()).toMatchObject([{ revision: 1, reports: 1, start: START, technology: 'ALL' }]);
    // A late burst is one revision.
    for (let i = 1; i <= 5; i++) await device.report({ deviceTime: i * SECOND });
    expect(minutes()).toHaveLength(1);
    await device.tick(4 * MINUTE + SECOND);
    expect(minutes()).toMatchObject([{ revision: 1 }, { revision: 2, reports: 6, start: START }]);
    expect(minutes()).toHaveLength(2);
  });

  test('of a minute is written by the next event after it is over, or else two minutes after its end', async () => {
    const device = await Device.begin();
    await device.report();
    const minutes = () => device.run.read(topics.connectivityWindows).filter((row) => row.spanSeconds === 60);
    await device.tick(MINUTE + GRACE_MS - 1);
    await device.report();
    expect(minutes()).toEqual([]);
    await device.tick(MINUTE + GRACE_MS);
    expect(minutes()).toEqual([]);
    await device.report();
    expect(minutes()).toMatchObject([{ revision: 1, reports: 1, start: START }]);
    await device.tick(2 * MINUTE + WAIT_MS - 1);
    expect(minutes()).toHaveLength(1);
    await device.tick(2 * MINUTE + WAIT_MS);
    expect(minutes()).toMatchObject([{ start: START }, { revision: 1, reports: 2, start: START + MINUTE }]);
  });

  test('has one row where one technology says it all, and one of the whole device once anything else came', async () => {
    const device = await Device.begin();
    await device.link({ rsrp: -90 });
    await device.pass(3 * MINUTE);
    const rows = () => [...device.windows.values()].filter(({ spanSeconds }) => spanSeconds === 60);
    expect(rows()).toMatchObject([{ technology: 'LTE_M', whole: true, reports: 1, linkReports: 1, completeness: 1 }]);
    await device.report({ deviceTime: SECOND });
    await device.tick(4 * MINUTE);
    expect(rows()).toMatchObject([
      { technology: 'LTE_M', whole: false, revision: 2, reports: 2, linkReports: 1, rsrp: -90 },
      { technology: 'ALL', whole: false, revision: 2, reports: 2, linkReports: 1, rsrp: null },
    ]);
    await device.pass(61 * MINUTE);
    const hours = [...device.windows.values()].filter(({ spanSeconds }) => spanSeconds === 3_600);
    expect(hours.map(({ technology, whole }) => [technology, whole])).toEqual([
      ['ALL', false],
      ['LTE_M', false],
    ]);
  });

  test('of a quarter and of an hour is the sum of its minutes', async () => {
    const device = await Device.begin();
    await device.reportEvery(20 * SECOND, 2 * HOUR);
    await device.pass(2 * HOUR + 11 * SECOND, SECOND);
    expect(device.window(60, HOUR)?.reports).toBe(3);
    expect(device.window(900, HOUR)?.reports).toBe(45);
    expect(device.window(3600, HOUR)).toMatchObject({ reports: 180, connectedMs: HOUR, expectedMs: HOUR });
  });

  test('older than a day is closed and leaves the state, and what comes for it goes to the late events', async () => {
    const device = await Device.begin();
    await device.report();
    await device.pass(LATENESS_MS + 3 * HOUR, 30 * MINUTE);
    await device.report({ deviceTime: MINUTE });
    expect(device.run.read(lateEvents)).toMatchObject([{ code: 'beyond_lateness', processor: 'connectivity' }]);
    const { closedTo } = device.run.state('acme/d1') as { closedTo: number };
    expect(closedTo).toBe(START + 2 * HOUR);
  });

  test('tells what is missing by the numbers, in it and before it, and a late number fills it', async () => {
    const device = await Device.begin();
    for (const [minute, sequence] of [
      [0, 1],
      [0, 2],
      [1, 5],
      [3, 9],
    ] as const) {
      await device.pass(minute * MINUTE);
      await device.report({ sequence, epoch: 1 });
    }
    await device.pass(6 * MINUTE);
    expect(device.window(60, 0)).toMatchObject({ reports: 2, missing: 0, completeness: 1 });
    expect(device.window(60, MINUTE)).toMatchObject({ reports: 1, missing: 2, completeness: 1 / 3 });
    expect(device.window(60, 3 * MINUTE)).toMatchObject({ missing: 3 });
    await device.report({ sequence: 7, epoch: 1, deviceTime: 2 * MINUTE });
    await device.tick(7 * MINUTE);
    expect(device.window(60, 2 * MINUTE)).toMatchObject({ missing: 1 });
    expect(device.window(60, 3 * MINUTE)).toMatchObject({ missing: 1, revision: 2 });
    await device.pass(20 * MINUTE);
    expect(device.window(900, 0)).toMatchObject({ reports: 5, missing: 4, completeness: 5 / 9 });
  });

  test('knows how many reports to expect where the device said its interval, even if it is said late', async () => {
    const device = await Device.begin();
    await device.reportEvery(10 * MINUTE, 70 * MINUTE);
    await device.pass(2 * HOUR);
    expect(device.window(900, 15 * MINUTE)).toMatchObject({ expected: null, completeness: 1 });
    const nothing = { model: null, hardware: null, firmware: null, lot: null, site: null };
    await device.run.send(deviceDescribed, {
      device: 'd1',
      ...nothing,
      reportIntervalMs: 5 * MINUTE,
      deviceTime: START,
    });
    await device.tick(2 * HOUR + MINUTE);
    expect(device.window(900, 15 * MINUTE)).toMatchObject({ expected: 3, reports: 1, completeness: 1 / 3 });
    expect(device.window(3600, 0)).toMatchObject({ expected: 12, reports: 5 });
  });

  test('of an hour tells how long the device was connected of the time that was expected', async () => {
    const device = await Device.begin();
    await device.reportEvery(5 * MINUTE, 30 * MINUTE);
    await device.pass(3 * HOUR);
    // From the first report on, and for three intervals after the last.
    expect(device.window(3600, 0)).toMatchObject({ connectedMs: 40 * MINUTE, expectedMs: 55 * MINUTE });
    expect(device.window(3600, HOUR)).toMatchObject({ connectedMs: 0, expectedMs: HOUR, reports: 0 });
  });

  test('expects nothing of the time in which nobody listened', async () => {
    const device = await Device.begin();
    await device.reportEvery(2 * MINUTE, 20 * MINUTE);
    await device.tick(50 * MINUTE, { resumed: true });
    await device.report();
    await device.reportEvery(2 * MINUTE, 62 * MINUTE);
    // From minute 30, when it would have been silent for too long, until minute 50.
    expect(device.window(3600, 0)).toMatchObject({ connectedMs: 38 * MINUTE, expectedMs: 38 * MINUTE });
  });
});

describe('a late report', () => {
  /** Minutes, with their last revisions, after a report of minute 2 that comes when minutes 0 to 12 are written. */
  async function revised(bytesUp: (minute: number) => number): Promise<readonly string[]> {
    const device = await Device.begin();
    for (let minute = 0; minute <= 13; minute++) {
      await device.pass(minute * MINUTE);
      if (minute !== 2) await device.link({ bytesUp: bytesUp(minute) });
    }
    await device.link({ bytesUp: bytesUp(2) }, { deviceTime: 2 * MINUTE });
    await device.tick(13 * MINUTE + SECOND);
    const rows = device.run.read(topics.connectivityWindows).filter((row) => row.spanSeconds === 60);
    return rows
      .filter(({ revision }) => revision > 1)
      .map(({ start, bytesUp: up }) => `${(start - START) / MINUTE} ${up}`);
  }

  test('changes the window of the next report, which grew from it, and none after that', async () => {
    expect(await revised((minute) => 10 * minute * minute)).toEqual(['3 50']);
  });

  test('is looked at in the windows of all reports that may grow from it where some repeat others', async () => {
    const found = await revised((minute) => (minute === 4 ? 90 : 10 * minute * minute));
    expect(found.map((each) => each.split(' ')[0])).toEqual(['3', '4', '5', '6', '7', '8', '9', '10']);
    expect(found[0]).toBe('3 50');
    expect(found[2]).toBe('5 160');
  });
});

describe('a link', () => {
  test('is measured by technology: means, extremes, latency and quality', async () => {
    const device = await Device.begin();
    const lte = { technology: 'LTE_M', cell: 'c1', operator: 'o1' } as const;
    for (const [i, rsrp] of [-80, -91, -120].entries()) {
      await device.link({ ...lte, rsrp, rsrq: -11, sinr: 8, latencyMs: 100 * (i + 1) }, { deviceTime: i * SECOND });
    }
    await device.link({ technology: 'WIFI', rssi: -60 }, { deviceTime: 4 * SECOND });
    await device.pass(3 * MINUTE);
    const row = device.window(60, 0, 'LTE_M');
    expect(row).toMatchObject({ rsrp: -97, rsrpMin: -120, rsrpMax: -80, sinr: 8, linkReports: 3, reports: 4 });
    expect(row).toMatchObject({ quality: 'FAIR', qualityBy: 'rsrp', policyVersion: 0 });
    expect(row?.latencyP50).toBeGreaterThan(198);
    expect(row?.latencyP50).toBeLessThan(202);
    expect(device.window(60, 0, 'WIFI')).toMatchObject({ rssi: -60, rsrp: null, linkReports: 1, quality: 'UNKNOWN' });
    expect(device.window(60, 0)).toMatchObject({ linkReports: 4, rssi: null });
  });

  test('is as good as the bands in force say', async () => {
    const device = await Device.begin();
    await device.run.decide(qualityBands, {
      bands: [{ measure: 'rssi', excellent: -30, good: -40, fair: -50, poor: -55 }],
      technologies: ['WIFI'],
    });
    await device.link({ technology: 'WIFI', rssi: -60 });
    await device.pass(3 * MINUTE);
    expect(device.window(60, 0, 'WIFI')).toMatchObject({ quality: 'VERY_POOR', qualityBy: 'rssi', policyVersion: 1 });
  });

  test('loses what its counters say, wherever they grow over windows, run over or begin anew', async () => {
    const device = await Device.begin();
    for (const [minute, packetsSent, packetsLost] of [
      [0, 65_500, 10],
      [2, 65_530, 13],
      [3, 14, 13],
      [4, 14, 13],
      [5, 3, 0],
    ] as const) {
      await device.pass(minute * MINUTE);
      await device.link({ packetsSent, packetsLost });
    }
    await device.pass(20 * MINUTE);
    expect(device.window(60, 0, 'LTE_M')).toMatchObject({ packetsSent: null, loss: null });
    expect(device.window(60, 2 * MINUTE, 'LTE_M')).toMatchObject({ packetsSent: 30, packetsLost: 3, loss: 0.1 });
    expect(device.window(60, 3 * MINUTE, 'LTE_M')).toMatchObject({ packetsSent: 20, packetsLost: 0, rollovers: 1 });
    expect(device.window(60, 4 * MINUTE, 'LTE_M')).toMatchObject({ packetsSent: null, repetitions: 1 });
    expect(device.window(60, 5 * MINUTE, 'LTE_M')).toMatchObject({ packetsSent: 3, packetsLost: 0, resets: 1 });
    expect(device.window(900, 0, 'LTE_M')).toMatchObject({ packetsSent: 53, packetsLost: 3, resets: 1, rollovers: 1 });
  });

  test('of LoRa has a margin by the gateway that heard each uplink best', async () => {
    const device = await Device.begin();
    const uplink = { technology: 'LORAWAN', spreadingFactor: 9 } as const;
    const heard = async (gateway: string, snr: number, at: number) =>
      device.link({ ...uplink, gateway, snr, rssi: -100 }, { deviceTime: at, payloadBytes: 10, payload: gateway + at });
    await heard('gw-1', -8, 0);
    await heard('gw-2', -2, 0);
    await heard('gw-1', -5, SECOND);
    await device.pass(3 * MINUTE);
    const row = device.window(60, 0, 'LORAWAN');
    expect(row).toMatchObject({ uplinks: 2, linkReports: 3, spreadingFactorMin: 9, spreadingFactorMax: 9 });
    expect(row).toMatchObject({ marginDb: (10.5 + 7.5) / 2, marginMinDb: 7.5, quality: 'FAIR', qualityBy: 'marginDb' });
    expect(row?.airtimeMs).toBeCloseTo(2 * 205.8, 0);
    expect(row?.gateways).toMatchObject([
      { gateway: 'gw-1', reports: 2, best: 1, snr: -6.5, marginDb: 6 },
      { gateway: 'gw-2', reports: 1, best: 1, snr: -2, marginDb: 10.5 },
    ]);
    expect(row?.bestGateway).toBe('gw-1');
  });
});
