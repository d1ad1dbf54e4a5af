import { view } from '#sdk';

const WHOSE = { tenant: 'Who owns the device.', device: 'The device, unique within its tenant.' };

/** What had happened at event time `at`, as far as log time `known` knew. */
const THEN = `eventTime <= {at:DateTime64(3, 'UTC')} AND logTime <= {known:DateTime64(3, 'UTC')}`;

/** Of two reports, the one that holds: the newer, then the higher number, then the greater id. */
const STAMP = '(eventTime, ifNull(sequence, -1), eventId)';

export const metricsAt = view({
  name: 'metrics_at',
  doc: 'The newest value of each metric of every device at event time `at`, as known at log time `known`. Call it as metrics_at(at = …, known = …).',
  dataClass: 'telemetry',
  columns: {
    ...WHOSE,
    metric: 'Name of the measurement, with its unit.',
    value: 'Its newest value.',
    eventTime: 'When that was measured.',
    eventId: 'Id of the event that it is from.',
  },
  examples: [
    {
      asks: 'How warm was it in the mean over the fleet at noon, by what was known then and by what is known now?',
      sql: `SELECT
  (SELECT avg(value) FROM metrics_at(at = '2026-11-01 12:00:00', known = '2026-11-01 12:00:00') WHERE metric = 'temperatureC') AS knownThen,
  (SELECT avg(value) FROM metrics_at(at = '2026-11-01 12:00:00', known = '2100-01-01 00:00:00') WHERE metric = 'temperatureC') AS knownNow`,
    },
  ],
  query: `
SELECT
  tenant,
  device,
  metric,
  newest.1 AS value,
  newest.2 AS eventTime,
  newest.3 AS eventId
FROM (
  SELECT tenant, device, metric, argMax((value, eventTime, eventId), ${STAMP}) AS newest
  FROM telemetry
  ARRAY JOIN mapKeys(metrics) AS metric, mapValues(metrics) AS value
  WHERE ${THEN}
  GROUP BY tenant, device, metric
)`,
});

export const presenceAt = view({
  name: 'presence_at',
  doc: 'Whether each device was there at event time `at`, as known at log time `known`: online, asleep, offline or unknown. Devices of which nothing was known by then are left out; empty unless the processor connectivity runs. Call it as presence_at(at = …, known = …).',
  dataClass: 'connectivity',
  columns: {
    ...WHOSE,
    status: 'ONLINE, SLEEPING, OFFLINE or UNKNOWN, as in connectivity_changes.',
    since: 'When it became so.',
    reason: 'What showed it: the reason of the row of connectivity_changes that says so.',
    lastSeen: 'Last sign of the device, as that row says.',
    gateway: 'Gateway that had heard it last by then.',
    cell: 'Cell that had served it last by then.',
    operator: 'Network operator by then.',
  },
  examples: [
    {
      asks: 'Who was offline at noon, by what was known then and by what is known now?',
      sql: `SELECT tenant, device, anyIf(status, known = 'then') AS knownThen, anyIf(status, known = 'now') AS knownNow
FROM (
  SELECT 'then' AS known, tenant, device, status
  FROM presence_at(at = '2026-11-01 12:00:00', known = '2026-11-01 12:00:00')
  UNION ALL
  SELECT 'now' AS known, tenant, device, status
  FROM presence_at(at = '2026-11-01 12:00:00', known = '2100-01-01 00:00:00')
)
GROUP BY tenant, device
HAVING knownThen = 'OFFLINE' OR knownNow = 'OFFLINE'
ORDER BY tenant, device`,
    },
  ],
  // A row says what holds from its event time on, and what held in a time that is over; what was said last holds. One
  // that takes an older absence back says nothing new of now.
  query: `
SELECT
  tenant,
  device,
  last.1 AS status,
  last.2 AS since,
  last.3 AS reason,
  last.4 AS lastSeen,
  last.5 AS gateway,
  last.6 AS cell,
  last.7 AS operator
FROM (
  SELECT tenant, device, argMax((said.1, said.2, reason, lastSeen, gateway, cell, operator), _offset) AS last
  FROM (
    SELECT
      *,
      [
        (
          toString(status),
          eventTime,
          if(reason = 'RETRACTED' AND isNotNull(correctedUntil), eventTime, toDateTime64('2299-01-01', 3, 'UTC'))
        ),
        (toString(corrected), ifNull(correctedFrom, eventTime), ifNull(correctedUntil, eventTime))
      ] AS told
    FROM connectivity_changes
    WHERE logTime <= {known:DateTime64(3, 'UTC')}
  )
  ARRAY JOIN told AS said
  WHERE said.2 <= {at:DateTime64(3, 'UTC')} AND {at:DateTime64(3, 'UTC')} < said.3
  GROUP BY tenant, device
)`,
});

export const sessionsAt = view({
  name: 'sessions_at',
  doc: 'The session of every device at event time `at`, as known at log time `known`: whether its newest one had ended. Call it as sessions_at(at = …, known = …).',
  dataClass: 'connectivity',
  columns: {
    ...WHOSE,
    phase: 'STARTED while the session goes on, ENDED after it.',
    sessionId: 'The session.',
    reason: 'Why it ended; null where that is not known or it goes on.',
    eventTime: 'Since when.',
  },
  examples: [
    {
      asks: 'How many devices were connected at noon?',
      sql: `SELECT tenant, countIf(phase = 'STARTED') AS connected, count() AS devices
FROM sessions_at(at = '2026-11-01 12:00:00', known = '2100-01-01 00:00:00')
GROUP BY tenant
ORDER BY tenant`,
    },
  ],
  query: `
SELECT
  tenant,
  device,
  newest.1 AS phase,
  newest.2 AS sessionId,
  newest.3 AS reason,
  newest.4 AS eventTime
FROM (
  SELECT tenant, device, argMax((phase, sessionId, reason, eventTime), ${STAMP}) AS newest
  FROM sessions
  WHERE ${THEN}
  GROUP BY tenant, device
)`,
});
