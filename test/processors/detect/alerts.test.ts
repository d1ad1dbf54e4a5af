import { expect, test } from 'vitest';
import { behaviourReported, securityProfiles, topics } from '#schemas';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { alerts } from '../../../processors/alerts/processor.ts';
import { detect } from '../../../processors/detect/processor.ts';
import { detectStatistics } from '../../../processors/detect-statistics/processor.ts';
import { at, behaviour, bytes, messages, profiles, report, until } from './profile.ts';

const POLICY = profiles([
  behaviour({ name: 'sent', metric: 'aws:num-messages-sent', operator: 'greater-than-equals', threshold: 3 }),
  behaviour({ name: 'bytes', metric: 'aws:all-bytes-out', operator: 'less-than-equals', statistic: 'p50' }),
]);

/** What became of alerts, in order. */
function told(run: Simulation): string[] {
  return run.read(topics.alerts).map(({ change, alert }) => `${change} ${alert}`);
}

test('an alert opens and ends with its violation, whether a number or all other devices decide', async () => {
  const run = await simulate(alerts, { beside: [detect, detectStatistics], partitions: 4 });
  await run.advanceTo(at(0));
  await run.decide(securityProfiles, POLICY);
  await messages(run, 1, 2);
  await bytes(run, 2, 300);
  for (const device of ['d2', 'd3']) {
    const said = { deviceTime: at(2), ...report({ bytesOut: 100 }) };
    await run.send(behaviourReported, { device, ...said });
  }
  await until(run, 2, 8);
  const opened = told(run).filter((each) => each.startsWith('OPENED'));
  expect(opened.toSorted()).toEqual(['OPENED detect.p.bytes/d1', 'OPENED detect.p.sent/d2', 'OPENED detect.p.sent/d3']);
  await until(run, 9, 40);
  const ended = told(run).filter((each) => each.startsWith('RESOLVED'));
  expect(ended.toSorted()).toEqual([
    'RESOLVED detect.p.bytes/d1',
    'RESOLVED detect.p.sent/d2',
    'RESOLVED detect.p.sent/d3',
  ]);
});

test('an alert is retracted when a late event shows that its cause never was', async () => {
  const run = await simulate(alerts, { beside: [detect, detectStatistics], partitions: 4 });
  await run.advanceTo(at(0));
  await run.decide(securityProfiles, POLICY);
  await messages(run, 1, 2);
  await until(run, 2, 8);
  await messages(run, 2, 1);
  await until(run, 9, 10);
  expect(told(run).at(0)).toBe('OPENED detect.p.sent/d1');
  expect(told(run).at(-1)).toBe('RETRACTED detect.p.sent/d1');
});
