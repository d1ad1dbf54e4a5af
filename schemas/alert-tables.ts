import { table } from '#sdk';
import * as topics from './topics.ts';

export const alerts = table({
  name: 'alerts',
  doc: 'Every change of every alert, with whether it was delivered, and why not; empty unless the processors operators and alerts run.',
  from: topics.alerts,
  engine: { kind: 'revised', of: ['tenant', 'alert'], revision: 'revision' },
  orderBy: ['tenant', 'alert', 'revision', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'operational',
  examples: [
    {
      asks: 'What is open, and since when?',
      sql: `SELECT tenant, number, severity, title, device, openedAt, status, withheld
FROM alerts_current
WHERE status IN ('OPEN', 'ACKNOWLEDGED')
ORDER BY indexOf(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'], severity) DESC, openedAt`,
    },
    {
      asks: 'What happened to the alerts of a device?',
      sql: `SELECT revision, logTime, number, change, severity, title, deliver, withheld, withheldBy, actor, comment
FROM alerts
WHERE tenant = 'acme' AND device = 'd1'
ORDER BY revision`,
    },
  ],
});
