import { table } from '#sdk';
import * as topics from './topics.ts';

export const descriptions = table({
  name: 'descriptions',
  doc: 'What each device is, whenever it said so: model, hardware, firmware, lot and site.',
  from: topics.descriptions,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'configuration',
  examples: [
    {
      asks: 'How many devices of which lot run which firmware now?',
      sql: `SELECT lot, firmware, count() AS devices
FROM (
  SELECT tenant, device, argMax(lot, eventTime) AS lot, argMax(firmware, eventTime) AS firmware
  FROM descriptions
  GROUP BY tenant, device
)
GROUP BY lot, firmware
ORDER BY devices DESC, lot, firmware`,
    },
  ],
});

export const reboots = table({
  name: 'reboots',
  doc: 'Every start of every device, with its cause, and whether it was expected.',
  from: topics.reboots,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'operational',
  examples: [
    {
      asks: 'Which devices start anew most often without being asked to, and why?',
      sql: `SELECT tenant, device, cause, count() AS reboots
FROM reboots
WHERE NOT expected
GROUP BY tenant, device, cause
ORDER BY reboots DESC, device
LIMIT 10`,
    },
  ],
});

export const crashes = table({
  name: 'crashes',
  doc: 'Every crash of a device’s software.',
  from: topics.crashes,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'operational',
  examples: [
    {
      asks: 'Which crashes are on how many devices, by firmware?',
      sql: `SELECT code, firmware, count() AS crashes, uniq(tenant, device) AS devices
FROM crashes
GROUP BY code, firmware
ORDER BY crashes DESC, code, firmware`,
    },
  ],
});

export const deviceLogs = table({
  name: 'device_logs',
  doc: 'What devices wrote into their logs.',
  from: topics.deviceLogs,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'telemetry',
  examples: [
    {
      asks: 'What do devices complain of?',
      sql: `SELECT level, logger, message, count() AS lines, uniq(tenant, device) AS devices
FROM device_logs
WHERE level IN ('WARN', 'ERROR', 'FATAL') AND eventTime >= '2026-11-01 00:00:00'
GROUP BY level, logger, message
ORDER BY lines DESC, message
LIMIT 10`,
    },
  ],
});

export const batteries = table({
  name: 'batteries',
  doc: 'What devices reported of their batteries.',
  from: topics.batteries,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'telemetry',
  examples: [
    {
      asks: 'Which batteries are lowest now?',
      sql: `SELECT tenant, device, argMax(b.level, b.eventTime) AS level, max(b.eventTime) AS at
FROM batteries AS b
WHERE b.level IS NOT NULL
GROUP BY tenant, device
ORDER BY level, device
LIMIT 10`,
    },
  ],
});
