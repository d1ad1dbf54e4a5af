// Findings are checked against the JSON Schema of their class, which tools of others made of the published schema.
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { type AlertChanged, OCSF_VERSION, ocsfFinding } from '#schemas';
import { chanceFrom } from '../../simulation/chance.ts';
import { MINUTE, START, Tenant } from '../../processors/alerts/tenant.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`OCSF: SEED=${seed}`);

const schema = JSON.parse(readFileSync('test/schemas/ocsf/detection-finding-1.3.0.json', 'utf8')) as object;
const isFinding = new Ajv2020({ strict: false, allErrors: true }).compile(schema);
const OPTIONS = { uid: 'abc', version: '0.1.0' };
const HOT = 'rules.hot/d1';

interface Finding {
  readonly [name: string]: unknown;
  readonly finding_info: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

function findingOf(change: AlertChanged): Finding {
  // As it travels: what JSON leaves out must not be missed.
  const finding = JSON.parse(JSON.stringify(ocsfFinding(change, OPTIONS))) as Finding;
  isFinding(finding);
  expect(isFinding.errors ?? []).toEqual([]);
  return finding;
}

describe('a Detection Finding', () => {
  test('has the ids, times and texts of its alert', () => {
    const tenant = new Tenant({ runbooks: 'https://runbooks.example' }).tick(MINUTE);
    tenant.raise(HOT, { severity: 'HIGH', title: 'hot', detail: '81 of 80', policy: 'limits', policyVersion: 7 });
    const finding = findingOf(tenant.newest);
    expect(finding).toMatchObject({
      class_uid: 2004,
      category_uid: 2,
      activity_id: 1,
      type_uid: 200401,
      severity_id: 4,
      status_id: 1,
      time: START + MINUTE,
      device: { uid: 'd1', type_id: 7 },
      remediation: { references: ['https://runbooks.example/rules.hot'] },
      finding_info: { uid: 'acme/1', title: 'hot', desc: '81 of 80', created_time: START + MINUTE },
      metadata: { version: OCSF_VERSION, uid: 'abc', tenant_uid: 'acme', correlation_uid: HOT, sequence: 1 },
      unmapped: { policy: 'limits', policyVersion: 7, causeTopic: 'fleet.events' },
    });
  });

  test.each([
    ['opened', (tenant: Tenant) => tenant.raise(HOT), 1, 1],
    ['made worse', (tenant: Tenant) => tenant.raise(HOT).raise(HOT, { severity: 'CRITICAL' }), 2, 1],
    ['acknowledged', (tenant: Tenant) => tenant.raise(HOT).say('ACKNOWLEDGED', { alert: HOT }), 2, 2],
    ['resolved', (tenant: Tenant) => tenant.raise(HOT).clear(HOT), 3, 4],
    ['retracted', (tenant: Tenant) => tenant.raise(HOT).say('RETRACTED', { alert: HOT }), 3, 4],
    ['held back', (tenant: Tenant) => tenant.raise(HOT, { behind: ['gw1'] }), 1, 3],
    ['released', (tenant: Tenant) => tenant.raise(HOT, { behind: ['gw1'] }).tick(MINUTE), 1, 1],
  ])('of an alert that was %s has its activity and status', (_, tell, activity, status) => {
    const { newest } = tell(new Tenant());
    expect(findingOf(newest)).toMatchObject({ activity_id: activity, type_uid: 200_400 + activity, status_id: status });
  });

  test('of the tenant as a whole has no device', () => {
    const tenant = new Tenant({ burst: 1 })
      .raise(HOT)
      .raise('rules.hot/d2')
      .tick(5 * MINUTE);
    const finding = findingOf(tenant.newest);
    expect(tenant.newest.device).toBe('');
    expect(finding).not.toHaveProperty('device');
  });

  test('is valid for every change of a history by chance', () => {
    const chance = chanceFrom(seed);
    const tenant = new Tenant({ burst: 5 });
    const kinds = ['RAISED', 'RAISED', 'CLEARED', 'RETRACTED', 'ACKNOWLEDGED', 'JUDGED', 'MAINTENANCE'] as const;
    const severities = ['UNKNOWN', 'INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
    for (let index = 0; index < 300; index++) {
      const alert = chance.pick([HOT, 'rules.wet/d2', 'connectivity.offline/gw1']);
      const startsAt = START + index * MINUTE;
      const said = { startsAt, endsAt: startsAt + 3 * MINUTE, verdict: chance.pick(['FALSE_POSITIVE', null] as const) };
      const behind = chance.hit(0.5) ? ['gw1'] : [];
      const severity = chance.pick(severities);
      tenant.say(chance.pick(kinds), { alert, severity, behind, comment: 'so', actor: 'ann', ...said });
      tenant.tick(index * MINUTE);
    }
    expect(tenant.changes.length).toBeGreaterThan(100);
    for (const change of tenant.changes) findingOf(change);
  });

  test('that lacks what OCSF asks for, or has what it does not know, is told', () => {
    const finding = ocsfFinding(new Tenant().raise(HOT).newest, OPTIONS);
    expect(isFinding({ ...finding, metadata: undefined })).toBe(false);
    expect(isFinding({ ...finding, severity_id: 7 })).toBe(false);
    expect(isFinding({ ...finding, stranger: 1 })).toBe(false);
  });
});
