import { describe, expect, test } from 'vitest';
import { deviceDescribed, presencePolicy, topics } from '#schemas';
import { Device, HOUR, MINUTE, SECOND, START } from './device.ts';

const said = (reportIntervalMs: number) => {
  const nothing = { model: null, hardware: null, firmware: null, lot: null, site: null };
  return { device: 'd1', ...nothing, reportIntervalMs };
};

describe('a device', () => {
  test('is online from its first report, whatever it reports', async () => {
    const device = await Device.begin();
    await device.report();
    expect(device.statuses).toEqual(['ONLINE REPORTED']);
    expect(device.run.state('acme/d1')).toMatchObject({ status: 'ONLINE', lastSeen: START });
  });

  test('that is silent for ten minutes is offline since its last sign, and told once', async () => {
    const device = await Device.begin();
    await device.report();
    await device.pass(10 * MINUTE - 1);
    expect(device.signals).toEqual([]);
    await device.pass(HOUR);
    expect(device.statuses).toEqual(['ONLINE REPORTED', 'OFFLINE SILENT']);
    expect(device.run.read(topics.connectivityChanges).at(-1)).toMatchObject({
      eventTime: START,
      lastSeen: START,
      intervalFrom: 'POLICY',
      allowedMs: 10 * MINUTE,
    });
    expect(device.run.read(topics.signals)).toMatchObject([
      { kind: 'RAISED', alert: 'connectivity.offline/d1', policy: 'presence', policyVersion: 0, eventTime: START },
    ]);
  });

  test('that comes back is told to be back, with how long it was away', async () => {
    const device = await Device.begin();
    await device.report();
    await device.pass(30 * MINUTE);
    await device.report();
    expect(device.statuses.at(-1)).toBe('ONLINE REPORTED');
    expect(device.run.read(topics.signals).at(-1)).toMatchObject({
      kind: 'CLEARED',
      detail: 'It was heard at 2026-11-01T00:30:00.000Z, after 30 min of silence.',
    });
  });

  test('whose clock went back by years is there while it reports, though what it says is too late to count', async () => {
    const device = await Device.begin();
    await device.report();
    for (let minute = 1; minute <= 40; minute++) {
      await device.pass(minute * MINUTE);
      await device.report({ deviceTime: Date.UTC(2021, 0, 1) + minute * MINUTE - START });
    }
    expect(device.statuses).toEqual(['ONLINE REPORTED']);
    await device.pass(2 * HOUR);
    expect(device.statuses).toEqual(['ONLINE REPORTED', 'OFFLINE SILENT']);
  });

  test('that says that it sleeps for an hour is asleep, and may miss two reports', async () => {
    const device = await Device.begin();
    await device.run.send(deviceDescribed, said(HOUR));
    await device.report();
    await device.pass(3 * HOUR - 1, 10 * MINUTE);
    expect(device.statuses).toEqual(['SLEEPING REPORTED']);
    expect(device.signals).toEqual([]);
    await device.pass(3 * HOUR, 10 * MINUTE);
    expect(device.statuses.at(-1)).toBe('OFFLINE SILENT');
    expect(device.run.read(topics.signals)[0]?.detail).toBe(
      'There is no sign of it since 2026-11-01T00:00:00.000Z. It reports every 60 min, as it said, so it may be silent for 3 h.',
    );
  });

  test('shows its interval by its reports where it says none, and then sleeps between them', async () => {
    const device = await Device.begin();
    await device.reportEvery(5 * MINUTE, 15 * MINUTE);
    // From here on it reports every half an hour: until that is learnt it is offline between.
    await device.reportEvery(30 * MINUTE, 6 * HOUR);
    const before = device.signals.length;
    await device.reportEvery(30 * MINUTE, 12 * HOUR);
    expect(device.signals.length).toBe(before);
    expect(device.statuses.at(-1)).toBe('SLEEPING REPORTED');
    expect(device.run.read(topics.connectivityChanges).at(-1)).toMatchObject({
      intervalFrom: 'LEARNED',
      intervalMs: 30 * MINUTE,
      allowedMs: 90 * MINUTE,
    });
  });

  test('whose silence began before time stood still is unknown, and offline only when silent after', async () => {
    const device = await Device.begin();
    await device.report();
    await device.pass(5 * MINUTE);
    await device.tick(2 * HOUR, { resumed: true });
    expect(device.statuses).toEqual(['ONLINE REPORTED', 'UNKNOWN RESUMED']);
    expect(device.signals).toEqual([]);
    await device.pass(2 * HOUR + 10 * MINUTE - 1);
    expect(device.statuses).toHaveLength(2);
    await device.pass(2 * HOUR + 10 * MINUTE);
    expect(device.statuses.at(-1)).toBe('OFFLINE SILENT');
  });

  test('that nobody could see is unknown still when something comes that it had said before', async () => {
    const device = await Device.begin();
    await device.report();
    await device.pass(5 * MINUTE);
    await device.tick(2 * HOUR, { resumed: true });
    await device.report({ deviceTime: 6 * MINUTE, receivedAt: 6 * MINUTE });
    expect(device.statuses).toEqual(['ONLINE REPORTED', 'UNKNOWN RESUMED']);
    await device.report();
    expect(device.statuses.at(-1)).toBe('ONLINE REPORTED');
  });

  test('that was silent while nobody listened is unknown, and online when it is heard', async () => {
    const device = await Device.begin();
    await device.report();
    await device.pass(5 * MINUTE);
    await device.run.ingress('STOPPED');
    await device.pass(9 * MINUTE);
    await device.run.ingress('STARTED');
    await device.pass(15 * MINUTE);
    expect(device.statuses).toEqual(['ONLINE REPORTED', 'UNKNOWN RESUMED']);
    await device.report();
    expect(device.statuses.at(-1)).toBe('ONLINE REPORTED');
    expect(device.signals).toEqual([]);
  });

  test('is not offline when late events show that it was there all along', async () => {
    const device = await Device.begin();
    await device.report();
    await device.pass(20 * MINUTE);
    expect(device.signals).toEqual(['RAISED connectivity.offline']);
    for (const minutes of [16, 4, 12]) {
      await device.report({ deviceTime: minutes * MINUTE, receivedAt: minutes * MINUTE, payload: String(minutes) });
    }
    await device.report({ deviceTime: 8 * MINUTE, receivedAt: 8 * MINUTE });
    expect(device.signals.at(-1)).toBe('RETRACTED connectivity.offline');
    expect(device.run.state('acme/d1')).toMatchObject({ status: 'ONLINE', absences: [] });
  });

  test('that sends what it had stored was not there while it stored it', async () => {
    const device = await Device.begin();
    await device.report();
    await device.pass(30 * MINUTE);
    for (let minutes = 1; minutes < 30; minutes++)
      await device.report({ deviceTime: minutes * MINUTE, historical: true });
    expect(device.signals).toEqual(['RAISED connectivity.offline', 'CLEARED connectivity.offline']);
  });

  test('that went away later than was thought is told anew', async () => {
    const device = await Device.begin();
    await device.report();
    await device.pass(30 * MINUTE);
    await device.report({ deviceTime: 5 * MINUTE, receivedAt: 5 * MINUTE });
    expect(device.statuses.at(-1)).toBe('OFFLINE REVISED');
    expect(device.run.read(topics.signals)).toMatchObject([
      { kind: 'RAISED', eventTime: START },
      { kind: 'RAISED', eventTime: START + 5 * MINUTE },
    ]);
  });

  test('names the gateways that it is behind', async () => {
    const device = await Device.begin();
    await device.link({ technology: 'LORAWAN', gateway: 'gw-1' });
    await device.link({ technology: 'LORAWAN', gateway: 'gw-2' });
    await device.pass(11 * MINUTE);
    expect(device.run.read(topics.signals)[0]?.behind).toEqual(['gw-1', 'gw-2']);
    expect(device.run.read(topics.connectivitySilences)).toMatchObject([
      { kind: 'HEARD', gateways: ['gw-1'] },
      { kind: 'HEARD', gateways: ['gw-1', 'gw-2'] },
      { kind: 'SILENT', gateways: ['gw-1', 'gw-2'], reason: 'SILENT' },
    ]);
  });

  test('is judged by the policy that is in force, whose version is told', async () => {
    const device = await Device.begin();
    await device.run.decide(presencePolicy, { ...presencePolicy.fallback, silenceMs: 2 * MINUTE });
    await device.report();
    await device.pass(3 * MINUTE);
    expect(device.run.read(topics.signals)).toMatchObject([{ kind: 'RAISED', policyVersion: 1 }]);
  });

  test('is judged alike after a crash, from its local state or from the changelog', async () => {
    const device = await Device.begin();
    await device.report();
    await device.pass(5 * MINUTE);
    await device.run.crash({ keepLocalState: false });
    await device.pass(12 * MINUTE);
    await device.run.crash();
    await device.report();
    expect(device.statuses).toEqual(['ONLINE REPORTED', 'OFFLINE SILENT', 'ONLINE REPORTED']);
  });
});

describe('sessions', () => {
  test('that break off tell sooner than silence, after a grace', async () => {
    const device = await Device.begin();
    await device.sessionStarted('s1');
    await device.pass(2 * MINUTE);
    await device.sessionEnded('s1', 'MQTT_KEEP_ALIVE_TIMEOUT');
    await device.pass(3 * MINUTE - 1);
    expect(device.signals).toEqual([]);
    await device.pass(3 * MINUTE);
    expect(device.statuses.at(-1)).toBe('OFFLINE SESSION_ENDED');
  });

  test('that are taken over by another are bookkeeping, in whatever order that is told', async () => {
    for (const order of [
      [0, 1, 2],
      [1, 0, 2],
      [1, 2, 0],
      [2, 1, 0],
    ]) {
      const device = await Device.begin();
      await device.tick(2 * MINUTE);
      const told = [
        () => device.sessionStarted('s1', { deviceTime: 0 }),
        () => device.sessionEnded('s1', 'CONNECTION_LOST', { deviceTime: MINUTE + 50 }),
        () => device.sessionStarted('s2', { deviceTime: MINUTE }),
      ];
      for (const index of order) await told[index]?.();
      await device.pass(9 * MINUTE);
      expect(device.statuses).toEqual(['ONLINE REPORTED']);
      expect(device.signals).toEqual([]);
    }
  });

  test('end even if their end is told first, or seems to be before their begin', async () => {
    const device = await Device.begin();
    await device.tick(2 * MINUTE);
    await device.sessionEnded('s1', 'CONNECTION_LOST', { deviceTime: MINUTE });
    await device.sessionStarted('s1', { deviceTime: MINUTE + 5 * SECOND });
    expect(device.run.state('acme/d1')).toMatchObject({
      sessions: [{ sessionId: 's1', startedAt: START + MINUTE + 5 * SECOND, endedAt: START + MINUTE }],
    });
  });

  test('that the device ends on purpose leave it to silence', async () => {
    const device = await Device.begin();
    await device.sessionStarted('s1');
    await device.sessionEnded('s1', 'CLIENT_INITIATED_DISCONNECT');
    await device.pass(10 * MINUTE - 1);
    expect(device.statuses).toEqual(['ONLINE REPORTED']);
  });
});

describe('flapping', () => {
  const drop = async (device: Device, number: number, awayMs: number) => {
    await device.sessionEnded(`s${number}`, 'CONNECTION_LOST');
    await device.tick(device.now + awayMs);
    await device.sessionStarted(`s${number + 1}`);
    await device.tick(device.now + MINUTE);
  };

  test('is told once when a device goes away five times in a quarter of an hour, and when it calms down', async () => {
    const device = await Device.begin();
    await device.sessionStarted('s0');
    await device.tick(MINUTE);
    for (let number = 0; number < 4; number++) await drop(device, number, 5 * SECOND);
    expect(device.signals).toEqual([]);
    for (let number = 4; number < 8; number++) await drop(device, number, 5 * SECOND);
    expect(device.signals).toEqual(['RAISED connectivity.flapping']);
    await device.reportEvery(5 * MINUTE, device.now + 30 * MINUTE);
    expect(device.signals).toEqual(['RAISED connectivity.flapping', 'CLEARED connectivity.flapping']);
  });

  test('is never told of blips of 150 ms, however many', async () => {
    const device = await Device.begin();
    await device.sessionStarted('s0');
    await device.tick(MINUTE);
    for (let number = 0; number < 12; number++) await drop(device, number, 150);
    expect(device.signals).toEqual([]);
    expect(device.statuses).toEqual(['ONLINE REPORTED']);
  });

  test('is retracted when late events show that sessions had been taken over', async () => {
    const device = await Device.begin();
    await device.sessionStarted('s0');
    await device.tick(MINUTE);
    for (let number = 0; number < 6; number++) await drop(device, number, 5 * SECOND);
    expect(device.signals).toEqual(['RAISED connectivity.flapping']);
    // Each drop was covered by a session that nobody had told of.
    for (let number = 0; number < 6; number++) {
      const at = MINUTE + number * (MINUTE + 5 * SECOND);
      await device.sessionStarted(`t${number}`, { deviceTime: at - SECOND });
      await device.sessionEnded(`t${number}`, 'DUPLICATE_CLIENTID', { deviceTime: at + 6 * SECOND });
    }
    await device.tick(device.now + SECOND);
    expect(device.signals.at(-1)).toBe('RETRACTED connectivity.flapping');
  });
});
