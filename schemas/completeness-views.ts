import { type Span, SPAN_SUFFIX, SPANS, view } from '#sdk';

export const gapRanges = view({
  name: 'gap_ranges',
  doc: 'Every run of sequence numbers that was skipped, and what has become of it since.',
  dataClass: 'operational',
  columns: {
    tenant: 'Who owns the device.',
    device: 'The device.',
    source: 'The numbering stream.',
    epoch: 'Which run of the counter; -1 where it has none.',
    firstSequence: 'First number that was skipped.',
    lastSequence: 'Last number that was skipped.',
    eventTime: 'When the event happened whose number showed that others are missing.',
    skipped: 'How many numbers were skipped.',
    filled: 'How many of them came after all.',
    lost: 'How many of them are given up.',
    missing: 'How many of them may still come.',
  },
  examples: [
    {
      asks: 'Which devices have the most events outstanding?',
      sql: `SELECT tenant, device, sum(missing) AS outstanding
FROM gap_ranges
GROUP BY tenant, device
ORDER BY outstanding DESC, tenant, device
LIMIT 10`,
    },
  ],
  // A number is skipped once in an epoch, so what came later belongs to the skipped run that begins last before it.
  query: `
SELECT
  m.tenant AS tenant,
  m.device AS device,
  m.source AS source,
  m.epoch AS epoch,
  m.firstSequence AS firstSequence,
  m.lastSequence AS lastSequence,
  m.eventTime AS eventTime,
  m.lastSequence - m.firstSequence + 1 AS skipped,
  toInt64(f.filled) AS filled,
  toInt64(f.lost) AS lost,
  skipped - filled - lost AS missing
FROM (
  SELECT
    tenant, device, source,
    ifNull(epoch, -1) AS epoch,
    assumeNotNull(firstSequence) AS firstSequence,
    assumeNotNull(lastSequence) AS lastSequence,
    eventTime
  FROM gaps
  WHERE kind = 'MISSING'
) AS m
LEFT JOIN (
  SELECT
    l.tenant AS tenant,
    l.device AS device,
    l.source AS source,
    l.epoch AS epoch,
    r.firstSequence AS firstSequence,
    sumIf(l.count, l.kind = 'FILLED') AS filled,
    sumIf(l.count, l.kind = 'LOST') AS lost
  FROM (
    SELECT tenant, device, source, ifNull(epoch, -1) AS epoch, assumeNotNull(firstSequence) AS sequence, count, kind
    FROM gaps
    WHERE kind IN ('FILLED', 'LOST') AND isNotNull(firstSequence)
  ) AS l
  ASOF JOIN (
    SELECT tenant, device, source, ifNull(epoch, -1) AS epoch, assumeNotNull(firstSequence) AS firstSequence
    FROM gaps
    WHERE kind = 'MISSING'
  ) AS r
  ON l.tenant = r.tenant AND l.device = r.device AND l.source = r.source AND l.epoch = r.epoch
    AND l.sequence >= r.firstSequence
  GROUP BY tenant, device, source, epoch, firstSequence
) AS f
ON m.tenant = f.tenant AND m.device = f.device AND m.source = f.source AND m.epoch = f.epoch
  AND m.firstSequence = f.firstSequence`,
});

const START: Readonly<Record<Span, string>> = {
  minute: 'toStartOfMinute',
  hour: 'toStartOfHour',
  day: 'toStartOfDay',
};

/** What stands beside each number that is added up. */
export const GAP_COLUMNS = {
  missing: 'Events of the tenant that were skipped then and have not come yet, by their sequence numbers.',
  lost: 'Those that are given up: had they come later, they stand in late_events.',
  late: 'Events of then that came after the horizon; they stand in late_events, and are in no other number.',
  watermark: 'Log time up to which every partition is in the tables.',
} as const;

const { missing, lost, late } = GAP_COLUMNS;
const COUNTS = { missing, lost, late };

/** What is known to be missing, by tenant and span. */
export const gapsBy = (Object.keys(SPANS) as Span[]).map((span) =>
  view({
    name: `gaps_${SPAN_SUFFIX[span]}`,
    doc: `What is known to be missing of each ${span} of each tenant, where anything is.`,
    dataClass: 'operational',
    columns: {
      tenant: 'Who owns the devices.',
      start: `When the ${span} began, in UTC.`,
      ...COUNTS,
      undedupable: 'Events that could not be told from repetitions: they have neither number nor device time.',
      devicesMissing: 'How many devices have events missing.',
    },
    examples: [
      {
        asks: `Which ${span} misses most?`,
        sql: `SELECT tenant, start, missing, lost, late
FROM gaps_${SPAN_SUFFIX[span]}
ORDER BY missing + lost + late DESC, start
LIMIT 5`,
      },
    ],
    query: `
SELECT
  tenant,
  toDateTime(${START[span]}(eventTime), 'UTC') AS start,
  sum(notSeen) AS missing,
  sum(givenUp) AS lost,
  sumIf(others, kind = 'LATE') AS late,
  sumIf(others, kind = 'UNDEDUPABLE') AS undedupable,
  uniqExactIf(device, notSeen > 0) AS devicesMissing
FROM (
  SELECT tenant, device, eventTime, 'MISSING' AS kind, missing AS notSeen, lost AS givenUp, toInt64(0) AS others
  FROM gap_ranges
  UNION ALL
  SELECT tenant, device, eventTime, toString(kind) AS kind, 0 AS notSeen, 0 AS givenUp, count AS others
  FROM gaps
  WHERE kind IN ('LATE', 'UNDEDUPABLE')
)
GROUP BY tenant, start`,
  }),
);

export const completenessByHour = view({
  name: 'completeness_1h',
  doc: 'How complete each hour of each tenant is, and why: what is in telemetry, links and sessions against what the devices’ own numbers say there should be.',
  dataClass: 'operational',
  columns: {
    tenant: 'Who owns the devices.',
    start: 'When the hour began, in UTC.',
    events: 'Events of that hour in telemetry, links and sessions.',
    ...COUNTS,
    undedupable: 'Events that could not be told from repetitions: they have neither number nor device time.',
    share: 'Share of the known events that are in the tables, from 0 to 1.',
    watermark: GAP_COLUMNS.watermark,
    isClosed:
      'Whether every partition has passed the end of the hour; devices that store may still bring events of it.',
    why: 'What is missing and why, in words; complete where nothing is known to be.',
  },
  examples: [
    {
      asks: 'How complete is each hour, and why?',
      sql: `SELECT start, events, share, isClosed, why
FROM completeness_1h
WHERE tenant = 'acme'
ORDER BY start DESC
LIMIT 24`,
    },
  ],
  query: `
SELECT
  tenant,
  start,
  events,
  missing,
  lost,
  late,
  undedupable,
  events / greatest(events + missing + lost + late, 1) AS share,
  slowest.1 AS watermark,
  ifNull(watermark >= start + INTERVAL 1 HOUR, false) AS isClosed,
  coalesce(
    nullIf(
      arrayStringConcat(
        arrayFilter(
          reason -> reason != '',
          [
            if(missing > 0, concat(toString(missing), ' skipped by ', toString(devicesMissing), ' devices may still come'), ''),
            if(lost > 0, concat(toString(lost), ' are given up'), ''),
            if(late > 0, concat(toString(late), ' came after the horizon and stand in late_events'), ''),
            if(undedupable > 0, concat(toString(undedupable), ' may be repetitions'), ''),
            if(isClosed, '', concat('partition ', toString(slowest.2), ' has only reached ', toString(watermark)))
          ]
        ),
        '; '
      ),
      ''
    ),
    'complete'
  ) AS why
FROM (
  SELECT
    tenant,
    start,
    sum(counted) AS events,
    sum(notSeen) AS missing,
    sum(givenUp) AS lost,
    sum(tooLate) AS late,
    sum(unclear) AS undedupable,
    sum(silent) AS devicesMissing,
    (SELECT (min(watermark), argMin(partition, watermark)) FROM watermarks) AS slowest
  FROM (
    SELECT tenant, start, toInt64(rows) AS counted, 0 AS notSeen, 0 AS givenUp, 0 AS tooLate, 0 AS unclear, 0 AS silent
    FROM (
      SELECT tenant, start, rows FROM reports_states WHERE span = ${SPANS.hour}
      UNION ALL
      SELECT tenant, start, rows FROM links_states WHERE span = ${SPANS.hour}
      UNION ALL
      SELECT tenant, toDateTime(toStartOfHour(eventTime), 'UTC') AS start, count() AS rows
      FROM sessions
      GROUP BY tenant, start
    )
    UNION ALL
    SELECT tenant, start, 0, missing, lost, late, undedupable, devicesMissing
    FROM gaps_1h
  )
  GROUP BY tenant, start
)`,
});

/** The newest event time of each device in a table whose every row is of an admitted event. */
function newestOf(table: string, where: string): string {
  return `
  UNION ALL
  SELECT tenant, device, '' AS kind, 0 AS count, max(eventTime) AS admitted
  FROM ${table}
  WHERE ${where}
  GROUP BY tenant, device`;
}
export const completeness = view({
  name: 'completeness',
  doc: 'What is known to be missing of each device that ever missed, repeated or delayed an event: missing counts neither what came after all nor what is given up as lost; newestEventTime is of the newest event that was admitted.',
  dataClass: 'operational',
  columns: {
    tenant: 'Who owns the device.',
    device: 'The device.',
    missing: 'Events that were skipped and may still come.',
    filled: 'Events that were skipped and came after all.',
    lost: 'Events that were skipped and are given up.',
    duplicates: 'Events that came again, and count once.',
    late: 'Events that came after the horizon; they stand in late_events.',
    resets: 'How often the counter began anew in a later epoch.',
    undedupable: 'Events that could not be told from repetitions.',
    newestEventTime: 'Event time of the newest event that was admitted; null when none was.',
  },
  examples: [
    {
      asks: 'Which devices repeat themselves most?',
      sql: `SELECT tenant, device, duplicates
FROM completeness
ORDER BY duplicates DESC, tenant, device
LIMIT 10`,
    },
  ],
  query: `
SELECT
  tenant,
  device,
  sumIf(count, kind = 'MISSING') - filled - lost AS missing,
  sumIf(count, kind = 'FILLED') AS filled,
  sumIf(count, kind = 'LOST') AS lost,
  sumIf(count, kind = 'DUPLICATE') AS duplicates,
  sumIf(count, kind = 'LATE') AS late,
  sumIf(count, kind = 'RESET') AS resets,
  sumIf(count, kind = 'UNDEDUPABLE') AS undedupable,
  max(admitted) AS newestEventTime
FROM (
  SELECT tenant, device, toString(kind) AS kind, count, NULL AS admitted
  FROM gaps${newestOf('telemetry', 'true')}${newestOf('links', 'true')}${newestOf('sessions', 'true')}${newestOf('twin_changes', "section = 'REPORTED'")}
)
GROUP BY tenant, device
HAVING countIf(kind != '') > 0`,
});
