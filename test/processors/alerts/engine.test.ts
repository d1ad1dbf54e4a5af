// Alerts on the production engine: a first stage that raises what devices log, operators, and the alerts of both.
import { describe, expect, test } from 'vitest';
import { type Simulation, simulate } from '#runtime/simulate.ts';
import { alertAcknowledged, deviceLogged, maintenanceDeclared, topics, verdictGiven } from '#schemas';
import { alerting } from '../../../processors/alerts/policy.ts';
import { alerts } from '../../../processors/alerts/processor.ts';
import { operators } from '../../../processors/operators/processor.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { MINUTE, SECOND, START } from './tenant.ts';
import { watcher } from './watcher.ts';

const PARTITIONS = 3;
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`alerts on the engine: SEED=${SEED}`);

const start = () => simulate(alerts, { beside: [watcher, operators], partitions: PARTITIONS });
const log = (run: Simulation, device: string, message: string, tenant = 'acme') =>
  run.send(deviceLogged, { tenant, device, level: 'WARN', logger: null, message, attributes: {} });
const told = (run: Simulation) =>
  run.read(topics.alerts).map(({ change, alert, withheld }) => `${change} ${alert} ${withheld ?? 'DELIVERED'}`);

/** Ticks every second up to a time that counts from `START`. */
async function ticks(run: Simulation, from: number, to: number, step = SECOND): Promise<void> {
  for (let at = from; at <= to; at += step) await run.advanceTo(START + at);
}

describe('alerts on the engine', () => {
  test('of devices in other partitions than their gateway are hidden by its alert', async () => {
    const run = await start();
    await ticks(run, 0, SECOND);
    await run.decide(alerting, { ...alerting.fallback, graceMs: 30 * SECOND });
    await log(run, 'd1', 'down gw1');
    await log(run, 'd2', 'down gw1');
    await ticks(run, 2 * SECOND, 10 * SECOND);
    await log(run, 'gw1', 'down');
    await ticks(run, 11 * SECOND, 2 * MINUTE);
    const wanted = [
      'OPENED connectivity.offline/d1 WAITING',
      'OPENED connectivity.offline/d2 WAITING',
      'OPENED connectivity.offline/gw1 DELIVERED',
      'HELD connectivity.offline/d1 INHIBITED',
      'HELD connectivity.offline/d2 INHIBITED',
    ];
    expect(told(run).toSorted()).toEqual(wanted.toSorted());
    await log(run, 'gw1', 'up');
    await log(run, 'd1', 'up');
    await ticks(run, 2 * MINUTE + SECOND, 4 * MINUTE);
    expect(told(run).slice(wanted.length).toSorted()).toEqual([
      'RELEASED connectivity.offline/d2 DELIVERED',
      'RESOLVED connectivity.offline/d1 UNANNOUNCED',
      'RESOLVED connectivity.offline/gw1 DELIVERED',
    ]);
  });

  test('name the event that caused them, and what operators say of them', async () => {
    const run = await start();
    await ticks(run, 0, SECOND);
    await log(run, 'd1', 'down');
    await ticks(run, 2 * SECOND, 3 * SECOND);
    const alert = 'connectivity.offline/d1';
    await run.send(alertAcknowledged, { device: 'd1', alert, comment: 'on my way', actor: 'ann' });
    await ticks(run, 4 * SECOND, 5 * SECOND);
    await run.send(verdictGiven, {
      device: 'd1',
      finding: alert,
      verdict: 'FALSE_POSITIVE',
      comment: null,
      actor: 'bo',
    });
    await ticks(run, 6 * SECOND, 7 * SECOND);
    const changes = run.read(topics.alerts);
    expect(changes).toMatchObject([
      {
        change: 'OPENED',
        causePath: 'watcher/1/0>alerts/3/0',
        causeTopic: 'fleet.events',
        status: 'OPEN',
        revision: 1,
      },
      {
        change: 'ACKNOWLEDGED',
        causePath: 'operators/1/0>alerts/3/0',
        actor: 'ann',
        comment: 'on my way',
        revision: 2,
      },
      { change: 'RESOLVED', verdict: 'FALSE_POSITIVE', actor: 'bo', status: 'RESOLVED', revision: 3 },
    ]);
  });

  test('follow the policy of their tenant, and wait for the end of a maintenance', async () => {
    const run = await start();
    const rule = {
      rule: 'connectivity.offline',
      runbook: 'https://wiki.example/off',
      severity: null,
      muted: true,
      outage: null,
    };
    await ticks(run, 0, SECOND);
    await run.decide(alerting, { ...alerting.fallback, rules: [rule] }, 'acme');
    const window = { startsAt: START, endsAt: START + MINUTE, reason: null, actor: null };
    await run.send(maintenanceDeclared, { tenant: 'globex', device: 'd1', ...window });
    await ticks(run, 2 * SECOND, 3 * SECOND);
    await log(run, 'd1', 'down');
    await log(run, 'd1', 'down', 'globex');
    await ticks(run, 4 * SECOND, 2 * MINUTE);
    const of = (tenant: string) => run.read(topics.alerts).filter((change) => change.tenant === tenant);
    expect(of('acme')).toMatchObject([{ withheld: 'MUTED', runbook: 'https://wiki.example/off', alertingVersion: 1 }]);
    expect(of('globex')).toMatchObject([
      { change: 'OPENED', withheld: 'MAINTENANCE', alertingVersion: 0 },
      { change: 'RELEASED', deliver: true },
    ]);
  });
});

describe(`over a history by chance (seed ${SEED})`, () => {
  const history = async (crashes: boolean): Promise<Simulation> => {
    const chance = chanceFrom(SEED);
    const fate = chanceFrom(SEED + 1);
    const run = await start();
    const devices = ['gw1', 'd1', 'd2', 'd3', 'd4'];
    for (let at = 0; at < 12 * MINUTE; at += 5 * SECOND) {
      await run.advanceTo(START + at);
      for (let index = chance.int(0, 3); index > 0; index--) {
        const device = chance.pick(devices);
        const tenant = chance.pick(['acme', 'globex']);
        const behind = device === 'gw1' ? 'down' : 'down gw1';
        await log(run, device, chance.pick([behind, 'up']), tenant);
      }
      if (at % (3 * MINUTE) === 0) {
        const rule = {
          rule: 'connectivity.offline',
          runbook: null,
          severity: null,
          muted: chance.hit(0.5),
          outage: null,
        };
        await run.decide(alerting, { ...alerting.fallback, graceMs: MINUTE, rules: [rule] });
      }
      if (crashes && fate.hit(0.2)) await run.crash({ keepLocalState: fate.hit(0.5) });
    }
    await ticks(run, 15 * MINUTE, 60 * MINUTE, 5 * MINUTE);
    return run;
  };

  test('crashes change nothing, with and without the local state', async () => {
    const calm = await history(false);
    const stormy = await history(true);
    const changes = calm.read(topics.alerts);
    expect(changes.length).toBeGreaterThan(50);
    expect(stormy.read(topics.alerts)).toEqual(changes);
    expect(stormy.digest()).toBe(calm.digest());
  });

  test('changes of a tenant are numbered without a gap', async () => {
    const changes = (await history(false)).read(topics.alerts);
    for (const tenant of ['acme', 'globex']) {
      const revisions = changes.filter((change) => change.tenant === tenant).map(({ revision }) => revision);
      expect(revisions).toEqual(revisions.map((_, index) => index + 1));
    }
  });
});
