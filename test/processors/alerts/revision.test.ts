// What late events do to an alert that was delivered: connectivity, the outages behind it, and alerts on one engine.
import { expect, test } from 'vitest';
import { simulate } from '#runtime/simulate.ts';
import { telemetryReported, topics } from '#schemas';
import { alerts } from '../../../processors/alerts/processor.ts';
import { connectivity } from '../../../processors/connectivity/processor.ts';
import { operators } from '../../../processors/operators/processor.ts';
import { MINUTE, SECOND, START } from './tenant.ts';

test('an alert whose cause late events take away is retracted, and one that they leave is not', async () => {
  const run = await simulate(alerts, { beside: [connectivity, operators], partitions: 2 });
  const report = (device: string, minutes: number) => {
    const at = { deviceTime: START + minutes * MINUTE, receivedAt: START + minutes * MINUTE };
    return run.send(telemetryReported, { device, metrics: { t: minutes }, labels: {}, ...at });
  };
  await run.advanceTo(START);
  for (const device of ['d1', 'd2']) await report(device, 0);
  for (let minute = 0; minute <= 20; minute++) await run.advanceTo(START + minute * MINUTE + SECOND);
  const told = (device: string) =>
    run
      .read(topics.alerts)
      .filter((change) => change.device === device && change.deliver)
      .map(({ change, status }) => `${change} ${status}`);
  expect(told('d1')).toEqual(['OPENED OPEN']);
  expect(told('d2')).toEqual(['OPENED OPEN']);
  // A queue of a gateway comes late: the first report ends the silence of d1, and the others show that there was none.
  // Of d2 only the end of it comes.
  for (const minutes of [16, 4, 12, 8]) await report('d1', minutes);
  await report('d2', 19);
  await run.advanceTo(START + 21 * MINUTE);
  await run.advanceTo(START + 22 * MINUTE);
  expect(told('d1')).toEqual(['OPENED OPEN', 'RESOLVED RESOLVED', 'RETRACTED RETRACTED']);
  expect(told('d2')).toEqual(['OPENED OPEN', 'RESOLVED RESOLVED']);
});
