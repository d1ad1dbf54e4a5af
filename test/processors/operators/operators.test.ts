import { expect, test } from 'vitest';
import { simulate } from '#runtime/simulate.ts';
import { alertAcknowledged, maintenanceDeclared, topics, verdictGiven } from '#schemas';
import { operators } from '../../../processors/operators/processor.ts';

const DAY = 24 * 60 * 60_000;
const START = Date.UTC(2026, 10, 1);
const ALERT = 'rules.hot/d1';

test('an operator who has seen an alert is heard, with name and comment', async () => {
  const run = await simulate(operators);
  await run.advanceTo(1_000);
  await run.send(alertAcknowledged, { device: 'd1', alert: ALERT, comment: 'on my way', actor: 'ann' });
  expect(run.read(topics.signals)).toMatchObject([
    { tenant: 'acme', device: 'd1', kind: 'ACKNOWLEDGED', alert: ALERT, comment: 'on my way', actor: 'ann' },
  ]);
});

test('a verdict names what it judges', async () => {
  const run = await simulate(operators);
  await run.send(verdictGiven, {
    device: 'd1',
    finding: ALERT,
    verdict: 'FALSE_POSITIVE',
    comment: null,
    actor: 'ann',
  });
  expect(run.read(topics.signals)).toMatchObject([
    { kind: 'JUDGED', alert: ALERT, verdict: 'FALSE_POSITIVE', actor: 'ann', rule: '', startsAt: null },
  ]);
});

test('a maintenance has its begin and end, and its reason as comment', async () => {
  const run = await simulate(operators);
  await run.send(maintenanceDeclared, { device: 'gw1', startsAt: DAY, endsAt: 2 * DAY, reason: 'roof', actor: null });
  expect(run.read(topics.signals)).toMatchObject([
    { kind: 'MAINTENANCE', device: 'gw1', startsAt: DAY, endsAt: 2 * DAY, comment: 'roof', alert: '' },
  ]);
});

test('what is said twice is heard once, and what comes a week late not at all', async () => {
  const run = await simulate(operators);
  await run.advanceTo(START + 8 * DAY);
  const said = { device: 'd1', alert: ALERT, comment: null, actor: null, epoch: 1, sequence: 1 };
  await run.send(alertAcknowledged, said);
  await run.send(alertAcknowledged, said);
  await run.send(alertAcknowledged, { ...said, sequence: 2, deviceTime: START });
  expect(run.read(topics.signals)).toHaveLength(1);
  expect(run.state('acme/d1')).toEqual({ said: 1 });
});

test('what was heard survives a crash, with and without the local state', async () => {
  const run = await simulate(operators);
  await run.send(alertAcknowledged, { device: 'd1', alert: ALERT, comment: null, actor: null });
  const digest = run.digest();
  for (const keepLocalState of [true, false]) {
    await run.crash({ keepLocalState });
    expect(run.digest()).toBe(digest);
  }
  expect(run.read(topics.signals)).toHaveLength(1);
});
