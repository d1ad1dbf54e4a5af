import { describe, expect, test } from 'vitest';
import type { Alerting } from '#schemas';
import { MINUTE, SECOND, Tenant } from './tenant.ts';

const muted = (rule: string) => ({ rule, runbook: null, severity: null, muted: true, outage: null });
const severe = (rule: string, severity: 'LOW' | 'HIGH') => ({
  rule,
  runbook: null,
  severity,
  muted: false,
  outage: null,
});

describe('a policy that changes', () => {
  test('delivers what it no longer mutes, and once only', () => {
    const tenant = new Tenant({ rules: [muted('rules.hot')] }).raise('rules.hot/d1');
    expect(tenant.news()).toEqual(['OPENED rules.hot/d1 MUTED']);
    expect(tenant.decide({ rules: [] }).news()).toEqual(['RELEASED rules.hot/d1 DELIVERED']);
    expect(tenant.decide({ rules: [] }).news()).toEqual([]);
    expect(tenant.clear('rules.hot/d1').news()).toEqual(['RESOLVED rules.hot/d1 DELIVERED']);
  });

  test('mutes what waits, and says nothing new of what was told', () => {
    const tenant = new Tenant().raise('rules.hot/d1', { behind: ['gw1'] }).raise('rules.hot/d2');
    tenant.news();
    expect(tenant.decide({ rules: [muted('rules.hot')] }).news()).toEqual(['HELD rules.hot/d1 MUTED']);
    expect(tenant.tick(10 * MINUTE).news()).toEqual([]);
    expect(tenant.clear('rules.hot/d2').news()).toEqual(['RESOLVED rules.hot/d2 DELIVERED']);
  });

  test('lets through at once what need not wait so long any more', () => {
    const tenant = new Tenant({ graceMs: 30 * MINUTE }).raise('rules.hot/d1', { behind: ['gw1'] });
    tenant.news();
    tenant.tick(MINUTE);
    expect(tenant.news()).toEqual([]);
    expect(tenant.decide({ graceMs: 30 * SECOND }).news()).toEqual(['RELEASED rules.hot/d1 DELIVERED']);
  });

  test('tells of an alert as bad as its rule is now, and as it was said to be once the rule says nothing', () => {
    const tenant = new Tenant().raise('rules.hot/d1', { severity: 'MEDIUM' });
    tenant.decide({ rules: [severe('rules.hot', 'HIGH')] });
    expect(tenant.newest).toMatchObject({ change: 'UPDATED', severity: 'HIGH', deliver: true });
    tenant.decide({ rules: [] });
    expect(tenant.newest).toMatchObject({ change: 'UPDATED', severity: 'MEDIUM', deliver: true });
  });

  test('gives what was not bad enough a severity that is delivered', () => {
    const tenant = new Tenant({ deliverFrom: 'HIGH' }).raise('rules.hot/d1', { severity: 'LOW' });
    tenant.news();
    expect(tenant.decide({ rules: [severe('rules.hot', 'HIGH')] }).news()).toEqual(['RELEASED rules.hot/d1 DELIVERED']);
  });

  test('that calls something an outage has it hide what is behind it, and no longer when it is taken back', () => {
    const tenant = new Tenant({ outageRules: [] }).raise('rules.dead/gw1');
    tenant.raise('rules.hot/d1', { behind: ['gw1'] });
    tenant.news();
    expect(tenant.decide({ outageRules: ['rules.dead'] }).news()).toEqual(['HELD rules.hot/d1 INHIBITED']);
    expect(tenant.newest.withheldBy).toBe('rules.dead/gw1');
    tenant.tick(2 * MINUTE);
    expect(tenant.decide({ outageRules: [] }).news()).toEqual(['RELEASED rules.hot/d1 DELIVERED']);
    expect(tenant.size('outages')).toBe(0);
  });

  test('that names no outages has those that fleetstream comes with, and what it says of one rule is of that alone', () => {
    const rules = [
      { ...severe('connectivity.offline', 'HIGH'), outage: false },
      { ...severe('rules.dead', 'HIGH'), outage: true },
    ];
    const alerts = ['connectivity.offline/gw1', 'outages.gateway/gw2', 'rules.dead/gw3', 'rules.hot/gw4'];
    const hidden = (policy: Partial<Alerting>) => {
      const tenant = new Tenant(policy);
      for (const alert of alerts) tenant.raise(alert);
      tenant.news();
      for (const gateway of ['gw1', 'gw2', 'gw3', 'gw4'])
        tenant.raise(`rules.hot/of-${gateway}`, { behind: [gateway] });
      return tenant.news().flatMap((each) => /-(gw\d) INHIBITED/.exec(each)?.[1] ?? []);
    };
    expect(hidden({})).toEqual(['gw1', 'gw2']);
    expect(hidden({ rules })).toEqual(['gw2', 'gw3']);
    expect(hidden({ outageRules: ['*', 'rules.hot'] })).toEqual(['gw1', 'gw2', 'gw4']);
    // A list without the asterisk is whole, as policies that were decided before there was one.
    expect(hidden({ outageRules: ['outages.gateway'] })).toEqual(['gw2']);
    expect(hidden({ outageRules: [] })).toEqual([]);
  });

  test('that lets a thousand through leaves them to the rate limit, the worst first', () => {
    const tenant = new Tenant({ deliverFrom: 'CRITICAL', burst: 10, deliveriesPerHour: 10 });
    for (let index = 0; index < 1_000; index++)
      tenant.raise(`rules.hot/d${index}`, { severity: index % 100 === 99 ? 'HIGH' : 'LOW' });
    tenant.decide({ deliverFrom: 'UNKNOWN' });
    const released = tenant.changes.filter(({ change, deliver }) => change === 'RELEASED' && deliver);
    expect(released.map(({ severity }) => severity)).toEqual(Array.from({ length: 10 }, () => 'HIGH'));
    expect(tenant.state.heldBack).toEqual([{ rule: 'rules.hot', count: 990 }]);
  });
});
