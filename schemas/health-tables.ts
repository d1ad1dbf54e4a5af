import { table } from '#sdk';
import * as topics from './topics.ts';

const DIMENSIONS = ['model', 'hardware', 'firmware', 'lot', 'site', 'technology'] as const;

export const deviceHealthHours = table({
  name: 'device_health_hours',
  doc: 'What is known of the health of each device in each hour, every revision of it; empty unless the processor device-health runs.',
  from: topics.deviceHealthHours,
  engine: { kind: 'revised', of: ['tenant', 'device', 'eventTime', ...DIMENSIONS], revision: 'revision' },
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'operational',
  examples: [
    {
      asks: 'How much of the time of which device is unknown?',
      sql: `SELECT tenant, device, sum(expectedMs) / 3600000 AS expectedHours, sum(unknownMs) / 3600000 AS unknownHours
FROM device_health_hours_current
GROUP BY tenant, device
ORDER BY unknownHours DESC, device
LIMIT 10`,
    },
  ],
});

export const batteryForecasts = table({
  name: 'battery_forecasts',
  doc: 'How fast each battery loses and when it will be empty, as it was known at each time; empty unless the processor device-health runs.',
  from: topics.batteryForecasts,
  engine: { kind: 'revised', of: ['tenant', 'device'], revision: 'eventTime' },
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'telemetry',
  examples: [
    {
      asks: 'How fast do batteries lose, by hardware and firmware?',
      sql: `SELECT hardware, firmware, countIf(outlook != 'UNKNOWN') AS known, countIf(outlook = 'UNKNOWN') AS unknown,
  median(ratePerDay) AS ratePerDay
FROM battery_forecasts_current
GROUP BY hardware, firmware
ORDER BY ratePerDay DESC, hardware, firmware`,
    },
  ],
});

export const fleetHealth = table({
  name: 'fleet_health',
  doc: 'How devices that are alike did on each day, with intervals, every revision of it; empty unless the processor fleet-health runs.',
  from: topics.fleetHealth,
  engine: { kind: 'revised', of: ['tenant', 'eventTime', 'overflow', ...DIMENSIONS], revision: 'revision' },
  orderBy: ['tenant', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'operational',
  examples: [
    {
      asks: 'How many crashes are there in a thousand hours, by firmware and hardware?',
      sql: `SELECT eventTime, firmware, hardware, sum(crashes) AS crashes, sum(operatingMs) / 3600000 AS hours,
  sum(unknownMs) / 3600000 AS unknownHours, 1000 * crashes / hours AS perThousandHours
FROM fleet_health_current
WHERE tenant = 'acme'
GROUP BY eventTime, firmware, hardware
ORDER BY eventTime, firmware, hardware`,
    },
  ],
});

export const fleetHealthFindings = table({
  name: 'fleet_health_findings',
  doc: 'Whether lots and firmwares crash more than their like, all else equal, as it was judged after each day; empty unless the processor fleet-health runs.',
  from: topics.fleetHealthFindings,
  orderBy: ['tenant', 'dimension', 'name', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'operational',
  examples: [
    {
      asks: 'Since when is which lot known to be worse than its like?',
      sql: `SELECT tenant, name, min(eventTime) AS since, argMax(ratio, eventTime) AS ratio,
  argMax(crashed, eventTime) AS crashed, argMax(crashedExpected, eventTime) AS expected
FROM fleet_health_findings
WHERE dimension = 'LOT' AND verdict = 'WORSE'
GROUP BY tenant, name
ORDER BY since, name`,
    },
  ],
});
