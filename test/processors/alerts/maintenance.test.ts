import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, START, Tenant } from './tenant.ts';

const WINDOWS_MAX = 16;

/** The window of that number: an hour long, each an hour behind the last. */
const windowOf = (number: number) => ({
  startsAt: START + 2 * number * HOUR,
  endsAt: START + (2 * number + 1) * HOUR,
});
const declare = (tenant: Tenant, number: number, device = 'd1') =>
  tenant.say('MAINTENANCE', { device, ...windowOf(number), actor: 'ann', comment: 'new radio' });
const full = () => {
  const tenant = new Tenant();
  for (let number = 1; number <= WINDOWS_MAX; number++) declare(tenant, number);
  return tenant;
};

describe('of maintenances', () => {
  test('sixteen to come are kept of a device', () => {
    expect(full().told).toEqual([]);
  });

  test('one more is refused, whenever it begins, and whoever is told of alerts learns of it and why', () => {
    const tenant = declare(full(), 0.25);
    expect(tenant.told).toEqual(['OPENED alerts.maintenance/d1 DELIVERED']);
    expect(tenant.newest).toMatchObject({ device: 'd1', actor: 'ann', comment: 'new radio', severity: 'MEDIUM' });
    expect(tenant.newest.detail).toContain('from 2026-11-01T00:30:00.000Z to 2026-11-01T01:30:00.000Z');
    // What was promised before holds.
    expect(tenant.tick(40 * MINUTE).raise('rules.hot/d1').newest).toMatchObject({ withheld: null });
    const last = 2 * WINDOWS_MAX * HOUR + MINUTE;
    expect(tenant.tick(last).raise('rules.cold/d1').newest).toMatchObject({ withheld: 'MAINTENANCE' });
  });

  test('a second one that is refused is told as an update', () => {
    const tenant = declare(declare(full(), 30), 31);
    expect(tenant.told).toEqual(['OPENED alerts.maintenance/d1 DELIVERED', 'UPDATED alerts.maintenance/d1 DELIVERED']);
  });

  test('one that takes the place of another, or calls it off, is not refused', () => {
    const tenant = full().say('MAINTENANCE', { device: 'd1', ...windowOf(3), endsAt: START + 20 * HOUR });
    expect(tenant.told).toEqual([]);
  });

  test('those that are over make room, and say so', () => {
    const tenant = declare(full(), 30);
    tenant.news();
    expect(tenant.tick(4 * HOUR).news()).toEqual(['RESOLVED alerts.maintenance/d1 DELIVERED']);
    expect(declare(tenant, 30).news()).toEqual([]);
  });

  test('one that is called off makes room at once', () => {
    const tenant = declare(full(), 30);
    tenant.news();
    tenant.say('MAINTENANCE', { device: 'd1', startsAt: windowOf(5).startsAt, endsAt: windowOf(5).startsAt });
    expect(tenant.news()).toEqual(['RESOLVED alerts.maintenance/d1 DELIVERED']);
  });

  test('those of other devices take no place, and what tells of a refusal takes none of an alert', () => {
    const tenant = declare(declare(full(), 30), 30, 'd2');
    expect(tenant.told).toEqual(['OPENED alerts.maintenance/d1 DELIVERED']);
    expect(tenant.state).toMatchObject({ open: 0, ended: 0 });
    tenant.tick(60 * 24 * HOUR);
    expect(tenant.state).toMatchObject({ open: 0, ended: 0, dueAt: null });
    expect(['alerts', 'maintenances'].map((name) => tenant.size(name))).toEqual([0, 0]);
  });
});

describe('of devices behind a place that is told to be down', () => {
  const down = 'outages.subscriptions/subscriptions:o1';
  const behind = ['subscriptions:o1'];
  const silent = (tenant: Tenant, device: string) => tenant.raise(`connectivity.offline/${device}`, { behind });
  const workOn = (tenant: Tenant, device: string) =>
    tenant.say('MAINTENANCE', { device, startsAt: START, endsAt: START + HOUR });
  const worked = () => {
    const tenant = silent(silent(workOn(workOn(new Tenant(), 'd1'), 'd2'), 'd1'), 'd2');
    return tenant.raise(down, { device: 'subscriptions:o1' });
  };

  test('all of which are worked on, nothing is told', () => {
    expect(worked().told.at(-1)).toBe(`OPENED ${down} MAINTENANCE`);
  });

  test('one more that nobody works on lets it be told', () => {
    const tenant = worked();
    tenant.news();
    expect(silent(tenant, 'd3').tick(MINUTE).news()).toContain(`RELEASED ${down} DELIVERED`);
  });

  test('it is told when the work is over, and they are silent still', () => {
    const tenant = worked();
    tenant.news();
    expect(tenant.tick(HOUR).news()).toContain(`RELEASED ${down} DELIVERED`);
  });

  test('a gateway that tells of itself is told all the same', () => {
    const tenant = workOn(new Tenant(), 'd1').raise('connectivity.offline/d1', { behind: ['gw-1'] });
    expect(tenant.raise('connectivity.offline/gw-1').news()).toContain('OPENED connectivity.offline/gw-1 DELIVERED');
  });
});
