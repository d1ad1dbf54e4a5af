import { IN_TIME, OF_DEVICE, OF_TENANT, type Question } from './question.ts';

export const devices: readonly Question[] = [
  {
    name: 'silent-devices',
    asks: 'Which devices were heard before and have gone silent?',
    sql: `SELECT tenant, device, max(receivedAt) AS heard,
  dateDiff('minute', heard, {to:DateTime64(3, 'UTC')}) AS silentMinutes
FROM telemetry
WHERE ${OF_TENANT}
GROUP BY tenant, device
HAVING heard < {to:DateTime64(3, 'UTC')} - toIntervalMinute({minutes:UInt32})
ORDER BY heard, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'never-heard',
    asks: 'Which devices have a twin, and never sent a measurement?',
    sql: `SELECT tenant, device, version
FROM twins
WHERE ${OF_TENANT} AND (tenant, device) NOT IN (SELECT tenant, device FROM telemetry GROUP BY tenant, device)
ORDER BY tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'volume',
    asks: 'How much is sent, by tenant and technology?',
    sql: `SELECT t.tenant AS tenant, if(l.technology = '', 'UNKNOWN', l.technology) AS technology, count() AS reports,
  sum(t.payloadBytes) AS bytes, uniqExact(t.device) AS devices
FROM (SELECT tenant, device, payloadBytes FROM telemetry WHERE ${OF_TENANT} AND ${IN_TIME}) AS t
LEFT JOIN (
  SELECT tenant, device, toString(argMax(technology, (eventTime, _offset))) AS technology
  FROM links
  WHERE ${OF_TENANT}
  GROUP BY tenant, device
) AS l ON l.tenant = t.tenant AND l.device = t.device
GROUP BY tenant, technology
ORDER BY bytes DESC, tenant, technology`,
  },
  {
    name: 'most-talkative',
    asks: 'Which devices send most?',
    sql: `SELECT tenant, device, count() AS reports, sum(payloadBytes) AS bytes
FROM telemetry
WHERE ${OF_TENANT} AND ${IN_TIME}
GROUP BY tenant, device
ORDER BY bytes DESC, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'metric-by-hour',
    asks: 'How did a measurement go, hour by hour, and what is missing from that?',
    sql: `SELECT start, tenant, readings, devices, least, average, greatest, missing, lost, late
FROM telemetry_1h
WHERE ${OF_TENANT} AND metric = {metric:String}
  AND start >= {from:DateTime64(3, 'UTC')} AND start < {to:DateTime64(3, 'UTC')}
ORDER BY start, tenant`,
  },
  {
    name: 'measured-at',
    asks: 'What had a device measured by a moment, as was known then or is known now?',
    sql: `SELECT metric, value, eventTime
FROM metrics_at(at = {at:DateTime64(3, 'UTC')}, known = {known:DateTime64(3, 'UTC')})
WHERE ${OF_DEVICE}
ORDER BY metric`,
  },
  {
    name: 'learned-since',
    asks: 'For which devices is the value at a moment known to be another now than it was then?',
    sql: `SELECT tenant, device, if(b.eventId = '', NULL, b.value) AS knownThen, a.value AS knownNow
FROM metrics_at(at = {at:DateTime64(3, 'UTC')}, known = {known:DateTime64(3, 'UTC')}) AS a
LEFT JOIN metrics_at(at = {at:DateTime64(3, 'UTC')}, known = {earlier:DateTime64(3, 'UTC')}) AS b
  USING (tenant, device, metric)
WHERE ${OF_TENANT} AND metric = {metric:String} AND a.eventId != b.eventId
ORDER BY tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'stuck-sensors',
    asks: 'Which sensors have told the same value all the time?',
    sql: `SELECT tenant, device, metric, any(value) AS stuckAt, count() AS readings
FROM telemetry
ARRAY JOIN mapKeys(metrics) AS metric, mapValues(metrics) AS value
WHERE ${OF_TENANT} AND ${IN_TIME}
GROUP BY tenant, device, metric
HAVING uniqExact(value) = 1 AND readings >= 10
ORDER BY tenant, device, metric
LIMIT {limit:UInt32}`,
  },
  {
    name: 'outliers',
    asks: 'Which readings lie far from all that their device told?',
    sql: `SELECT tenant, device, eventTime, value, (value - mean) / spread AS deviations
FROM (
  SELECT tenant, device, eventTime, metrics[{metric:String}] AS value,
    avg(value) OVER (PARTITION BY tenant, device) AS mean,
    stddevPop(value) OVER (PARTITION BY tenant, device) AS spread
  FROM telemetry
  WHERE ${OF_TENANT} AND ${IN_TIME} AND mapContains(metrics, {metric:String})
)
WHERE spread > 0 AND abs(value - mean) > {sigmas:Float64} * spread
ORDER BY abs(deviations) DESC, tenant, device, eventTime
LIMIT {limit:UInt32}`,
  },
  {
    name: 'cause',
    asks: 'Which event of the log does each measurement of a device come from, and by which way?',
    sql: `SELECT eventTime, eventId, causeTopic, causePartition, causeOffset, causePath, logTime
FROM telemetry
WHERE ${OF_DEVICE} AND ${IN_TIME}
ORDER BY eventTime DESC, eventId
LIMIT {limit:UInt32}`,
  },
];
