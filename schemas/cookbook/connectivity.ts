import { IN_TIME, OF_TENANT, type Question } from './question.ts';

/** That a window began in the time that is asked about. */
const IN_WINDOW = "start >= {from:DateTime64(3, 'UTC')} AND start < {to:DateTime64(3, 'UTC')}";

export const connectivity: readonly Question[] = [
  {
    name: 'worst-gateways',
    asks: 'Which gateways hear their devices worst, by the median of signal and noise?',
    sql: `SELECT tenant, gateway, uniqExact(device) AS devices, count() AS reports,
  quantileExact(0.5)(rssi) AS medianRssi, quantileExact(0.5)(snr) AS medianSnr
FROM links
WHERE ${OF_TENANT} AND ${IN_TIME} AND isNotNull(gateway) AND isNotNull(rssi)
GROUP BY tenant, gateway
ORDER BY medianRssi, tenant, gateway
LIMIT {limit:UInt32}`,
  },
  {
    name: 'packet-loss',
    asks: 'Which devices lose most of their packets? A counter that falls began anew.',
    sql: `SELECT tenant, device, sum(sent) AS sent, sum(lost) AS lost, lost / greatest(sent, 1) AS share
FROM (
  SELECT tenant, device,
    packetsSent - lagInFrame(packetsSent, 1, packetsSent) OVER w AS grown,
    if(grown < 0, packetsSent, grown) AS sent,
    if(grown < 0, packetsLost, packetsLost - lagInFrame(packetsLost, 1, packetsLost) OVER w) AS lost
  FROM links
  WHERE ${OF_TENANT} AND ${IN_TIME} AND isNotNull(packetsSent) AND isNotNull(packetsLost)
  WINDOW w AS (PARTITION BY tenant, device ORDER BY eventTime, _offset ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
GROUP BY tenant, device
HAVING sent > 0
ORDER BY share DESC, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'dropped-sessions',
    asks: 'Which devices drop their sessions most, and why?',
    sql: `SELECT tenant, device, count() AS ends, arraySort(groupUniqArray(ifNull(reason, 'unknown'))) AS reasons
FROM sessions
WHERE ${OF_TENANT} AND ${IN_TIME} AND phase = 'ENDED'
GROUP BY tenant, device
ORDER BY ends DESC, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'session-length',
    asks: 'How long do sessions last, by tenant?',
    sql: `SELECT tenant, count() AS sessions, quantileExact(0.5)(seconds) AS medianSeconds,
  max(seconds) AS longestSeconds
FROM (
  SELECT tenant, device, sessionId,
    dateDiff('second', minIf(eventTime, phase = 'STARTED'), maxIf(eventTime, phase = 'ENDED')) AS seconds
  FROM sessions
  WHERE ${OF_TENANT} AND ${IN_TIME}
  GROUP BY tenant, device, sessionId
  HAVING countIf(phase = 'STARTED') > 0 AND countIf(phase = 'ENDED') > 0
)
GROUP BY tenant
ORDER BY tenant`,
  },
  {
    name: 'connected-at',
    asks: 'How many devices were connected at a moment, as was known then or is known now?',
    sql: `SELECT tenant, countIf(phase = 'STARTED') AS connected, count() AS devices
FROM sessions_at(at = {at:DateTime64(3, 'UTC')}, known = {known:DateTime64(3, 'UTC')})
WHERE ${OF_TENANT}
GROUP BY tenant
ORDER BY tenant`,
  },
  {
    name: 'online-at',
    asks: 'How many devices were there, away or unknown at a moment, as was known then or is known now?',
    sql: `SELECT tenant, countIf(status IN ('ONLINE', 'SLEEPING')) AS online, countIf(status = 'OFFLINE') AS offline,
  countIf(status = 'UNKNOWN') AS unknown
FROM presence_at(at = {at:DateTime64(3, 'UTC')}, known = {known:DateTime64(3, 'UTC')})
WHERE ${OF_TENANT}
GROUP BY tenant
ORDER BY tenant`,
  },
  {
    name: 'signal-by-technology',
    asks: 'How did the signal go, hour by hour, in each technology?',
    sql: `SELECT start, technology, sum(rows) AS reports,
  ifNotFinite(quantilesDDMerge(0.01, 0.5, 0.9, 0.99)(rssiSketch)[1], NULL) AS rssi
FROM links_states
WHERE span = 3600 AND start >= {from:DateTime64(3, 'UTC')} AND start < {to:DateTime64(3, 'UTC')} AND ${OF_TENANT}
GROUP BY start, technology
ORDER BY start, technology`,
  },
  {
    name: 'roaming-devices',
    asks: 'Which devices change their gateway most often?',
    sql: `SELECT tenant, device, countIf(gateway != before AND before != '') AS changes, uniqExact(gateway) AS gateways
FROM (
  SELECT tenant, device, assumeNotNull(gateway) AS gateway, lagInFrame(assumeNotNull(gateway), 1, '') OVER (
    PARTITION BY tenant, device ORDER BY eventTime, _offset ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
  ) AS before
  FROM links
  WHERE ${OF_TENANT} AND ${IN_TIME} AND isNotNull(gateway)
)
GROUP BY tenant, device
HAVING changes > 0
ORDER BY changes DESC, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'single-gateway',
    asks: 'Which gateways carry devices that no other gateway hears?',
    sql: `SELECT tenant, only AS gateway, count() AS devices
FROM (
  SELECT tenant, device, any(gateway) AS only
  FROM links
  WHERE ${OF_TENANT} AND ${IN_TIME} AND isNotNull(gateway)
  GROUP BY tenant, device
  HAVING uniqExact(gateway) = 1
)
GROUP BY tenant, gateway
ORDER BY devices DESC, tenant, gateway
LIMIT {limit:UInt32}`,
  },
  {
    name: 'availability',
    asks: 'For how much of the expected time was each device connected, and how complete is that?',
    sql: `SELECT tenant, device, sum(connectedMs) AS connectedMs, sum(expectedMs) AS expectedMs,
  connectedMs / expectedMs AS availability, countIf(isNull(w.expectedMs)) AS hoursUnknown
FROM connectivity_windows_current AS w
WHERE ${OF_TENANT} AND ${IN_WINDOW} AND technology = 'ALL' AND spanSeconds = 3600
GROUP BY tenant, device
HAVING expectedMs > 0
ORDER BY availability, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'went-offline',
    asks: 'Which devices went offline most often, and how often did late events take that back?',
    sql: `SELECT tenant, device, countIf(status = 'OFFLINE' AND previous != 'OFFLINE') AS told,
  countIf(reason = 'RETRACTED') AS retracted
FROM connectivity_changes
WHERE ${OF_TENANT} AND ${IN_TIME}
GROUP BY tenant, device
HAVING told > 0
ORDER BY told - retracted DESC, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'poor-links',
    asks: 'Which devices have a poor link for most of the time, and by which measure?',
    sql: `SELECT tenant, device, technology, countIf(quality IN ('POOR', 'VERY_POOR')) AS poor, count() AS quarters,
  arraySort(groupUniqArrayIf(ifNull(qualityBy, ''), quality IN ('POOR', 'VERY_POOR'))) AS measures
FROM connectivity_windows_current
WHERE ${OF_TENANT} AND ${IN_WINDOW} AND spanSeconds = 900 AND quality != 'UNKNOWN'
GROUP BY tenant, device, technology
HAVING poor > 0
ORDER BY poor / quarters DESC, tenant, device, technology
LIMIT {limit:UInt32}`,
  },
  {
    name: 'weakest-margins',
    asks: 'Which LoRa devices have the weakest link margin, and which gateway hears them best?',
    sql: `SELECT tenant, device, min(marginMinDb) AS lowestDb, sum(w.uplinks) AS uplinks,
  sum(marginDb * w.uplinks) / uplinks AS meanDb, argMax(ifNull(bestGateway, ''), start) AS gateway
FROM connectivity_windows_current AS w
WHERE ${OF_TENANT} AND ${IN_WINDOW} AND spanSeconds = 3600 AND isNotNull(marginDb)
GROUP BY tenant, device
ORDER BY lowestDb, tenant, device
LIMIT {limit:UInt32}`,
  },
  {
    name: 'advised',
    asks: 'What is advised to be done about how devices are connected?',
    sql: `SELECT tenant, device, toString(kind) AS advice, latest.2 AS detail
FROM (
  SELECT tenant, device, kind, argMax((active, detail), _offset) AS latest
  FROM connectivity_advice
  WHERE ${OF_TENANT} AND ${IN_TIME}
  GROUP BY tenant, device, kind
)
WHERE latest.1
ORDER BY tenant, device, advice
LIMIT {limit:UInt32}`,
  },
  {
    name: 'why-silent',
    asks: 'What made devices go silent, by what they share, and how many of how many were silent together at most?',
    sql: `SELECT tenant, toString(v.verdict) AS cause, groupName, count() AS silences, uniqExact(device) AS devices,
  max(v.silent) AS together, argMax(v.members, v.silent) AS of
FROM outage_verdicts_current AS v
WHERE ${OF_TENANT} AND ${IN_TIME}
GROUP BY tenant, cause, groupName
ORDER BY silences DESC, tenant, cause, groupName
LIMIT {limit:UInt32}`,
  },
];
