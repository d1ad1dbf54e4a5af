import { table } from '#sdk';
import * as topics from './topics.ts';

export const connectivityChanges = table({
  name: 'connectivity_changes',
  doc: 'Whenever a device came or went, and whenever late events showed otherwise; empty unless the processor connectivity runs.',
  from: topics.connectivityChanges,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'connectivity',
  examples: [
    {
      asks: 'Which devices are offline now, since when, and through which gateway were they heard last?',
      sql: `SELECT tenant, device, latest.2 AS since, latest.3 AS gateway
FROM (
  SELECT tenant, device, argMax((status, eventTime, gateway), _offset) AS latest
  FROM connectivity_changes
  GROUP BY tenant, device
)
WHERE latest.1 = 'OFFLINE'
ORDER BY since, tenant, device`,
    },
  ],
});

export const connectivityWindows = table({
  name: 'connectivity_windows',
  doc: 'How each device was connected in windows of a minute, a quarter and an hour, each revision as it was known then; read `connectivity_windows_current` for the last ones. One of a minute comes with the next event of the device after it, two minutes after its end at the latest; the others ten seconds after their end. Empty unless the processor connectivity runs.',
  from: topics.connectivityWindows,
  engine: { kind: 'revised', of: ['tenant', 'device', 'technology', 'spanSeconds', 'start'], revision: 'revision' },
  // Many devices over little time are asked more often than one over all its windows.
  orderBy: ['tenant', 'spanSeconds', 'technology', 'device', 'start', 'revision'],
  partitionBy: 'start',
  partitionEvery: 'day',
  dataClass: 'connectivity',
  examples: [
    {
      asks: 'For how much of the expected time was each device connected?',
      sql: `SELECT tenant, device, sum(connectedMs) AS connectedMs, sum(expectedMs) AS expectedMs,
  round(connectedMs / expectedMs, 4) AS availability
FROM connectivity_windows_current
WHERE technology = 'ALL' AND spanSeconds = 3600
GROUP BY tenant, device
HAVING expectedMs > 0
ORDER BY availability, tenant, device
LIMIT 10`,
    },
    {
      asks: 'How complete was each minute of a device? A row of the only technology stands for the whole device.',
      sql: `SELECT start, reports, missing, completeness
FROM connectivity_windows_current
WHERE tenant = 'acme' AND device = 'd1' AND spanSeconds = 60 AND (technology = 'ALL' OR whole)
ORDER BY start`,
    },
    {
      asks: 'How did the round trip time go, from the sketches of all devices?',
      sql: `SELECT start, technology, sum(bucket.count) AS roundTrips,
  round(2 * pow(1.02, quantileExactWeighted(0.5)(bucket.bucket, toUInt64(bucket.count))) / 2.02) AS medianMs
FROM connectivity_windows_current
ARRAY JOIN latency AS bucket
WHERE technology != 'ALL' AND spanSeconds = 3600
GROUP BY start, technology
ORDER BY start, technology`,
    },
    {
      asks: 'What was an hour said to be, before late events came?',
      sql: `SELECT revision, logTime, reports, missing, completeness
FROM connectivity_windows
WHERE tenant = 'acme' AND device = 'd1' AND technology = 'ALL' AND spanSeconds = 3600
ORDER BY start, revision`,
    },
  ],
});

export const connectivityAdvice = table({
  name: 'connectivity_advice',
  doc: 'What could be done about how devices are connected, with the numbers; empty unless the processor connectivity runs.',
  from: topics.connectivityAdvice,
  orderBy: ['tenant', 'device', 'kind', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'connectivity',
  examples: [
    {
      asks: 'What is advised now?',
      sql: `SELECT tenant, device, kind, latest.2 AS detail
FROM (
  SELECT tenant, device, kind, argMax((active, detail), _offset) AS latest
  FROM connectivity_advice
  GROUP BY tenant, device, kind
)
WHERE latest.1
ORDER BY tenant, device, kind`,
    },
  ],
});

export const outageVerdicts = table({
  name: 'outage_verdicts',
  doc: 'What made devices go silent, each revision as it was known then; read `outage_verdicts_current` for the last ones. Empty unless the processors connectivity and outages run.',
  from: topics.outageVerdicts,
  engine: { kind: 'revised', of: ['tenant', 'device', 'eventTime'], revision: 'revision' },
  orderBy: ['tenant', 'device', 'eventTime', 'revision'],
  partitionBy: 'eventTime',
  dataClass: 'connectivity',
  examples: [
    {
      asks: 'What made devices go silent, and how many of how many were silent together?',
      sql: `SELECT tenant, verdict, groupName, count() AS devices, max(silent) AS silent, max(members) AS members
FROM outage_verdicts_current
GROUP BY tenant, verdict, groupName
ORDER BY devices DESC, tenant, verdict, groupName`,
    },
  ],
});
