import { view } from '#sdk';

/** Tables whose rows the processors derive, and the times that all of them have. */
const FOLLOWED = [
  'telemetry',
  'links',
  'sessions',
  'gaps',
  'late_events',
  'twin_changes',
  'twin_deltas',
  'twin_rejections',
];

export const freshness = view({
  name: 'freshness',
  doc: 'How far each table has got in each partition of the log, by its newest rows.',
  dataClass: 'operational',
  columns: {
    table: 'Name of the table.',
    partition: 'Partition of the log.',
    rows: 'Rows that the table has of it.',
    newestOffset: 'Highest offset of the table’s topic that is in it.',
    newestEventTime: 'Newest event time.',
    newestReceivedAt: 'When the newest of its events was received.',
    logTime: 'Largest log time of its rows: the last clock tick before the newest one.',
  },
  examples: [
    {
      asks: 'Which partition of which table is furthest behind?',
      sql: `SELECT table, partition, logTime, newestReceivedAt
FROM freshness
WHERE table IN ('telemetry', 'links')
ORDER BY logTime, table, partition
LIMIT 5`,
    },
  ],
  query: FOLLOWED.map(
    (name) => `
SELECT
  '${name}' AS table,
  _partition AS partition,
  count() AS rows,
  max(_offset) AS newestOffset,
  max(eventTime) AS newestEventTime,
  max(receivedAt) AS newestReceivedAt,
  max(logTime) AS logTime
FROM ${name}
GROUP BY _partition`,
  ).join('\nUNION ALL'),
});

export const watermarks = view({
  name: 'watermarks',
  doc: 'How far log time has got in each partition, as far as any table shows: what was received before is in the tables. A partition whose devices are silent stands still.',
  dataClass: 'operational',
  columns: {
    partition: 'Partition of the log.',
    watermark: 'Log time that its rows have reached.',
    secondsBehind: 'How long ago that is, in seconds.',
  },
  examples: [
    {
      asks: 'Up to when is everything in the tables?',
      sql: `SELECT min(watermark) AS upTo, argMin(partition, watermark) AS slowest
FROM watermarks`,
    },
  ],
  query: `
SELECT
  partition,
  max(logTime) AS watermark,
  dateDiff('second', watermark, now64(3, 'UTC')) AS secondsBehind
FROM freshness
GROUP BY partition`,
});
