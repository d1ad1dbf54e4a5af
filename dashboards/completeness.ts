import { tables, views } from '#schemas';
import { type Board, type Panel, TO_DEVICE } from './lib/board.ts';
import { models, narrowed, tenants } from './lib/narrowing.ts';
import { bucket, chosen, columns, inRange, type Sql, sql, viewColumns } from './lib/sql.ts';

const { telemetry, gaps, lateEvents, deadLetters } = tables;
const measured = columns(telemetry);
const gap = columns(gaps);
const late = columns(lateEvents);
const letter = columns(deadLetters);
const known = viewColumns(views.completeness);
const hour = viewColumns(views.completenessByHour);
const reached = viewColumns(views.watermarks);

export const completeness: Board = {
  uid: 'fleetstream-completeness',
  title: 'Completeness',
  doc: 'What the other numbers do not know: events that are missing, late or refused, and how far the log’s time has come.',
  hours: 24,
  variables: [tenants, models],
  rows: [
    {
      height: 4,
      panels: [
        total('Events missing', 'Skipped numbers that may still come.', known.missing, 1),
        total('Events lost', 'Skipped numbers that are given up.', known.lost, 1),
        total('Events late', 'Events beyond the horizon: in `late_events`, in no other table.', known.late, 1),
        total('Events repeated', 'Duplicates, which no table holds twice.', known.duplicates, 100_000),
        {
          title: 'Watermark behind',
          doc: 'Age of the log time of the partition that is furthest behind. A partition whose devices are silent stands still.',
          kind: 'stat',
          unit: 's',
          steps: ['green', [30, 'yellow'], [300, 'red']],
          ask: [
            {
              rows: sql`SELECT greatest(dateDiff('second', min(${reached.watermark}), $__toTime), 0) AS age
FROM ${views.watermarks}`,
            },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Gap ledger',
          doc: 'Events by what their sequence numbers tell. What is missing here may be filled further right.',
          kind: 'bars',
          ask: [
            {
              series: sql`SELECT ${bucket(gap.receivedAt)} AS time, ${gap.kind}, sum(${gap.count}) AS events
FROM ${gaps} WHERE ${inRange(gap.receivedAt)} AND ${narrowed(gap)} GROUP BY time, ${gap.kind} ORDER BY time`,
            },
          ],
        },
        {
          title: 'How late measurements come',
          doc: 'From event to receipt; devices whose clock is not believed are left out.',
          kind: 'lines',
          unit: 'ms',
          min: 1,
          log: true,
          ask: [
            {
              series: sql`SELECT ${bucket(measured.receivedAt)} AS time,
  quantile(0.5)(delay) AS median, quantile(0.99)(delay) AS p99
FROM (
  SELECT ${measured.receivedAt}, dateDiff('millisecond', ${measured.eventTime}, ${measured.receivedAt}) AS delay
  FROM ${telemetry} WHERE ${inRange(measured.receivedAt)} AND ${narrowed(measured)} AND NOT ${measured.clockSuspect}
) GROUP BY time ORDER BY time`,
            },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Late events',
          doc: 'Events that changed no state, by processor; a replay with a longer horizon includes them.',
          kind: 'bars',
          ask: [
            {
              series: sql`SELECT ${bucket(late.receivedAt)} AS time, ${late.processor}, count() AS events
FROM ${lateEvents} WHERE ${inRange(late.receivedAt)} AND ${narrowed(late)}
GROUP BY time, ${late.processor} ORDER BY time`,
            },
          ],
        },
        {
          title: 'Dead letters',
          doc: 'Input that was refused, by the code of the reason. `fleetstream dlq list` names each.',
          kind: 'bars',
          ask: [
            {
              series: sql`SELECT ${bucket(letter.time)} AS time, ${letter.code}, count() AS letters
FROM ${deadLetters}
WHERE ${inRange(letter.time)} AND ${chosen('tenant', sql`coalesce(${letter.tenant}, '')`)}
GROUP BY time, ${letter.code} ORDER BY time`,
            },
          ],
        },
      ],
    },
    {
      height: 9,
      panels: [
        {
          title: 'How complete each hour is, and why',
          doc: 'What the tables have of an hour against what the devices’ own numbers say there should be. An hour is closed when every partition has passed it.',
          kind: 'table',
          units: { hour: 'dateTimeAsIso', share: 'percentunit' },
          ask: [
            {
              rows: sql`SELECT ${hour.start} AS hour, ${hour.tenant}, ${hour.events}, ${hour.share},
  ${hour.isClosed} AS closed, ${hour.why}
FROM ${views.completenessByHour}
WHERE ${hour.start} >= toStartOfHour($__fromTime) AND ${hour.start} <= $__toTime AND ${chosen('tenant', hour.tenant)}
ORDER BY hour DESC, ${hour.tenant} LIMIT 200`,
            },
          ],
        },
      ],
    },
    {
      height: 9,
      panels: [
        {
          title: 'Least complete devices',
          doc: 'Devices by what is known to be missing of them.',
          kind: 'table',
          opens: TO_DEVICE,
          units: { newest: 'dateTimeAsIso' },
          ask: [
            {
              rows: sql`SELECT ${known.tenant}, ${known.device}, ${known.missing}, ${known.lost}, ${known.filled},
  ${known.duplicates}, ${known.late}, ${known.resets}, ${known.newestEventTime} AS newest
FROM ${views.completeness} WHERE ${narrowed(known)}
ORDER BY ${known.missing} + ${known.lost} DESC, ${known.duplicates} DESC LIMIT 50`,
            },
          ],
        },
        {
          title: 'Watermark by partition',
          doc: 'How far log time has come in each partition, as far as any table shows.',
          kind: 'table',
          units: { reached: 'dateTimeAsIso', behind: 's' },
          ask: [
            {
              rows: sql`SELECT ${reached.partition}, ${reached.watermark} AS reached,
  greatest(dateDiff('second', ${reached.watermark}, $__toTime), 0) AS behind
FROM ${views.watermarks} ORDER BY behind DESC, ${reached.partition}`,
            },
          ],
        },
      ],
    },
  ],
};

/** A sum over all time of a column of the view. */
function total(title: string, doc: string, column: Sql, bad: number): Panel {
  return {
    title,
    doc: `${doc} Over all time.`,
    kind: 'stat',
    steps: ['green', [bad, 'yellow'], [bad * 1000, 'red']],
    ask: [{ rows: sql`SELECT sum(${column}) AS events FROM ${views.completeness} WHERE ${narrowed(known)}` }],
  };
}
