import { describe, expect, test } from 'vitest';
import { ENDED_MAX, OPEN_MAX } from '../../../processors/alerts/lifecycle.ts';
import { HOUR, MINUTE, START, Tenant } from './tenant.ts';

const LIMIT = { deliveriesPerHour: 60, burst: 3, digestMs: 5 * MINUTE };
const hot = (index: number) => `rules.hot/d${index}`;

describe('the rate limit', () => {
  test('lets a burst through, then so many an hour, in log time alone', () => {
    const tenant = new Tenant(LIMIT).tick(HOUR);
    for (let index = 0; index < 5; index++) tenant.raise(hot(index));
    tenant
      .tick(HOUR + MINUTE - 1)
      .raise(hot(5))
      .tick(HOUR + MINUTE)
      .raise(hot(6))
      .raise(hot(7));
    const reasons = tenant.changes.map(({ withheld }) => withheld);
    const held = 'RATE_LIMITED';
    expect(reasons).toEqual([null, null, null, held, held, held, null, held]);
  });

  test('lets no more through after a long silence than a burst', () => {
    const tenant = new Tenant(LIMIT).raise(hot(0)).tick(100 * HOUR);
    for (let index = 1; index < 6; index++) tenant.raise(hot(index));
    expect(tenant.changes.filter(({ deliver }) => deliver)).toHaveLength(4);
  });

  test('fills as much in many short steps as in a long one', () => {
    const tenant = new Tenant({ ...LIMIT, burst: 100 });
    for (let index = 0; index < 100; index++) tenant.raise(hot(index));
    for (let at = 0; at <= HOUR; at += 777) tenant.tick(at).raise(hot(1_000 + at));
    const delivered = tenant.changes.filter(({ rule, deliver }) => rule === 'rules.hot' && deliver);
    expect(delivered.length).toBe(160 - 1);
  });

  test('tells what it held back in one digest, which counts it by rule', () => {
    const tenant = new Tenant(LIMIT);
    for (let index = 0; index < 10; index++) tenant.raise(hot(index));
    tenant.raise('rules.wet/d1', { severity: 'HIGH' }).tick(5 * MINUTE);
    expect(tenant.newest).toMatchObject({
      change: 'OPENED',
      alert: 'alerts.digest',
      device: '',
      severity: 'HIGH',
      title: '8 alerts were not delivered, by the limit of 60 an hour',
      deliver: true,
    });
    expect(tenant.newest.detail).toContain('By rule: rules.hot 7, rules.wet 1.');
  });

  test('tells more of it as an update, and that it is over once nothing is held back', () => {
    const tenant = new Tenant(LIMIT);
    for (let index = 0; index < 4; index++) tenant.raise(hot(index));
    tenant.tick(5 * MINUTE);
    tenant.news();
    for (let index = 10; index < 20; index++) tenant.raise(hot(index));
    tenant.tick(10 * MINUTE);
    expect(tenant.news().at(-1)).toBe('UPDATED alerts.digest DELIVERED');
    expect(tenant.tick(15 * MINUTE).news()).toEqual(['RESOLVED alerts.digest DELIVERED']);
    expect(tenant.tick(HOUR).state).toMatchObject({ heldBack: [], digestAt: null, open: 14 });
  });

  test('loses nothing: what is delivered and what digests count are all that was raised', () => {
    const tenant = new Tenant(LIMIT);
    for (let index = 0; index < 500; index++) tenant.tick(index * 7_000).raise(hot(index));
    tenant.tick(2 * HOUR);
    const opened = tenant.changes.filter(({ rule }) => rule === 'rules.hot');
    const delivered = opened.filter(({ deliver }) => deliver).length;
    const digests = tenant.changes.filter(({ alert, change }) => alert === 'alerts.digest' && change !== 'RESOLVED');
    const counted = digests.reduce((sum, { title }) => sum + Number.parseInt(title, 10), 0);
    expect(opened).toHaveLength(500);
    expect(delivered + counted).toBe(500);
    expect(delivered).toBeLessThanOrEqual(3 + 60);
  });

  test('names twenty rules in a digest and sums up the others', () => {
    const tenant = new Tenant(LIMIT);
    for (let index = 0; index < 33; index++) tenant.raise(`rules.r${String(index).padStart(2, '0')}/d1`);
    expect(tenant.tick(5 * MINUTE).newest.detail).toContain('By rule: others 10, rules.r03 1,');
  });

  test('never keeps an end, or what an operator did, from who knows the alert', () => {
    const tenant = new Tenant(LIMIT).raise(hot(1)).raise(hot(2)).raise(hot(3)).raise(hot(4));
    tenant.news();
    tenant
      .say('ACKNOWLEDGED', { alert: hot(2) })
      .clear(hot(1))
      .clear(hot(4));
    expect(tenant.news()).toEqual([
      `ACKNOWLEDGED ${hot(2)} DELIVERED`,
      `RESOLVED ${hot(1)} DELIVERED`,
      `RESOLVED ${hot(4)} UNANNOUNCED`,
    ]);
  });

  test('leaves what there is to the worst of those that were hidden', () => {
    const tenant = new Tenant({ ...LIMIT, burst: 2 }).raise('connectivity.offline/gw');
    for (const index of [1, 2, 3]) {
      tenant.raise(hot(index), { behind: ['gw'], severity: index === 2 ? 'CRITICAL' : 'LOW' });
    }
    tenant.clear('connectivity.offline/gw').tick(MINUTE - 1);
    tenant.news();
    const [first, ...others] = tenant.changes.filter(({ change }) => change === 'RELEASED' || change === 'HELD');
    expect(first).toMatchObject({ alert: hot(2), change: 'RELEASED' });
    expect(others.map(({ withheld }) => withheld)).toEqual(['RATE_LIMITED', 'RATE_LIMITED']);
  });
});

describe('the number of alerts', () => {
  test('that are open is bounded: the next ones are told of and refused, and an alert says so until there is room', () => {
    const tenant = new Tenant({ burst: 1, graceMs: 0 });
    for (let index = 0; index < OPEN_MAX; index++) tenant.raise(hot(index));
    tenant.news();
    tenant
      .raise(hot(OPEN_MAX))
      .raise(hot(OPEN_MAX + 1))
      .raise(hot(0), { severity: 'CRITICAL' });
    expect(tenant.news()).toEqual([
      `OPENED ${hot(OPEN_MAX)} OVERFLOW`,
      'OPENED alerts.overflow DELIVERED',
      `OPENED ${hot(OPEN_MAX + 1)} OVERFLOW`,
      `UPDATED ${hot(0)} RATE_LIMITED`,
    ]);
    expect(tenant.state.open).toBe(OPEN_MAX);
    expect(tenant.size('alerts')).toBe(OPEN_MAX + 1);
    for (let index = 0; index < OPEN_MAX / 10; index++) tenant.clear(hot(index));
    tenant.tick(HOUR);
    const over = tenant.changes.find(({ alert, change }) => alert === 'alerts.overflow' && change === 'RESOLVED');
    expect(over?.detail).toBe('There is room again. 2 alerts were refused since it opened.');
  }, 60_000);

  test('that are over is bounded: those that ended first are forgotten', () => {
    const tenant = new Tenant({ burst: 1 });
    for (let index = 0; index < ENDED_MAX + 1; index++) tenant.raise(hot(index)).clear(hot(index));
    expect(tenant.state.ended).toBe(ENDED_MAX + 1);
    tenant.tick(1);
    expect(tenant.state.ended).toBe(ENDED_MAX * 0.9);
    tenant.raise(hot(ENDED_MAX)).raise(hot(0));
    const [last, first] = tenant.changes.slice(-2);
    expect([last?.count, first?.count]).toEqual([2, 1]);
    expect(first?.firstOpenedAt).toBe(START + 1);
  }, 60_000);
});
