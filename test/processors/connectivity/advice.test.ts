import { describe, expect, test } from 'vitest';
import { dataPlan, linkMargin, topics } from '#schemas';
import { Device, HOUR, MINUTE } from './device.ts';

const DAY = 24 * HOUR;

/** LoRa uplinks every five minutes, then a day and more until they can change no more. */
async function uplinks(
  device: Device,
  count: number,
  said: { spreadingFactor: number; snr: number; gateways: string[] },
) {
  const { gateways, ...radio } = said;
  for (let i = 0; i < count; i++) {
    await device.pass(device.now + 5 * MINUTE, 5 * MINUTE);
    for (const gateway of gateways) {
      const deviceTime = device.now;
      const when = { deviceTime, payloadBytes: 12, payload: `${gateway} ${deviceTime}` };
      await device.link({ technology: 'LORAWAN', gateway, ...radio }, when);
    }
  }
  await device.pass(device.now + DAY + 3 * HOUR, HOUR);
}

const adviceOf = (device: Device) => device.run.read(topics.connectivityAdvice);

describe('advice', () => {
  test('is a faster data rate where the margin has steps to spare, with its numbers, told once', async () => {
    const device = await Device.begin();
    // 10.5 dB above the floor of -20 dB leave 15.5 dB beyond the reserve of 15 dB: six steps, of which five are there.
    await uplinks(device, 30, { spreadingFactor: 12, snr: 10.5, gateways: ['gw-1', 'gw-2'] });
    expect(adviceOf(device)).toMatchObject([
      {
        kind: 'DATA_RATE_UP',
        active: true,
        uplinks: expect.any(Number) as number,
        marginDb: 30.5,
        steps: 5,
        policy: 'link-margin',
        policyVersion: 0,
      },
    ]);
  });

  test('keeps more in reserve while there are few uplinks', async () => {
    const few = await Device.begin();
    await uplinks(few, 19, { spreadingFactor: 9, snr: 5, gateways: ['gw-1', 'gw-2'] });
    // 17.5 dB of margin are no step beyond 15 and 2.5 dB.
    expect(adviceOf(few)).toEqual([]);
    const enough = await Device.begin();
    await uplinks(enough, 20, { spreadingFactor: 9, snr: 5, gateways: ['gw-1', 'gw-2'] });
    expect(adviceOf(enough)).toMatchObject([
      { kind: 'DATA_RATE_UP', steps: 1, uplinks: 20, requiredDb: 15, spareDb: 2.5 },
    ]);
  });

  test('is less power where the data rate is the fastest, and a slower one where margin is lacking', async () => {
    const strong = await Device.begin();
    await uplinks(strong, 25, { spreadingFactor: 7, snr: 14, gateways: ['gw-1', 'gw-2'] });
    expect(adviceOf(strong).at(-1)).toMatchObject({ kind: 'TRANSMIT_POWER_DOWN', steps: 2, spareDb: 6.5 });
    const weak = await Device.begin();
    await uplinks(weak, 25, { spreadingFactor: 8, snr: -2, gateways: ['gw-1', 'gw-2'] });
    expect(adviceOf(weak).at(-1)).toMatchObject({ kind: 'DATA_RATE_DOWN', steps: -3, spareDb: -7 });
  });

  test('names the gateway that alone hears a device, and is taken back when another does', async () => {
    const device = await Device.begin();
    await device.run.decide(linkMargin, { ...linkMargin.fallback, reserveDb: 9 });
    await uplinks(device, 25, { spreadingFactor: 7, snr: 2, gateways: ['gw-1'] });
    expect(adviceOf(device)).toMatchObject([
      { kind: 'SINGLE_GATEWAY', gateway: 'gw-1', uplinks: 20, policyVersion: 1 },
    ]);
    await uplinks(device, 5, { spreadingFactor: 7, snr: 2, gateways: ['gw-1', 'gw-2'] });
    expect(adviceOf(device).at(-1)).toMatchObject({ kind: 'SINGLE_GATEWAY', active: false });
  });
});

describe('the volume of a month', () => {
  test('is told near the plan, beyond it, and again within it in a new month', async () => {
    const device = await Device.begin();
    await device.run.decide(dataPlan, { monthlyBytes: 1_000_000, warnShare: 0.8 });
    const month: number[] = [];
    for (let bytes = 0, hour = 0; hour < 24; hour++) {
      await device.pass(hour * HOUR, 10 * MINUTE);
      await device.link({ bytesUp: (bytes += 40_000), bytesDown: 5_000 });
      month.push(bytes);
    }
    const volume = () => device.run.read(topics.signals).filter(({ rule }) => rule === 'connectivity.volume');
    // From the first report on 40 kB an hour; 80 % after 20 of them.
    expect(volume()).toMatchObject([{ kind: 'RAISED', severity: 'MEDIUM' }]);
    expect(volume()[0]?.detail).toBe(
      '800000 bytes of the 1000000 that its plan has for a month are used (80 %). It is told from 80 % on.',
    );
    await device.link({ bytesUp: 2_000_000, bytesDown: 5_000 });
    await device.pass(26 * HOUR, 10 * MINUTE);
    expect(volume().map(({ kind, severity }) => `${kind} ${severity}`)).toEqual(['RAISED MEDIUM', 'RAISED HIGH']);
    await device.pass(31 * DAY, 6 * HOUR);
    expect(volume().at(-1)).toMatchObject({ kind: 'CLEARED' });
    expect(adviceOf(device).map(({ kind, active }) => [kind, active])).toEqual([
      ['VOLUME', true],
      ['VOLUME', false],
    ]);
  });

  test('is retracted when a late report shows that the counter had stood there before', async () => {
    const device = await Device.begin();
    await device.run.decide(dataPlan, { monthlyBytes: 1_000_000, warnShare: 0.8 });
    await device.pass(10 * MINUTE);
    await device.link({ bytesUp: 100 });
    await device.pass(15 * MINUTE);
    await device.link({ bytesUp: 2_000_000 });
    await device.reportEvery(5 * MINUTE, 65 * MINUTE);
    expect(device.signals).toEqual(['RAISED connectivity.volume']);
    await device.link({ bytesUp: 2_000_000 }, { deviceTime: 5 * MINUTE, receivedAt: 64 * MINUTE });
    await device.tick(66 * MINUTE);
    expect(device.signals).toEqual(['RAISED connectivity.volume', 'RETRACTED connectivity.volume']);
    expect(device.window(3600, 0)).toMatchObject({ revision: 2, bytesUp: 100, resets: 1, repetitions: 1 });
  });
});
