import { table } from '#sdk';
import * as topics from './topics.ts';

export const novelties = table({
  name: 'novelties',
  doc: 'What devices did that they never did, and that their like do not do; empty unless the processors novelty and novelty-cohorts run.',
  from: topics.novelties,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'connectivity',
  examples: [
    {
      asks: 'What is new, what was usual, and what would have kept it silent?',
      sql: `SELECT eventTime, tenant, device, kind, members, usual, basis, probability, threshold, reports
FROM novelties
ORDER BY eventTime DESC
LIMIT 10`,
    },
    {
      asks: 'How many alerts a week would a policy have raised, by how unlikely it asks a report to be?',
      sql: `SELECT arrayJoin([0.001, 0.0005, 0.0002, 0.0001]) AS reportProbability,
  countIf(basis = 'DEVICE' AND others < 2 AND probability <= reportProbability) AS alerts,
  round(7 * alerts / greatest(dateDiff('day', min(eventTime), max(eventTime)), 1), 1) AS alertsPerWeek
FROM novelties
GROUP BY reportProbability
ORDER BY reportProbability DESC`,
    },
  ],
});
