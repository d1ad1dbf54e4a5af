// A tenant whose alerts come in thousands, beside one that has a single one, on the production engine.
import { expect, test } from 'vitest';
import { simulate } from '#runtime/simulate.ts';
import { deviceLogged, topics } from '#schemas';
import { alerting } from '../../../processors/alerts/policy.ts';
import { alerts } from '../../../processors/alerts/processor.ts';
import { operators } from '../../../processors/operators/processor.ts';
import { HOUR, MINUTE, SECOND, START } from './tenant.ts';
import { watcher } from './watcher.ts';

const STORM = 3_000;
const STORM_MS = 2 * MINUTE;
const LIMITS = { burst: 20, deliveriesPerHour: 60, digestMs: MINUTE };

test('a storm of one tenant is cut to its limit and counted in full, and keeps nothing from another', async () => {
  // One partition, so that both tenants are folded beside one another.
  const run = await simulate(alerts, { beside: [watcher, operators], partitions: 1 });
  const log = (tenant: string, device: string, message: string) =>
    run.send(deviceLogged, { tenant, device, level: 'WARN', logger: null, message, attributes: {} });
  await run.advanceTo(START);
  await run.decide(alerting, { ...alerting.fallback, ...LIMITS });
  for (let at = 0; at <= STORM_MS; at += SECOND) {
    const till = Math.floor((STORM * at) / STORM_MS);
    for (let each = Math.floor((STORM * (at - SECOND)) / STORM_MS); each < till; each++)
      if (each >= 0) await log('acme', `d${each}`, 'down');
    if (at % (20 * SECOND) === 0) await log('globex', `d${at}`, 'down');
    await run.advanceTo(START + at + SECOND);
  }
  for (let at = STORM_MS; at <= STORM_MS + HOUR; at += 30 * SECOND) await run.advanceTo(START + at);

  const of = (tenant: string) => run.read(topics.alerts).filter((change) => change.tenant === tenant);
  const raised = of('acme').filter(({ rule, change }) => rule === 'connectivity.offline' && change === 'OPENED');
  expect(raised).toHaveLength(STORM);
  const delivered = raised.filter(({ deliver }) => deliver);
  const most = LIMITS.burst + (LIMITS.deliveriesPerHour * (STORM_MS + SECOND)) / HOUR;
  expect(delivered.length).toBeGreaterThanOrEqual(LIMITS.burst);
  expect(delivered.length).toBeLessThanOrEqual(most);
  const digests = of('acme').filter(({ rule, change }) => rule === 'alerts.digest' && change !== 'RESOLVED');
  const counted = digests.reduce((sum, { title }) => sum + Number(title.split(' ')[0]), 0);
  expect(counted).toBe(STORM - delivered.length);
  // As many as there are minutes of the storm, and one behind it.
  expect(digests.length).toBeLessThanOrEqual(STORM_MS / LIMITS.digestMs + 1);
  expect(of('acme').at(-1)).toMatchObject({ rule: 'alerts.digest', change: 'RESOLVED' });
  expect(of('globex').map(({ withheld }) => withheld)).toEqual(Array.from({ length: 7 }, () => null));
}, 60_000);
