import assert from 'node:assert/strict';
import { test } from 'node:test';
import { telemetryReported } from 'fleetstream/schemas';
import { simulate } from 'fleetstream/simulate';
import { frost, frostChanges } from './processor.ts';

const START = Date.UTC(2026, 0, 1);

const report = (seconds: number, temperatureC: number) => ({
  device: 'd1',
  deviceTime: START + seconds * 1_000,
  metrics: { temperatureC },
  labels: {},
});

test('frost begins once and ends once, and an older report changes nothing', async () => {
  const run = await simulate(frost);
  await run.advanceTo(START + 10_000);
  await run.send(telemetryReported, report(1, 4));
  await run.send(telemetryReported, report(2, -1));
  await run.send(telemetryReported, report(3, -2));
  await run.send(telemetryReported, report(1.5, 5));
  await run.crash({ keepLocalState: false });
  await run.send(telemetryReported, report(4, 1));
  const changes = run.read(frostChanges).map(({ eventTime, freezing }) => ({ eventTime, freezing }));
  assert.deepEqual(changes, [
    { eventTime: START + 2_000, freezing: true },
    { eventTime: START + 4_000, freezing: false },
  ]);
});
