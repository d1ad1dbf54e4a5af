// What is told of a device whose sessions break off, where what is known of them changes afterwards.
import { expect, test } from 'vitest';
import { Device, HOUR, MINUTE, SECOND } from './device.ts';

/** Sessions of one minute each, of which each breaks off after half of it, from a minute on to another. */
async function breaksOff(device: Device, from: number, to: number): Promise<void> {
  for (let minute = from; minute < to; minute++) {
    await device.sessionStarted(`s${minute}`, { deviceTime: minute * MINUTE });
    await device.pass(minute * MINUTE + 30 * SECOND);
    await device.sessionEnded(`s${minute}`, 'CONNECTION_LOST', { deviceTime: minute * MINUTE + 30 * SECOND });
    await device.report({ deviceTime: minute * MINUTE + 40 * SECOND });
    await device.pass((minute + 1) * MINUTE);
  }
}

test('a session that ends by a clock that is ahead counts once its time has come', async () => {
  const device = await Device.begin();
  await device.sessionStarted('s0', { deviceTime: 0 });
  await device.sessionEnded('s0', 'CONNECTION_LOST', { deviceTime: 5 * MINUTE + 50 * SECOND, receivedAt: MINUTE });
  await breaksOff(device, 1, 5);
  expect(device.signals).toEqual([]);
  await device.pass(6 * MINUTE);
  expect(device.signals).toEqual(['RAISED connectivity.flapping']);
});

test('what was told too early stands where it is so by now, and is over once', async () => {
  const device = await Device.begin();
  await breaksOff(device, 1, 9);
  expect(device.signals).toEqual(['RAISED connectivity.flapping']);
  // Another session had been there when the first one broke off.
  await device.sessionStarted('beside', { deviceTime: MINUTE + SECOND });
  await device.sessionEnded('beside', 'TAKEN_OVER', { deviceTime: 2 * MINUTE });
  await device.reportEvery(MINUTE, HOUR);
  expect(device.signals).toEqual(['RAISED connectivity.flapping', 'CLEARED connectivity.flapping']);
});
