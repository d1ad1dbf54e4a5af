import { deadLetters as deadLetterTopic, EVENTS_TOPIC, lateEvents as lateTopic, Logged, table, topic } from '#sdk';
import * as topics from './topics.ts';

export { alerts } from './alert-tables.ts';
export { anomalies, anomalyThresholds } from './anomaly-tables.ts';
export { batteryForecasts, deviceHealthHours, fleetHealth, fleetHealthFindings } from './health-tables.ts';
export { connectivityAdvice, connectivityChanges, connectivityWindows, outageVerdicts } from './connectivity-tables.ts';
export { novelties } from './novelty-tables.ts';
export { batteries, crashes, descriptions, deviceLogs, reboots } from './device-tables.ts';
export { violations } from './security-tables.ts';

export const telemetry = table({
  name: 'telemetry',
  doc: 'Measurements of every device, each once.',
  from: topics.telemetry,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  partitionEvery: 'day',
  dataClass: 'telemetry',
  examples: [
    {
      asks: 'What did a device measure, and when was each value known?',
      sql: `SELECT eventTime, logTime, metrics['temperatureC'] AS temperatureC
FROM telemetry
WHERE tenant = 'acme' AND device = 'd1' AND eventTime >= '2026-11-01 00:00:00'
ORDER BY eventTime`,
    },
    {
      asks: 'Which reports came more than an hour after what they tell?',
      sql: `SELECT device, eventTime, dateDiff('second', eventTime, receivedAt) AS delaySeconds
FROM telemetry
WHERE receivedAt > eventTime + INTERVAL 1 HOUR
ORDER BY delaySeconds DESC
LIMIT 10`,
    },
  ],
});

export const links = table({
  name: 'links',
  doc: 'How well each device was connected, each report once.',
  from: topics.links,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  partitionEvery: 'day',
  dataClass: 'connectivity',
  examples: [
    {
      asks: 'Which gateways hear their devices worst?',
      sql: `SELECT gateway, count() AS reports, uniq(device) AS devices, median(rssi) AS rssi
FROM links
WHERE tenant = 'acme' AND gateway IS NOT NULL
GROUP BY gateway
ORDER BY rssi
LIMIT 10`,
    },
  ],
});

export const sessions = table({
  name: 'sessions',
  doc: 'Starts and ends of the sessions of every device.',
  from: topics.sessions,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'connectivity',
  examples: [
    {
      asks: 'Which devices drop their sessions most, and why?',
      sql: `SELECT device, reason, count() AS ends
FROM sessions
WHERE tenant = 'acme' AND phase = 'ENDED'
GROUP BY device, reason
ORDER BY ends DESC, device
LIMIT 10`,
    },
  ],
});

export const gaps = table({
  name: 'gaps',
  doc: 'What is missing, late, repeated or reset, so that other numbers can say what they do not know.',
  from: topics.gaps,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'operational',
  examples: [
    {
      asks: 'What has been found about completeness, by kind?',
      sql: `SELECT kind, sum(count) AS events, uniq(tenant, device) AS devices
FROM gaps
GROUP BY kind
ORDER BY events DESC, kind`,
    },
  ],
});

export const lateEvents = table({
  name: 'late_events',
  doc: 'Events that came after a processor’s horizon and changed no state.',
  from: lateTopic,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'telemetry',
  examples: [
    {
      asks: 'Whose events come beyond the horizon, and by how much?',
      sql: `SELECT tenant, device, processor, max(dateDiff('day', eventTime, receivedAt)) AS days, count() AS events
FROM late_events
GROUP BY tenant, device, processor
ORDER BY days DESC, device`,
    },
  ],
});

export const deadLetters = table({
  name: 'dead_letters',
  doc: 'Input that could not be accepted, with its original bytes.',
  from: deadLetterTopic,
  orderBy: ['time', '_partition', '_offset'],
  partitionBy: 'time',
  dataClass: 'telemetry',
  examples: [
    {
      asks: 'What is refused, and what did it look like?',
      sql: `SELECT code, origin, count() AS letters, any(detail) AS example
FROM dead_letters
GROUP BY code, origin
ORDER BY letters DESC, code`,
    },
  ],
});

export const twinChanges = table({
  name: 'twin_changes',
  doc: 'Every event that a twin accepted: what it wrote and what became different. The twin at any time follows from it.',
  from: topics.twinChanges,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  // The whole twin after each event would be most of the table, and the views have it at any time.
  without: ['reported', 'desired'],
  dataClass: 'configuration',
  examples: [
    {
      asks: 'Who changed the firmware of which device, and from what?',
      sql: `SELECT device, eventTime, section, write.path AS path, write.value AS value, source
FROM twin_changes
ARRAY JOIN writes AS write
WHERE write.path = '/firmware'
ORDER BY eventTime, device`,
    },
  ],
});

export const twins = table({
  name: 'twins',
  doc: 'The current twin of every device.',
  from: topics.twinChanges,
  engine: { kind: 'latest' },
  orderBy: ['tenant', 'device'],
  without: ['section', 'source', 'sequence', 'historical', 'writes', 'changes'],
  dataClass: 'configuration',
  examples: [
    {
      asks: 'How many devices run each firmware?',
      sql: `SELECT JSONExtractString(reported, 'firmware') AS firmware, count() AS devices
FROM twins
WHERE tenant = 'acme'
GROUP BY firmware
ORDER BY devices DESC, firmware`,
    },
  ],
});

export const twinDeltas = table({
  name: 'twin_deltas',
  doc: 'How desired and reported differed, whenever that changed.',
  from: topics.twinDeltas,
  orderBy: ['tenant', 'device', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'configuration',
  examples: [
    {
      asks: 'When did a device get nearer to what is asked of it?',
      sql: `SELECT eventTime, arrayMap(p -> (p.path, p.status), paths) AS paths
FROM twin_deltas
WHERE tenant = 'acme' AND device = 'd1'
ORDER BY _offset`,
    },
  ],
});

export const twinRejections = table({
  name: 'twin_rejections',
  doc: 'Twin updates that were refused, with the reason.',
  from: topics.twinRejections,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'configuration',
  examples: [
    {
      asks: 'Which updates of twins were refused, and why?',
      sql: `SELECT code, count() AS updates, any(device) AS device
FROM twin_rejections
GROUP BY code
ORDER BY updates DESC, code`,
    },
  ],
});

export const logArchive = table({
  name: 'log_archive',
  doc: 'Every record of the log of events, byte for byte: events of every type, ticks and policies. It is what is left of them once the log has forgotten, and can be read as the log itself.',
  from: topic({ name: EVENTS_TOPIC, doc: 'The log of events, each record as it lies there.', value: Logged }),
  raw: true,
  orderBy: ['topic', '_partition', '_offset'],
  partitionBy: 'timestamp',
  partitionEvery: 'day',
  // All that a device says and all that names it, whatever other tables leave out.
  dataClass: 'telemetry',
  examples: [
    {
      asks: 'How much does each partition have, and since when?',
      sql: `SELECT _partition, count() AS records, sum(length(value)) AS bytes, min(timestamp) AS since
FROM log_archive
WHERE topic = 'fleet.events'
GROUP BY _partition
ORDER BY _partition`,
    },
    {
      asks: 'Which bytes caused a row whose cause is offset 0 of partition 0?',
      sql: `SELECT key, headers, hex(value) AS value
FROM log_archive
WHERE topic = 'fleet.events' AND _partition = 0 AND _offset = 0`,
    },
  ],
});
