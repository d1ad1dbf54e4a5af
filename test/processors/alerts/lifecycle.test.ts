import { describe, expect, test } from 'vitest';
import { DAY, MINUTE, SECOND, START, Tenant } from './tenant.ts';

const HOT = 'rules.hot/d1';

describe('an alert', () => {
  test('opens once for as long as its cause lasts, and is resolved when that has gone', () => {
    const tenant = new Tenant()
      .tick(MINUTE)
      .raise(HOT)
      .raise(HOT)
      .tick(5 * MINUTE)
      .clear(HOT)
      .clear(HOT);
    expect(tenant.told).toEqual(['OPENED rules.hot/d1 DELIVERED', 'RESOLVED rules.hot/d1 DELIVERED']);
    const { number, status, openedAt, endedAt, count } = tenant.newest;
    expect({ number, status, openedAt, endedAt, count }).toEqual({
      number: 1,
      status: 'RESOLVED',
      openedAt: START + MINUTE,
      endedAt: START + 5 * MINUTE,
      count: 1,
    });
  });

  test('says by which policy and version it was raised, by which it is delivered, and by which event', () => {
    const tenant = new Tenant().raise(HOT, { policy: 'limits', policyVersion: 7, eventId: 'e1', detail: '81 of 80' });
    expect(tenant.newest).toMatchObject({
      policy: 'limits',
      policyVersion: 7,
      alertingVersion: 3,
      eventId: 'e1',
      detail: '81 of 80',
      tenant: 'acme',
      device: 'd1',
      rule: 'rules.hot',
    });
  });

  test('that comes back soon is the same, opened again', () => {
    const tenant = new Tenant()
      .raise(HOT)
      .tick(MINUTE)
      .clear(HOT)
      .tick(10 * MINUTE)
      .raise(HOT);
    expect(tenant.newest).toMatchObject({
      change: 'OPENED',
      number: 1,
      count: 2,
      firstOpenedAt: START,
      openedAt: START + 10 * MINUTE,
      endedAt: null,
      deliver: true,
    });
  });

  test('that comes back later is a new one', () => {
    const tenant = new Tenant({ reopenMs: 5 * MINUTE })
      .raise(HOT)
      .clear(HOT)
      .tick(6 * MINUTE)
      .raise(HOT);
    expect(tenant.newest).toMatchObject({ number: 2, count: 1, firstOpenedAt: START + 6 * MINUTE });
  });

  test('that gets worse, or is called otherwise, is told anew; with other details only it is kept', () => {
    const tenant = new Tenant().raise(HOT, { title: 'hot', detail: '81' });
    tenant.news();
    expect(tenant.raise(HOT, { title: 'hot', detail: '82' }).news()).toEqual(['UPDATED rules.hot/d1 UNCHANGED']);
    expect(tenant.raise(HOT, { title: 'hot', severity: 'CRITICAL' }).news()).toEqual([
      'UPDATED rules.hot/d1 DELIVERED',
    ]);
    expect(tenant.raise(HOT, { title: 'very hot', severity: 'CRITICAL' }).news()).toEqual([
      'UPDATED rules.hot/d1 DELIVERED',
    ]);
  });

  test('whose cause never was is retracted, also after it was resolved', () => {
    const tenant = new Tenant().raise(HOT).raise('rules.hot/d2').clear('rules.hot/d2');
    tenant.news();
    tenant.say('RETRACTED', { alert: HOT }).say('RETRACTED', { alert: 'rules.hot/d2' });
    tenant.say('RETRACTED', { alert: HOT }).say('RETRACTED', { alert: 'rules.hot/unknown' });
    expect(tenant.news()).toEqual(['RETRACTED rules.hot/d1 DELIVERED', 'RETRACTED rules.hot/d2 DELIVERED']);
    expect(tenant.state).toMatchObject({ open: 0, ended: 2 });
  });

  test('without a key of its own has that of its rule and device', () => {
    const tenant = new Tenant().say('RAISED', { alert: '', rule: 'rules.hot', device: 'd9' });
    expect(tenant.newest.alert).toBe('rules.hot/d9');
  });

  test('that is over is forgotten, at a whole minute', () => {
    const tenant = new Tenant({ keepMs: DAY }).raise(HOT).clear(HOT);
    expect(tenant.tick(DAY).size('alerts')).toBe(1);
    expect(tenant.tick(DAY + MINUTE).size('alerts')).toBe(0);
    expect(tenant.state).toMatchObject({ open: 0, ended: 0, dueAt: null });
  });

  test('has the runbook of its rule, or one below the common address', () => {
    const rules = [
      { rule: 'rules.cold', runbook: 'https://wiki.example/cold', severity: null, muted: false, outage: null },
    ];
    const tenant = new Tenant({ runbooks: 'https://runbooks.example', rules });
    expect(tenant.raise(HOT).newest.runbook).toBe('https://runbooks.example/rules.hot');
    expect(tenant.raise('rules.cold/d1').newest.runbook).toBe('https://wiki.example/cold');
    expect(new Tenant().raise(HOT).newest.runbook).toBeNull();
  });

  test('has the severity that the policy gives its rule', () => {
    const rules = [{ rule: 'rules.hot', runbook: null, severity: 'LOW', muted: false, outage: null } as const];
    expect(new Tenant({ rules }).raise(HOT, { severity: 'CRITICAL' }).newest.severity).toBe('LOW');
  });
});

describe('an operator', () => {
  test('who has seen an alert, or all of a device, is named', () => {
    const tenant = new Tenant().raise(HOT).raise('rules.wet/d1').raise('rules.hot/d2').tick(MINUTE);
    tenant.news();
    tenant.say('ACKNOWLEDGED', { alert: HOT, actor: 'ann', comment: 'on my way' });
    expect(tenant.newest).toMatchObject({
      change: 'ACKNOWLEDGED',
      status: 'ACKNOWLEDGED',
      acknowledgedAt: START + MINUTE,
      actor: 'ann',
      comment: 'on my way',
      deliver: true,
    });
    tenant.news();
    tenant.say('ACKNOWLEDGED', { alert: '', device: 'd1' });
    expect(tenant.news()).toEqual(['ACKNOWLEDGED rules.hot/d1 DELIVERED', 'ACKNOWLEDGED rules.wet/d1 DELIVERED']);
  });

  test('who saw it before it came back has not seen it again', () => {
    const tenant = new Tenant().raise(HOT).say('ACKNOWLEDGED', { alert: HOT }).clear(HOT).raise(HOT);
    expect(tenant.newest).toMatchObject({ status: 'OPEN', acknowledgedAt: null, count: 2 });
  });

  test.each(['FALSE_POSITIVE', 'BENIGN_POSITIVE'] as const)(
    'who judges %s resolves it until it is raised anew',
    (verdict) => {
      const tenant = new Tenant().raise(HOT).say('JUDGED', { alert: HOT, verdict, actor: 'ann' });
      expect(tenant.newest).toMatchObject({
        change: 'RESOLVED',
        status: 'RESOLVED',
        verdict,
        actor: 'ann',
        deliver: true,
      });
      tenant.news();
      tenant
        .raise(HOT, { severity: 'CRITICAL' })
        .tick(30 * DAY)
        .raise(HOT, { severity: 'HIGH' });
      expect(tenant.news()).toEqual(['UPDATED rules.hot/d1 UNCHANGED', 'UPDATED rules.hot/d1 UNCHANGED']);
      expect(tenant.newest).toMatchObject({ status: 'RESOLVED', number: 1 });
      expect(tenant.state).toMatchObject({ open: 1, ended: 0 });
      tenant.clear(HOT).raise(HOT);
      expect(tenant.news()).toEqual(['OPENED rules.hot/d1 DELIVERED']);
      expect(tenant.newest).toMatchObject({ status: 'OPEN', verdict: null });
    },
  );

  test('who judges it true leaves it open, and may judge what is over', () => {
    const tenant = new Tenant().raise(HOT).say('JUDGED', { alert: HOT, verdict: 'TRUE_POSITIVE' });
    expect(tenant.newest).toMatchObject({ change: 'UPDATED', status: 'OPEN', verdict: 'TRUE_POSITIVE', deliver: true });
    tenant.clear(HOT);
    expect(tenant.newest).toMatchObject({ change: 'RESOLVED', verdict: 'TRUE_POSITIVE' });
    tenant.news();
    tenant.say('JUDGED', { alert: HOT, verdict: 'FALSE_POSITIVE' });
    tenant.say('JUDGED', { alert: HOT, verdict: 'FALSE_POSITIVE' });
    expect(tenant.news()).toEqual(['UPDATED rules.hot/d1 DELIVERED']);
    expect(tenant.newest).toMatchObject({ status: 'RESOLVED', verdict: 'FALSE_POSITIVE' });
  });

  test('who speaks of an alert that is not there changes nothing', () => {
    const tenant = new Tenant();
    tenant.say('ACKNOWLEDGED', { alert: HOT }).say('JUDGED', { alert: HOT, verdict: 'TRUE_POSITIVE' }).clear(HOT);
    tenant.say('UNKNOWN', { alert: HOT });
    expect(tenant.told).toEqual([]);
    expect(tenant.tick(10 * SECOND).state).toMatchObject({ numbers: 0, dueAt: null });
  });
});
