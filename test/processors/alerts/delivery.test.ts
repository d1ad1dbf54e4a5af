import { describe, expect, test } from 'vitest';
import { alerting } from '../../../processors/alerts/policy.ts';
import { HOUR, MINUTE, SECOND, START, Tenant } from './tenant.ts';

const GATEWAY = 'connectivity.offline/gw1';
const DEVICE = 'connectivity.offline/d1';
const behind = ['gw1'];

describe('a gateway that is down', () => {
  test('hides the devices behind it, also when its alert comes a moment later', () => {
    const tenant = new Tenant()
      .raise(DEVICE, { behind })
      .tick(10 * SECOND)
      .raise(GATEWAY);
    tenant.raise('connectivity.offline/d2', { behind }).tick(HOUR);
    expect(tenant.told).toEqual([
      'OPENED connectivity.offline/d1 WAITING',
      'OPENED connectivity.offline/gw1 DELIVERED',
      'OPENED connectivity.offline/d2 INHIBITED',
      'HELD connectivity.offline/d1 INHIBITED',
    ]);
    expect(tenant.newest).toMatchObject({ withheldBy: GATEWAY, deliver: false });
  });

  test('hides nothing that came long before it', () => {
    const tenant = new Tenant().raise(DEVICE, { behind }).tick(30 * SECOND);
    expect(tenant.news()).toEqual([
      'OPENED connectivity.offline/d1 WAITING',
      'RELEASED connectivity.offline/d1 DELIVERED',
    ]);
    expect(tenant.raise(GATEWAY).tick(HOUR).news()).toEqual(['OPENED connectivity.offline/gw1 DELIVERED']);
  });

  test('hides a device only if all that it is behind are down', () => {
    const tenant = new Tenant().raise(GATEWAY).raise(DEVICE, { behind: ['gw1', 'gw2'] });
    expect(tenant.newest).toMatchObject({ alert: DEVICE, withheld: 'WAITING' });
    expect(tenant.tick(MINUTE).newest).toMatchObject({ change: 'RELEASED', deliver: true });
    const both = new Tenant()
      .raise(GATEWAY)
      .raise('connectivity.offline/gw2')
      .raise(DEVICE, { behind: ['gw1', 'gw2'] });
    expect(both.newest).toMatchObject({ withheld: 'INHIBITED', withheldBy: GATEWAY });
  });

  test('that is back leaves its devices a while to come back, and then theirs are delivered', () => {
    const tenant = new Tenant().raise(GATEWAY).raise(DEVICE, { behind }).raise('connectivity.offline/d2', { behind });
    tenant
      .tick(MINUTE)
      .clear(GATEWAY)
      .tick(MINUTE + 20 * SECOND)
      .clear('connectivity.offline/d2');
    tenant.news();
    expect(tenant.tick(MINUTE + 29 * SECOND).news()).toEqual([]);
    expect(tenant.tick(MINUTE + 30 * SECOND).news()).toEqual(['RELEASED connectivity.offline/d1 DELIVERED']);
    expect(tenant.newest).toMatchObject({ openedAt: START, announced: true });
    expect(tenant.told).toContain('RESOLVED connectivity.offline/d2 UNANNOUNCED');
  });

  test('explains for that while also what is raised after it is back', () => {
    const tenant = new Tenant()
      .raise(GATEWAY)
      .tick(MINUTE)
      .clear(GATEWAY)
      .tick(MINUTE + 10 * SECOND);
    tenant.news();
    expect(tenant.raise(DEVICE, { behind }).news()).toEqual([`OPENED ${DEVICE} INHIBITED`]);
    expect(tenant.newest.withheldBy).toBe(GATEWAY);
    expect(tenant.tick(MINUTE + 30 * SECOND).news()).toEqual([`HELD ${DEVICE} WAITING`]);
    expect(tenant.tick(MINUTE + 40 * SECOND).news()).toEqual([`RELEASED ${DEVICE} DELIVERED`]);
  });

  test('and down again within that while goes on hiding them', () => {
    const tenant = new Tenant().raise(GATEWAY).raise(DEVICE, { behind }).tick(MINUTE).clear(GATEWAY);
    tenant.tick(MINUTE + 10 * SECOND).raise(GATEWAY);
    tenant.news();
    expect(tenant.tick(HOUR).news()).toEqual([]);
    tenant.clear(GATEWAY).tick(HOUR + MINUTE);
    expect(tenant.news()).toEqual([`RESOLVED ${GATEWAY} DELIVERED`, `RELEASED ${DEVICE} DELIVERED`]);
  });

  test('that was judged not to be down hides nothing any more', () => {
    const tenant = new Tenant().raise(GATEWAY).raise(DEVICE, { behind });
    tenant.say('JUDGED', { alert: GATEWAY, verdict: 'FALSE_POSITIVE' });
    tenant.news();
    expect(tenant.tick(HOUR).news()).toEqual([`RELEASED ${DEVICE} DELIVERED`]);
  });

  test('stays one outage for as long as one of its alerts says so', () => {
    const tenant = new Tenant().raise(GATEWAY).raise('outages.gateway/gw1').raise(DEVICE, { behind }).clear(GATEWAY);
    tenant.news();
    expect(tenant.tick(HOUR).news()).toEqual([`HELD ${DEVICE} INHIBITED`]);
    expect(tenant.newest.withheldBy).toBe('outages.gateway/gw1');
  });

  test('is no reason for an alert of it that says nothing of an outage', () => {
    const tenant = new Tenant().raise('health.battery/gw1').raise(DEVICE, { behind }).tick(MINUTE);
    expect(tenant.told.at(-1)).toBe(`RELEASED ${DEVICE} DELIVERED`);
  });

  test.each([2, 3, 5])('and explained by others in a ring of %i hides none of them all', (count) => {
    const tenant = new Tenant();
    const name = (index: number) => `connectivity.offline/r${index % count}`;
    for (let index = 0; index < count; index++) tenant.raise(name(index), { behind: [`r${(index + 1) % count}`] });
    tenant.tick(MINUTE);
    const released = tenant.told.filter((line) => line.startsWith('RELEASED'));
    expect(released.length).toBeGreaterThan(0);
  });

  test('hides what is behind what is behind it', () => {
    const tenant = new Tenant()
      .raise(GATEWAY)
      .raise('connectivity.offline/hub', { behind })
      .raise(DEVICE, { behind: ['hub'] });
    tenant.tick(HOUR);
    expect(tenant.told.slice(1)).toEqual([
      'OPENED connectivity.offline/hub INHIBITED',
      'OPENED connectivity.offline/d1 INHIBITED',
    ]);
  });
});

describe('maintenance', () => {
  const window = { device: 'd1', startsAt: START, endsAt: START + HOUR };

  test('keeps the alerts of a device, and delivers at its end what is still open', () => {
    const tenant = new Tenant().say('MAINTENANCE', window).tick(MINUTE).raise('rules.hot/d1').raise('rules.wet/d1');
    tenant.raise('rules.hot/d2').clear('rules.wet/d1').tick(HOUR);
    expect(tenant.told).toEqual([
      'OPENED rules.hot/d1 MAINTENANCE',
      'OPENED rules.wet/d1 MAINTENANCE',
      'OPENED rules.hot/d2 DELIVERED',
      'RESOLVED rules.wet/d1 UNANNOUNCED',
      'RELEASED rules.hot/d1 DELIVERED',
    ]);
    expect(tenant.size('maintenances')).toBe(0);
  });

  test('that is called off delivers at the next tick', () => {
    const tenant = new Tenant().say('MAINTENANCE', window).raise('rules.hot/d1');
    tenant.say('MAINTENANCE', { ...window, endsAt: window.startsAt }).tick(SECOND);
    expect(tenant.told.at(-1)).toBe('RELEASED rules.hot/d1 DELIVERED');
  });

  test('that is made longer goes on holding back', () => {
    const tenant = new Tenant().say('MAINTENANCE', window).raise('rules.hot/d1');
    tenant.say('MAINTENANCE', { ...window, endsAt: START + 2 * HOUR }).tick(2 * HOUR - 1);
    expect(tenant.told).toEqual(['OPENED rules.hot/d1 MAINTENANCE']);
    expect(tenant.tick(2 * HOUR).told.at(-1)).toBe('RELEASED rules.hot/d1 DELIVERED');
  });

  test('that has not begun holds nothing back', () => {
    const later = { device: 'd1', startsAt: START + HOUR, endsAt: START + 2 * HOUR };
    const tenant = new Tenant().say('MAINTENANCE', later).raise('rules.hot/d1').tick(HOUR).raise('rules.wet/d1');
    expect(tenant.told).toEqual(['OPENED rules.hot/d1 DELIVERED', 'OPENED rules.wet/d1 MAINTENANCE']);
  });

  test('tells the end of what receivers know, and afterwards how bad it got', () => {
    const tenant = new Tenant().raise('rules.hot/d1').raise('rules.wet/d1').say('MAINTENANCE', window).tick(MINUTE);
    tenant.news();
    tenant.raise('rules.hot/d1', { severity: 'CRITICAL' }).clear('rules.wet/d1').tick(HOUR);
    expect(tenant.news()).toEqual([
      'UPDATED rules.hot/d1 MAINTENANCE',
      'RESOLVED rules.wet/d1 DELIVERED',
      'UPDATED rules.hot/d1 DELIVERED',
    ]);
    expect(tenant.newest.severity).toBe('CRITICAL');
  });
});

describe('a policy', () => {
  test('mutes rules and what is not bad enough, in delivery alone', () => {
    const rules = [{ rule: 'rules.noisy', runbook: null, severity: null, muted: true, outage: null }];
    const tenant = new Tenant({ rules, deliverFrom: 'MEDIUM' });
    tenant.raise('rules.noisy/d1', { severity: 'CRITICAL' }).raise('rules.hot/d1', { severity: 'LOW' });
    tenant.raise('rules.hot/d1', { severity: 'HIGH' }).clear('rules.noisy/d1');
    expect(tenant.told).toEqual([
      'OPENED rules.noisy/d1 MUTED',
      'OPENED rules.hot/d1 MUTED',
      'RELEASED rules.hot/d1 DELIVERED',
      'RESOLVED rules.noisy/d1 UNANNOUNCED',
    ]);
  });

  test.each([
    [{}, 'null'],
    [{ keepMs: 1, reopenMs: 2 }, 'keepMs must not be less than reopenMs'],
    [{ digestMs: 1 }, 'digestMs must be at least'],
    [{ burst: 0 }, 'burst must be from 1'],
    [{ graceMs: -1 }, 'must be from 0'],
    [{ runbooks: 'wiki' }, 'wiki is no address'],
    [
      { rules: ['a', 'b', 'a'].map((rule) => ({ rule, runbook: null, severity: null, muted: false, outage: null })) },
      'a twice',
    ],
  ])('with %j is judged: %s', (change, problem) => {
    expect(String(alerting.check?.({ ...alerting.fallback, ...change }))).toContain(problem);
  });
});
