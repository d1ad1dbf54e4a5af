import { describe, expect, test } from 'vitest';
import type { AlertChanged } from '#schemas';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';
import { HOUR, MINUTE, SECOND, START, Tenant } from './tenant.ts';

const DEVICES = ['gw1', 'gw2', 'd1', 'd2', 'd3', 'd4'];
const RULES = ['connectivity.offline', 'rules.hot', 'rules.noisy'];
const KINDS = ['RAISED', 'RAISED', 'RAISED', 'CLEARED', 'CLEARED', 'RETRACTED', 'ACKNOWLEDGED', 'JUDGED'] as const;
const VERDICTS = ['TRUE_POSITIVE', 'FALSE_POSITIVE', 'BENIGN_POSITIVE', 'UNKNOWN'] as const;
const SEVERITIES = ['LOW', 'MEDIUM', 'HIGH'] as const;
const PASSING = ['WAITING', 'INHIBITED', 'MAINTENANCE'];

const POLICY = {
  burst: 5,
  deliveriesPerHour: 30,
  digestMs: MINUTE,
  rules: [{ rule: 'rules.noisy', runbook: null, severity: null, muted: true, outage: null }],
};

/** A history of so many signals, told by chance alone. */
function history(chance: Chance, signals: number): Tenant {
  const tenant = new Tenant(POLICY);
  let time = 0;
  for (let index = 0; index < signals; index++) {
    const device = chance.pick(DEVICES);
    const rule = chance.pick(RULES);
    if (chance.hit(0.03)) {
      const isNoisy = chance.hit(0.5);
      const rules = POLICY.rules.map((rule) => ({ ...rule, muted: isNoisy, severity: chance.pick(SEVERITIES) }));
      const outageRules = chance.pick([['connectivity.offline'], ['connectivity.offline', 'rules.hot'], []]);
      tenant.decide({ rules, outageRules, graceMs: chance.pick([10, 30, 90]) * SECOND });
      time = tenant.logTime;
    } else if (chance.hit(0.05)) {
      const startsAt = START + time + chance.int(-5, 5) * MINUTE;
      tenant.say('MAINTENANCE', { device, startsAt, endsAt: startsAt + chance.int(-1, 20) * MINUTE });
    } else {
      const behind = device.startsWith('d') ? [chance.pick(['gw1', 'gw2', 'gw1'])] : chance.hit(0.2) ? ['gw2'] : [];
      const alert = `${rule}/${device}`;
      const said = { severity: chance.pick(SEVERITIES), verdict: chance.pick(VERDICTS), behind };
      tenant.say(chance.pick(KINDS), { alert, ...said });
    }
    time += chance.int(0, 40) * SECOND;
    if (chance.hit(0.7)) tenant.tick(time);
  }
  return tenant.tick(time);
}

const delivered = (changes: readonly AlertChanged[]) => changes.filter(({ deliver }) => deliver);

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('over a history by chance, seed %i', (seed) => {
  const run = (signals = 400) => history(chanceFrom(seed), signals);

  test('the same signals give the same bytes', () => {
    const [first, second] = [run(), run()];
    expect(second.bytes).toBe(first.bytes);
    expect(second.changes).toEqual(first.changes);
  });

  test('receivers meet each alert as new first, and its end once, behind what they know of it', () => {
    const open = new Set<string>();
    const wrong: string[] = [];
    for (const { alert, change } of delivered(run().changes)) {
      const isOpen = open.has(alert);
      const opens = change === 'OPENED' || change === 'RELEASED';
      if (opens && isOpen) wrong.push(`${alert} opens twice`);
      if (change === 'RESOLVED' && !isOpen) wrong.push(`${alert} ends and was not open`);
      if (opens) open.add(alert);
      if (change === 'RESOLVED' || change === 'RETRACTED') open.delete(alert);
    }
    expect(wrong).toEqual([]);
  });

  test('whatever is not delivered says why, and what is delivered says nothing of the kind', () => {
    const { changes } = run();
    expect(changes.filter(({ deliver, withheld }) => (withheld === null) !== deliver)).toEqual([]);
    expect(changes.filter(({ deliver, announced }) => deliver && !announced)).toEqual([]);
    const inhibited = changes.filter(({ withheld }) => withheld === 'INHIBITED');
    expect(inhibited.length).toBeGreaterThan(0);
    expect(inhibited.filter(({ withheldBy }) => withheldBy === null)).toEqual([]);
  });

  test('once gateways and maintenance are over, nothing open waits', () => {
    const tenant = run();
    for (const gateway of ['gw1', 'gw2']) for (const rule of RULES) tenant.clear(`${rule}/${gateway}`);
    tenant.tick(tenant.logTime + 3 * HOUR);
    const newest = new Map(tenant.changes.map((change) => [change.alert, change]));
    const open = [...newest.values()].filter(({ status }) => status === 'OPEN' || status === 'ACKNOWLEDGED');
    expect(open.filter(({ withheld }) => PASSING.includes(withheld ?? '')).map(({ alert }) => alert)).toEqual([]);
  });

  test('once every cause has gone, receivers know of nothing open, and in the end nothing is kept', () => {
    const tenant = run();
    for (const device of DEVICES) for (const rule of RULES) tenant.clear(`${rule}/${device}`);
    tenant.tick(tenant.logTime + 30 * 24 * HOUR);
    const known = new Map(delivered(tenant.changes).map((change) => [change.alert, change.status]));
    expect([...known].filter(([, status]) => status === 'OPEN' || status === 'ACKNOWLEDGED')).toEqual([]);
    expect(tenant.state).toMatchObject({ open: 0, ended: 0, heldBack: [], digestAt: null, dueAt: null });
    expect(['alerts', 'outages', 'maintenances'].map((name) => tenant.size(name))).toEqual([0, 0, 0]);
  });
});
