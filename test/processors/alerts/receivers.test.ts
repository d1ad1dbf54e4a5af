// Random histories with all that holds alerts back, against one plain pass: receivers are told the same, in order.
import { expect, test } from 'vitest';
import type { AlertChanged, Signal } from '#schemas';
import { alerting } from '../../../processors/alerts/policy.ts';
import { Receivers, type Rules, type Said, type Told } from '../../oracle/receivers.ts';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';
import { HOUR, MINUTE, SECOND, START, Tenant } from './tenant.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`alerts against their oracle: SEED=${seed}`);

const [ROUNDS, SIGNALS] = [40, 400];
const DEVICES = ['gw1', 'gw2', 'd1', 'd2', 'd3', 'cell:o1:c1'];
const RULES = ['connectivity.offline', 'outages.cell', 'rules.hot', 'rules.noisy'];
const SEVERITIES = ['LOW', 'MEDIUM', 'HIGH'] as const;
const VERDICTS = ['TRUE_POSITIVE', 'FALSE_POSITIVE', 'BENIGN_POSITIVE', 'UNKNOWN'] as const;
const KINDS = ['RAISED', 'RAISED', 'RAISED', 'CLEARED', 'CLEARED', 'RETRACTED', 'ACKNOWLEDGED', 'JUDGED'] as const;

function rulesOf(chance: Chance): Rules {
  return {
    graceMs: chance.pick([0, 10 * SECOND, 90 * SECOND]),
    reopenMs: chance.pick([0, MINUTE, 10 * MINUTE]),
    keepMs: chance.pick([10, 20, 600]) * MINUTE,
    deliveriesPerHour: chance.pick([20, 60, 100_000]),
    burst: chance.pick([2, 5, 1_000]),
    digestMs: chance.pick([30, 300]) * SECOND,
    outageRules: chance.pick([['*'], ['connectivity.offline', 'outages.cell'], ['outages.cell'], []]),
    muted: chance.pick([[], ['rules.noisy']]),
  };
}

function saidOf(chance: Chance, now: number): Said {
  const device = chance.pick(DEVICES);
  const rule = chance.pick(RULES);
  const said = { device, rule, alert: `${rule}/${device}`, severity: 'UNKNOWN', behind: [], verdict: null };
  const never = { startsAt: null, endsAt: null };
  if (chance.hit(0.06)) {
    const startsAt = START + now + chance.int(-5, 5) * MINUTE;
    const endsAt = startsAt + chance.int(-1, 20) * MINUTE;
    return { ...said, alert: '', kind: 'MAINTENANCE', startsAt, endsAt };
  }
  const behind = chance.hit(0.6)
    ? [...new Set([chance.pick(DEVICES), chance.pick(DEVICES)])].slice(0, chance.int(1, 2))
    : [];
  if (chance.hit(0.08)) return { ...said, ...never, kind: 'BEHIND', behind };
  const kind = chance.pick(KINDS);
  const isOfDevice = (kind === 'ACKNOWLEDGED' || kind === 'JUDGED') && chance.hit(0.2);
  const about = {
    severity: chance.pick(SEVERITIES),
    behind,
    verdict: kind === 'JUDGED' ? chance.pick(VERDICTS) : null,
  };
  return { ...said, ...never, ...about, kind, alert: isOfDevice ? '' : said.alert };
}

function toldOf({ alert, change, number, count, severity, status, verdict, openedAt, endedAt }: AlertChanged): Told {
  return { alert, change, number, count, severity, status, verdict, openedAt, endedAt };
}

test('receivers are told what one plain pass says, whatever holds alerts back', () => {
  const held = new Map<string, number>();
  let told = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const chance = chanceFrom(seed + round);
    const rules = rulesOf(chance);
    const { muted, ...spans } = rules;
    const own = muted.map((rule) => ({ rule, runbook: null, severity: null, muted: true, outage: null }));
    expect(
      alerting.check?.({ ...alerting.fallback, ...spans, outageRules: [...spans.outageRules], rules: own }),
    ).toBeNull();
    const tenant = new Tenant({ ...spans, outageRules: [...spans.outageRules], rules: own });
    const oracle = new Receivers(rules);
    let time = 0;
    for (let index = 0; index < SIGNALS; index++) {
      const said = saidOf(chance, tenant.logTime);
      tenant.say(said.kind, said as Partial<Omit<Signal, 'kind'>>);
      oracle.say(said, START + tenant.logTime);
      time += chance.int(0, 40) * SECOND + chance.int(0, 999);
      if (chance.hit(0.02)) time += HOUR;
      if (!chance.hit(0.7)) continue;
      tenant.tick(time);
      oracle.pass(START + time);
    }
    const delivered = tenant.changes.filter(({ deliver }) => deliver).map(toldOf);
    expect(delivered, `SEED=${seed + round}`).toEqual(oracle.told);
    told += delivered.length;
    for (const { withheld } of tenant.changes) if (withheld !== null) held.set(withheld, (held.get(withheld) ?? 0) + 1);
  }
  console.log(`${told} told; held back: ${JSON.stringify(Object.fromEntries(held))}`);
  expect(told).toBeGreaterThan(50 * ROUNDS);
  for (const reason of ['WAITING', 'INHIBITED', 'MAINTENANCE', 'MUTED', 'RATE_LIMITED', 'UNCHANGED', 'UNANNOUNCED'])
    expect(held.get(reason), reason).toBeGreaterThan(ROUNDS / 2);
});
