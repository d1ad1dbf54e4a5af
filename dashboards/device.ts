import { tables, views } from '#schemas';
import type { Board } from './lib/board.ts';
import { devices, tenants } from './lib/narrowing.ts';
import { bucket, columns, inRange, type Sql, sql, valueOf, viewColumns } from './lib/sql.ts';

const { telemetry, links, sessions, gaps, twins, twinChanges } = tables;
const measured = columns(telemetry);
const link = columns(links);
const session = columns(sessions);
const gap = columns(gaps);
const twin = columns(twins);
const change = columns(twinChanges);
const known = viewColumns(views.completeness);
const wish = viewColumns(views.twinPathStatus);

/** That a row is of the chosen device. */
const OF_DEVICE: Sql = sql`${measured.tenant} = ${valueOf('tenant')} AND ${measured.device} = ${valueOf('device')}`;

const STATE = sql`if(${session.phase} = 'STARTED', 'connected', 'away')`;

export const device: Board = {
  uid: 'fleetstream-device',
  title: 'A device’s life',
  doc: 'Sessions, links, measurements and twin changes of one device, on one axis of event time.',
  hours: 6,
  variables: [{ ...tenants, every: false }, devices],
  rows: [
    {
      height: 4,
      panels: [
        {
          title: 'Last heard',
          doc: 'When something of the device last came.',
          kind: 'stat',
          unit: 'dateTimeFromNow',
          ask: [{ rows: sql`SELECT max(${measured.receivedAt}) AS heard FROM ${telemetry} WHERE ${OF_DEVICE}` }],
        },
        {
          title: 'Model',
          doc: 'As the device tells it.',
          kind: 'stat',
          ask: [
            {
              rows: sql`SELECT JSONExtractString(${twin.reported}, 'hardware', 'model') AS model FROM ${twins} WHERE ${OF_DEVICE}`,
            },
          ],
        },
        {
          title: 'Firmware',
          doc: 'As the device tells it.',
          kind: 'stat',
          ask: [
            {
              rows: sql`SELECT JSONExtractString(${twin.reported}, 'firmware') AS firmware FROM ${twins} WHERE ${OF_DEVICE}`,
            },
          ],
        },
        {
          title: 'Events missing',
          doc: 'Sequence numbers that were skipped and have not come since.',
          kind: 'stat',
          steps: ['green', [1, 'yellow'], [100, 'red']],
          ask: [{ rows: sql`SELECT sum(${known.missing}) AS events FROM ${views.completeness} WHERE ${OF_DEVICE}` }],
        },
      ],
    },
    {
      height: 4,
      panels: [
        {
          title: 'Session',
          doc: 'Whether the device was connected; the first state is the one in which it came into the range.',
          kind: 'states',
          texts: { connected: 'green', away: 'red' },
          ask: [
            {
              rows: sql`SELECT time, state FROM (
  SELECT $__fromTime AS time, argMax(${STATE}, ${session.eventTime}) AS state, count() AS known
  FROM ${sessions} WHERE ${OF_DEVICE} AND ${session.eventTime} < $__fromTime
  UNION ALL
  SELECT toDateTime(${session.eventTime}) AS time, ${STATE} AS state, 1 AS known
  FROM ${sessions} WHERE ${OF_DEVICE} AND ${inRange(session.eventTime)}
) WHERE known > 0 ORDER BY time`,
            },
          ],
        },
      ],
    },
    {
      height: 7,
      panels: [
        {
          title: 'Link',
          doc: 'Strength of the signal and how far it stood above the noise.',
          kind: 'lines',
          unit: 'dBm',
          units: { snr: 'dB' },
          ask: [
            {
              series: sql`SELECT ${bucket(link.eventTime)} AS time,
  avg(coalesce(${link.rssi}, ${link.rsrp})) AS strength,
  avg(coalesce(${link.snr}, ${link.sinr})) AS snr
FROM ${links} WHERE ${OF_DEVICE} AND ${inRange(link.eventTime)} GROUP BY time ORDER BY time`,
            },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Measurements',
          doc: 'Mean of each measured value in each interval.',
          kind: 'lines',
          ask: [
            {
              series: sql`SELECT ${bucket(measured.eventTime)} AS time, metric, avg(value) AS value
FROM ${telemetry} ARRAY JOIN mapKeys(${measured.metrics}) AS metric, mapValues(${measured.metrics}) AS value
WHERE ${OF_DEVICE} AND ${inRange(measured.eventTime)} GROUP BY time, metric ORDER BY time`,
            },
          ],
        },
      ],
    },
    {
      height: 6,
      panels: [
        {
          title: 'Twin changes',
          doc: 'How many paths became different, by the section that was written.',
          kind: 'bars',
          ask: [
            {
              series: sql`SELECT ${bucket(change.eventTime)} AS time, ${change.section},
  sum(length(${change.changes})) AS changes
FROM ${twinChanges} WHERE ${OF_DEVICE} AND ${inRange(change.eventTime)} GROUP BY time, ${change.section} ORDER BY time`,
            },
          ],
        },
        {
          title: 'Gaps',
          doc: 'What the sequence numbers say: skipped, come after all, given up, repeated, late, begun anew.',
          kind: 'bars',
          ask: [
            {
              series: sql`SELECT ${bucket(gap.eventTime)} AS time, ${gap.kind}, sum(${gap.count}) AS events
FROM ${gaps} WHERE ${OF_DEVICE} AND ${inRange(gap.eventTime)} GROUP BY time, ${gap.kind} ORDER BY time`,
            },
          ],
        },
      ],
    },
    {
      height: 9,
      widths: [15, 9],
      panels: [
        {
          title: 'What changed, and by which event',
          doc: 'Paths of the twin, newest first, each with the place in the log of the event that caused it.',
          kind: 'table',
          units: { time: 'dateTimeAsIso' },
          ask: [
            {
              rows: sql`SELECT ${change.eventTime} AS time, ${change.section} AS section,
  c.path AS path, c.previous AS previous, c.current AS current,
  ${change.source}, ${change.causePartition}, ${change.causeOffset}
FROM ${twinChanges} ARRAY JOIN ${change.changes} AS c
WHERE ${OF_DEVICE} AND ${inRange(change.eventTime)} ORDER BY time DESC LIMIT 200`,
            },
          ],
        },
        {
          title: 'Desired state',
          doc: 'How far each desired path has got, and for how long it has stood so.',
          kind: 'table',
          units: { age: 's' },
          texts: { CONVERGED: 'green', PENDING: 'yellow', DRIFTED: 'orange', REJECTED: 'red' },
          ask: [
            {
              rows: sql`SELECT ${wish.path}, ${wish.status}, ${wish.desired}, ${wish.reported}, ${wish.reason},
  ${wish.ageSeconds} AS age
FROM ${views.twinPathStatus} WHERE ${OF_DEVICE} ORDER BY ${wish.path}`,
            },
          ],
        },
      ],
    },
  ],
};
