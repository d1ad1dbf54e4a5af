import { expect, test } from 'vitest';
import { deviceRebooted, topics } from '#schemas';
import { DAY, Device, HOUR, MINUTE } from './device.ts';

const started = (device: Device, cause: string, deviceTime: number, expected = false) =>
  device.send(deviceRebooted, { cause, expected, firmware: null, uptimeMs: null, deviceTime });

/** What alerts hear, as kind and title. */
const heard = ({ run }: Device) => run.read(topics.signals).map(({ kind, title }) => `${kind} ${title}`);

test('eight starts in a day that nobody meant are told with their causes, and end a day later', async () => {
  const device = await Device.begun();
  await device.reportEach(30 * MINUTE, 0, 2 * HOUR);
  for (let i = 0; i < 7; i++) await started(device, 'BROWNOUT', 2 * HOUR + i * MINUTE);
  await started(device, 'WATCHDOG', 2 * HOUR + 10 * MINUTE);
  await device.reportEach(30 * MINUTE, 2 * HOUR, 3 * HOUR + 30 * MINUTE);
  expect(heard(device)).toEqual(['RAISED The device starts anew again and again, and its supply is why']);
  const [{ detail, alert } = { detail: '', alert: '' }] = device.run.read(topics.signals);
  expect(alert).toBe('device-health.restarts/d1');
  expect(detail).toContain('It started 8 times within a day that nobody meant: BROWNOUT 7, WATCHDOG 1.');
  await device.run.crash({ keepLocalState: false });
  await device.reportEach(30 * MINUTE, 4 * HOUR, DAY + 2 * HOUR);
  expect(heard(device)).toHaveLength(1);
  await device.reportEach(30 * MINUTE, DAY + 2 * HOUR, DAY + 4 * HOUR);
  expect(heard(device).at(-1)).toBe('CLEARED The device has calmed down');
});

test('fewer of them, those of two days apart, and any number that somebody meant are not told', async () => {
  const device = await Device.begun();
  for (let i = 0; i < 20; i++) await started(device, i % 2 === 0 ? 'COMMAND' : 'POWER', HOUR + i * MINUTE, true);
  for (let i = 0; i < 20; i++) await started(device, 'UPDATE', HOUR + i * MINUTE);
  for (const day of [0, 1]) {
    await device.reportEach(HOUR, day * DAY, day * DAY + 12 * HOUR);
    for (let i = 0; i < 7; i++) await started(device, 'CRASH', (day * 2 + 1) * 12 * HOUR + i * MINUTE + day * DAY);
  }
  await device.reportEach(HOUR, 2 * DAY, 4 * DAY);
  expect(heard(device)).toEqual([]);
});

test('starts that are told late count in the day in which they were, and those of days ago for nothing', async () => {
  const device = await Device.begun();
  await device.reportEach(HOUR, 0, 4 * DAY);
  for (let i = 0; i < 9; i++) await started(device, 'BROWNOUT', DAY + i * MINUTE);
  await device.reportEach(HOUR, 4 * DAY, 4 * DAY + 3 * HOUR);
  expect(heard(device)).toEqual([]);
  for (let i = 0; i < 9; i++) await started(device, 'BROWNOUT', 4 * DAY - 2 * HOUR + i * MINUTE);
  await device.reportEach(HOUR, 4 * DAY + 4 * HOUR, 4 * DAY + 6 * HOUR);
  expect(heard(device)).toHaveLength(1);
});
