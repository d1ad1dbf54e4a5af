import { IN_TIME, OF_TENANT, type Question } from './question.ts';

export const health: readonly Question[] = [
  {
    name: 'fleet-inventory',
    asks: 'How many devices of which model, lot and firmware are there, as each said last?',
    sql: `SELECT tenant, model, lot, firmware, count() AS devices
FROM (
  SELECT tenant, device, argMax(d.model, d.eventTime) AS model, argMax(d.lot, d.eventTime) AS lot,
    argMax(d.firmware, d.eventTime) AS firmware
  FROM descriptions AS d
  WHERE ${OF_TENANT}
  GROUP BY tenant, device
)
GROUP BY tenant, model, lot, firmware
ORDER BY devices DESC, tenant, model, lot, firmware`,
  },
  {
    name: 'crashes-by-firmware',
    asks: 'Which firmware crashes how, and on how many devices?',
    sql: `SELECT firmware, code, count() AS crashes, uniqExact(tenant, device) AS devices
FROM crashes
WHERE ${OF_TENANT} AND ${IN_TIME}
GROUP BY firmware, code
ORDER BY crashes DESC, firmware, code`,
  },
  {
    name: 'unexpected-reboots',
    asks: 'Which devices start anew without being asked to, and why?',
    sql: `SELECT tenant, device, countIf(NOT expected) AS unexpected, countIf(expected) AS asked,
  arraySort(groupUniqArrayIf(toString(cause), NOT expected)) AS causes
FROM reboots
WHERE ${OF_TENANT} AND ${IN_TIME}
GROUP BY tenant, device
HAVING unexpected > 0
ORDER BY unexpected DESC, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'lowest-batteries',
    asks: 'Which batteries are lowest, and how fast do they lose?',
    sql: `SELECT tenant, device, argMax(b.level, b.eventTime) AS level, argMin(b.level, b.eventTime) AS before,
  dateDiff('second', min(b.eventTime), max(b.eventTime)) AS seconds
FROM batteries AS b
WHERE ${OF_TENANT} AND ${IN_TIME} AND isNotNull(b.level)
GROUP BY tenant, device
ORDER BY level, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'complaints',
    asks: 'What do devices complain of in their logs?',
    sql: `SELECT toString(level) AS level, message, count() AS lines, uniqExact(tenant, device) AS devices
FROM device_logs
WHERE ${OF_TENANT} AND ${IN_TIME} AND device_logs.level IN ('WARN', 'ERROR', 'FATAL')
GROUP BY level, message
ORDER BY lines DESC, level, message
LIMIT {limit:UInt32}`,
  },
  {
    name: 'strangest-values',
    asks: 'Which measurements were most anomalous, and what was expected?',
    sql: `SELECT tenant, device, eventTime, metric, value, expected, statistic, probability
FROM anomalies
WHERE ${OF_TENANT} AND ${IN_TIME}
ORDER BY probability, tenant, device, eventTime, metric
LIMIT {limit:UInt32}`,
  },
  {
    name: 'crash-free-hours',
    asks: 'Which share of the hours of each firmware is free of crashes, within which interval, and how much is unknown?',
    // The interval of Wilson at 95 % confidence, hours taken as independent.
    sql: `SELECT tenant, firmware, operating AS hours, crashFree AS crashFreeHours, unknownHours,
  if(operating = 0, NULL, crashFree / operating) AS share,
  if(operating = 0, NULL, (share + z2 / 2 / operating) / (1 + z2 / operating)) AS middle,
  sqrt(share * (1 - share) * z2 / operating + pow(z2 / operating, 2) / 4) / (1 + z2 / operating) AS half,
  middle - half AS low, middle + half AS high
FROM (
  SELECT tenant, firmware, sum(h.hours) AS operating, sum(h.crashFreeHours) AS crashFree,
    sum(h.unknownMs) / 3600000 AS unknownHours, pow(1.959963984540054, 2) AS z2
  FROM device_health_hours_current AS h
  WHERE ${OF_TENANT} AND ${IN_TIME}
  GROUP BY tenant, firmware
)
ORDER BY tenant, firmware`,
  },
  {
    name: 'worse-than-their-like',
    asks: 'Which lots and firmwares crash more than their like, all else equal, and what says the crude comparison?',
    sql: `SELECT tenant, toString(dimension) AS dimension, name, toString(verdict) AS verdict, confounded,
  ratio, ratioLow, ratioHigh, crudeRatio, evidence, evidenceNeeded, crashed, crashedExpected,
  atRiskMs / 3600000 AS hoursAtRisk, crashedAlone, unknownMs / 3600000 AS unknownHours
FROM (
  SELECT *
  FROM fleet_health_findings
  WHERE ${OF_TENANT} AND ${IN_TIME}
  ORDER BY eventTime DESC
  LIMIT 1 BY tenant, dimension, name
)
ORDER BY verdict = 'WORSE' DESC, evidence DESC, tenant, dimension, name
LIMIT {limit:UInt32}`,
  },
  {
    name: 'batteries-to-change',
    asks: 'Which batteries will be empty within so many days, between when and when?',
    sql: `SELECT tenant, device, site, level, ratePerDay, endsAt, endsEarliestAt, endsLatestAt, samples
FROM battery_forecasts_current
WHERE ${OF_TENANT} AND outlook = 'ENDS' AND endsAt < {to:DateTime64(3, 'UTC')} + toIntervalDay({days:UInt32})
ORDER BY endsAt, tenant, device
LIMIT {limit:UInt32}`,
  },
];
