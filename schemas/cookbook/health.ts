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
];
