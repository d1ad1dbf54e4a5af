import { table } from '#sdk';
import * as topics from './topics.ts';

export const anomalies = table({
  name: 'anomalies',
  doc: 'Anomalies of metrics, one an incident; empty unless the processor anomaly runs.',
  from: topics.anomalies,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'telemetry',
  examples: [
    {
      asks: 'What was anomalous, what was expected, and what would have kept it silent?',
      sql: `SELECT tenant, device, eventTime, metric, value, round(low, 2) AS low, round(high, 2) AS high,
  statistic, round(measure, 1) AS measure, round(limit, 1) AS limit, probability, sampleSize
FROM anomalies
ORDER BY probability
LIMIT 10`,
    },
    {
      asks: 'How many alerts a week would a policy have raised, by how unlikely it asks an anomaly to be?',
      sql: `SELECT arrayJoin([0.001, 0.0001, 0.00001, 0.000001, 0.0000001]) AS alertProbability,
  countIf(sampleSize >= 1000 AND probability <= alertProbability) AS anomalies,
  round(7 * anomalies / greatest(dateDiff('day', min(eventTime), max(eventTime)), 1), 1) AS alertsPerWeek
FROM anomalies
GROUP BY alertProbability
ORDER BY alertProbability DESC`,
    },
  ],
});

export const anomalyThresholds = table({
  name: 'anomaly_thresholds',
  doc: 'How verdicts of operators moved what is told of a metric; empty unless the processor anomaly runs.',
  from: topics.anomalyThresholds,
  orderBy: ['tenant', 'device', 'metric', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'operational',
  examples: [
    {
      asks: 'Of which metrics is less told, because operators called their anomalies false?',
      sql: `SELECT tenant, device, metric, argMax(after, eventTime) AS probability,
  max(falsePositives) AS falsePositives
FROM anomaly_thresholds
GROUP BY tenant, device, metric
ORDER BY probability
LIMIT 10`,
    },
  ],
});
