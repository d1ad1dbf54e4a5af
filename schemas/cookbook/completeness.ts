import { IN_TIME, OF_TENANT, type Question } from './question.ts';

export const completeness: readonly Question[] = [
  {
    name: 'complete-hours',
    asks: 'How complete is each hour, and why?',
    sql: `SELECT start, tenant, events, missing, lost, late, share, isClosed, why
FROM completeness_1h
WHERE ${OF_TENANT} AND start >= {from:DateTime64(3, 'UTC')} AND start < {to:DateTime64(3, 'UTC')}
ORDER BY start, tenant`,
  },
  {
    name: 'least-complete',
    asks: 'Of which devices is most missing, or given up?',
    sql: `SELECT tenant, device, missing, lost, filled, duplicates, late, resets
FROM completeness
WHERE ${OF_TENANT}
ORDER BY missing + lost DESC, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'open-gaps',
    asks: 'Which numbers are skipped and may still come?',
    sql: `SELECT tenant, device, source, firstSequence, lastSequence, missing, eventTime
FROM gap_ranges
WHERE ${OF_TENANT} AND missing > 0
ORDER BY missing DESC, tenant, device, firstSequence
LIMIT {limit:UInt32}`,
  },
  {
    name: 'late-reporters',
    asks: 'Who reports late, and by how much?',
    sql: `SELECT tenant, device, count() AS reports, countIf(delay > {minutes:UInt32} * 60) AS lateReports,
  quantileExact(0.5)(delay) AS medianSeconds, max(delay) AS mostSeconds
FROM (
  SELECT tenant, device, dateDiff('second', eventTime, receivedAt) AS delay
  FROM telemetry
  WHERE ${OF_TENANT} AND ${IN_TIME} AND NOT clockSuspect
)
GROUP BY tenant, device
HAVING lateReports > 0
ORDER BY lateReports DESC, mostSeconds DESC, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'wrong-clocks',
    asks: 'Whose clock is not believed, and how far is it off?',
    sql: `SELECT tenant, device, countIf(clockSuspect) AS suspect, count() AS reports,
  maxIf(abs(dateDiff('second', assumeNotNull(deviceTime), receivedAt)), clockSuspect) AS mostSeconds
FROM telemetry
WHERE ${OF_TENANT} AND ${IN_TIME} AND isNotNull(deviceTime)
GROUP BY tenant, device
HAVING suspect > 0
ORDER BY suspect DESC, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'repeaters',
    asks: 'Which devices repeat themselves, or began their numbers anew?',
    sql: `SELECT tenant, device, sumIf(count, kind = 'DUPLICATE') AS repeated, sumIf(count, kind = 'RESET') AS resets
FROM gaps
WHERE ${OF_TENANT} AND ${IN_TIME}
GROUP BY tenant, device
HAVING repeated + resets > 0
ORDER BY repeated DESC, resets DESC, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'beyond-the-horizon',
    asks: 'Which events came too late to change anything, by processor?',
    sql: `SELECT tenant, processor, code, count() AS events, uniqExact(device) AS devices,
  max(dateDiff('hour', eventTime, receivedAt)) AS mostHours
FROM late_events
WHERE ${OF_TENANT} AND ${IN_TIME}
GROUP BY tenant, processor, code
ORDER BY events DESC, tenant, processor, code`,
  },
  {
    name: 'dead-letters',
    asks: 'What was refused, where and why?',
    sql: `SELECT origin, code, count() AS letters, uniqExact(tenant, device) AS devices, max(time) AS newest
FROM dead_letters
WHERE time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')}
GROUP BY origin, code
ORDER BY letters DESC, origin, code`,
  },
  {
    name: 'up-to-when',
    asks: 'Up to when is everything in the tables, and which partition is slowest?',
    sql: `SELECT min(watermark) AS upTo, argMin(partition, (watermark, partition)) AS slowest, count() AS partitions
FROM watermarks`,
  },
];
