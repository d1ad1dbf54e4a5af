import { describe, expect, test } from 'vitest';
import { topics, verdictGiven } from '#schemas';
import { House, HOME, type Shown, some } from './house.ts';

const STRANGER: Shown = { ...HOME, remoteAddresses: ['10.0.0.5:8883', '192.0.2.7:443'] };

describe('a device with a past', () => {
  test('that connects to a strange network is told with what was usual and what would have kept it silent', async () => {
    const house = await House.open();
    await house.live(40, ['d0']);
    await house.live(3, ['d0'], () => STRANGER);
    await house.live(2, ['d0']);
    const [found, ...more] = house.run.read(topics.novelties);
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      tenant: 'acme',
      device: 'd0',
      kind: 'DESTINATION',
      members: ['192.0.2.0/24'],
      seen: ['192.0.2.7:443'],
      usual: ['10.0.0.0/24'],
      basis: 'DEVICE',
      reports: 40,
      news: 0,
      threshold: 0.05,
      policyVersion: 1,
      causePath: 'novelty/1/0>novelty-cohorts/1/0',
    });
    expect(found?.probability).toBeCloseTo(1 / 41, 9);
    expect(house.heard).toEqual(['RAISED novelty.destination/d0', 'CLEARED novelty.destination/d0']);
    expect(house.run.read(topics.signals)[0]).toMatchObject({
      severity: 'MEDIUM',
      title: 'd0 is connected to a network that is new: 192.0.2.0/24',
      policy: 'novelty',
      policyVersion: 1,
      eventId: found?.eventId,
    });
  });

  test('that meets another address of a known network is silent', async () => {
    const house = await House.open();
    await house.live(40, ['d0']);
    await house.live(3, ['d0'], () => ({ ...HOME, remoteAddresses: ['10.0.0.77:8883'] }));
    expect(house.found).toEqual([]);
  });

  test('that connects to another port of a known network, opens a port, or is asked for something new is told', async () => {
    const house = await House.open();
    await house.live(40, ['d0']);
    for (let i = 0; i < 25; i++) await house.asks('d0', { interval: i });
    await house.live(1, ['d0'], () => ({ remoteAddresses: ['10.0.0.5:6667'], listeningTcpPorts: [22, 23] }));
    await house.asks('d0', { shell: { run: 'id' } });
    expect(house.found).toEqual(['d0 ENDPOINT 10.0.0.0/24:6667', 'd0 PORT tcp/23', 'd0 COMMAND /shell/run']);
    // A command is over an hour later, as nothing tells its end.
    await house.run.advanceTo(house.time + 2 * 3_600_000);
    await house.run.advanceTo(house.time + 2 * 3_600_000 + 1_000);
    expect(house.heard.at(-1)).toBe('CLEARED novelty.command/d0');
  });

  test('is silent about what the policy knows', async () => {
    const house = await House.open({ known: ['192.0.2.0/24', 'tcp/23'] });
    await house.live(40, ['d0']);
    await house.live(2, ['d0'], () => ({ ...STRANGER, listeningTcpPorts: [22, 23] }));
    expect(house.found).toEqual([]);
  });

  test('has what an operator calls benign learnt, and its alert cleared', async () => {
    const house = await House.open();
    await house.live(40, ['d0']);
    await house.live(2, ['d0'], () => STRANGER);
    const finding = 'novelty.destination/d0';
    await house.run.send(verdictGiven, {
      device: 'd0',
      finding,
      verdict: 'BENIGN_POSITIVE',
      comment: null,
      actor: 'ops',
    });
    await house.live(3, ['d0'], () => STRANGER);
    await house.live(1, ['d0']);
    await house.live(2, ['d0'], () => STRANGER);
    expect(house.heard).toEqual([`RAISED ${finding}`, `CLEARED ${finding}`]);
  });
});

describe('a young device', () => {
  test('is silent while neither itself nor its like have a past', async () => {
    const house = await House.open();
    await house.live(10, some(3));
    await house.live(2, some(3), (device) => (device === 'd1' ? STRANGER : HOME));
    expect(house.found).toEqual([]);
  });
});

describe('devices that are alike', () => {
  test('stay silent when a new firmware brings them a new destination, one after the other', async () => {
    const house = await House.open();
    const devices = some(6);
    for (const device of devices) await house.describes(device, '1.0');
    await house.live(40, devices);
    const updated = new Set<string>();
    for (const device of devices) {
      updated.add(device);
      await house.describes(device, '2.0');
      await house.live(2, devices, (each) => (updated.has(each) ? STRANGER : HOME));
    }
    await house.live(30, devices, () => STRANGER);
    expect(house.found).toEqual([]);
    // What the firmware did not bring is told once they have a past with it.
    await house.live(1, devices, (device) =>
      device === 'd2' ? { ...STRANGER, listeningTcpPorts: [22, 4444] } : STRANGER,
    );
    expect(house.found).toEqual(['d2 PORT tcp/4444']);
  });

  test('that all meet the same stranger without a new firmware are told of twice, and then once that it spreads', async () => {
    const house = await House.open();
    const devices = some(6);
    for (const device of devices) await house.describes(device, '1.0');
    await house.live(40, devices);
    for (let i = 1; i <= devices.length; i++) {
      await house.live(1, devices, (device) => (Number(device.slice(1)) < i ? STRANGER : HOME));
    }
    expect(house.heard).toEqual([
      'RAISED novelty.destination/d0',
      'RAISED novelty.destination/d1',
      'RAISED novelty.spread/m 1.0/destination/192.0.2.0/24',
    ]);
    expect(house.found).toHaveLength(6);
    const last = house.run.read(topics.novelties).find(({ device }) => device === 'd5');
    expect(last?.others).toBe(3);
  });

  test('lend what they do: a device that begins to do what two others do is silent', async () => {
    const house = await House.open();
    const devices = some(4);
    for (const device of devices) await house.describes(device, '1.0');
    await house.live(40, devices, (device) => (device === 'd0' || device === 'd1' ? STRANGER : HOME));
    await house.live(3, devices, () => STRANGER);
    expect(house.found).toEqual([]);
  });
});
