// What telemetry costs a backlog: off as it is by default, with metrics, and with a hundredth of the devices traced.
import { join } from 'node:path';
import { run } from './house.ts';

const [, , events = '500000'] = process.argv;
const METRICS = 'telemetry.metrics=prometheus';
const WAYS = {
  'telemetry off': [],
  metrics: [METRICS],
  // Nobody listens at the collector's address, so spans are made, and sent in vain.
  'metrics and traces': [METRICS, 'telemetry.traces.share=0.01'],
};
for (const [name, settings] of Object.entries(WAYS)) {
  await run([join(import.meta.dirname, 'backlog.ts'), events, name, ...settings], console.log);
}
