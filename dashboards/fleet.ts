import { tables, views } from '#schemas';
import { type Board, TO_DEVICE } from './lib/board.ts';
import { models, narrowed, tenants } from './lib/narrowing.ts';
import { bucket, columns, inRange, sql, viewColumns } from './lib/sql.ts';

const { telemetry, links, sessions, twins } = tables;
const measured = columns(telemetry);
const link = columns(links);
const session = columns(sessions);
const twin = columns(twins);
const known = viewColumns(views.completeness);
const wish = viewColumns(views.twinPathStatus);

/** How long a device may say nothing: three reports of five minutes. */
const SILENCE_MINUTES = 15;

/** As of now: each part of the table keeps when it heard each device, and knows no earlier time. */
const HEARD = sql`SELECT ${measured.tenant}, ${measured.device}, max(${measured.receivedAt}) AS heard
FROM ${telemetry} WHERE ${narrowed(measured)}
GROUP BY ${measured.tenant}, ${measured.device}`;

export const fleet: Board = {
  uid: 'fleetstream-fleet',
  title: 'Fleet overview',
  doc: 'Whether the fleet is there, what it says and how well it is connected.',
  hours: 6,
  variables: [tenants, models],
  rows: [
    {
      height: 4,
      panels: [
        {
          title: 'Devices heard',
          doc: 'Devices whose measurements came in the range.',
          kind: 'stat',
          ask: [
            {
              rows: sql`SELECT uniqExact(${measured.tenant}, ${measured.device}) AS devices
FROM ${telemetry} WHERE ${inRange(measured.receivedAt)} AND ${narrowed(measured)}`,
            },
          ],
        },
        {
          title: 'Devices silent',
          doc: `Devices that said nothing since ${SILENCE_MINUTES} minutes before the end of the range.`,
          kind: 'stat',
          steps: ['green', [1, 'yellow'], [50, 'red']],
          ask: [
            {
              rows: sql`SELECT countIf(heard < $__toTime - INTERVAL ${SILENCE_MINUTES} MINUTE) AS devices FROM (${HEARD})`,
            },
          ],
        },
        {
          title: 'Measurements a second',
          doc: 'Measurements received, over the whole range.',
          kind: 'stat',
          unit: 'short',
          ask: [
            {
              rows: sql`SELECT count() / greatest(dateDiff('second', $__fromTime, $__toTime), 1) AS rate
FROM ${telemetry} WHERE ${inRange(measured.receivedAt)} AND ${narrowed(measured)}`,
            },
          ],
        },
        {
          title: 'Events missing',
          doc: 'Sequence numbers that were skipped and have not come since. The board of completeness has the rest.',
          kind: 'stat',
          steps: ['green', [1, 'yellow'], [1000, 'red']],
          opens: '/d/fleetstream-completeness?${__url_time_range}&${tenant:queryparam}&${model:queryparam}',
          ask: [
            { rows: sql`SELECT sum(${known.missing}) AS events FROM ${views.completeness} WHERE ${narrowed(known)}` },
          ],
        },
        {
          title: 'Wishes not met',
          doc: 'Desired values that a device refused or left again, as of now.',
          kind: 'stat',
          steps: ['green', [1, 'yellow'], [100, 'red']],
          ask: [
            {
              rows: sql`SELECT countIf(${wish.status} IN ('DRIFTED', 'REJECTED')) AS paths
FROM ${views.twinPathStatus} WHERE ${narrowed(wish)}`,
            },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Measurements received',
          doc: 'By tenant, a second. By arrival, so that a store brought late shows when it came.',
          kind: 'lines',
          unit: 'short',
          min: 0,
          ask: [
            {
              series: sql`SELECT ${bucket(measured.receivedAt)} AS time, ${measured.tenant},
  count() / $__interval_s AS rate
FROM ${telemetry} WHERE ${inRange(measured.receivedAt)} AND ${narrowed(measured)}
GROUP BY time, ${measured.tenant} ORDER BY time`,
            },
          ],
        },
        {
          title: 'Devices heard',
          doc: 'Different devices in each interval, by tenant: a step down is an outage.',
          kind: 'lines',
          min: 0,
          ask: [
            {
              series: sql`SELECT ${bucket(measured.eventTime)} AS time, ${measured.tenant},
  uniq(${measured.device}) AS devices
FROM ${telemetry} WHERE ${inRange(measured.eventTime)} AND ${narrowed(measured)}
GROUP BY time, ${measured.tenant} ORDER BY time`,
            },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Signal',
          doc: 'Median of received strength by technology.',
          kind: 'lines',
          unit: 'dBm',
          ask: [
            {
              series: sql`SELECT ${bucket(link.eventTime)} AS time, ${link.technology},
  quantile(0.5)(coalesce(${link.rssi}, ${link.rsrp})) AS strength
FROM ${links} WHERE ${inRange(link.eventTime)} AND ${narrowed(link)} AND isNotNull(coalesce(${link.rssi}, ${link.rsrp}))
GROUP BY time, ${link.technology} ORDER BY time`,
            },
          ],
        },
        {
          title: 'Sessions',
          doc: 'Sessions that began and that ended: many of both is a fleet that comes and goes.',
          kind: 'bars',
          ask: [
            {
              series: sql`SELECT ${bucket(session.eventTime)} AS time, ${session.phase}, count() AS sessions
FROM ${sessions} WHERE ${inRange(session.eventTime)} AND ${narrowed(session)}
GROUP BY time, ${session.phase} ORDER BY time`,
            },
          ],
        },
      ],
    },
    {
      height: 9,
      panels: [
        {
          title: 'Longest silent',
          doc: 'Devices by the time since something of them came.',
          kind: 'table',
          units: { heard: 'dateTimeAsIso', silence: 's' },
          opens: TO_DEVICE,
          ask: [
            {
              rows: sql`SELECT *, dateDiff('second', heard, $__toTime) AS silence FROM (${HEARD}) ORDER BY silence DESC LIMIT 20`,
            },
          ],
        },
        {
          title: 'Worst gateways',
          doc: 'Gateways and access points by the weakest median signal of the devices they hear.',
          kind: 'table',
          units: { strength: 'dBm', snr: 'dB' },
          ask: [
            {
              rows: sql`SELECT ${link.tenant}, ${link.gateway}, uniq(${link.device}) AS devices,
  quantile(0.5)(${link.rssi}) AS strength, quantile(0.5)(${link.snr}) AS snr
FROM ${links} WHERE ${inRange(link.eventTime)} AND ${narrowed(link)}
  AND isNotNull(${link.gateway}) AND isNotNull(${link.rssi})
GROUP BY ${link.tenant}, ${link.gateway} ORDER BY strength LIMIT 20`,
            },
          ],
        },
        {
          title: 'Models and firmware',
          doc: 'Devices by what they tell of themselves.',
          kind: 'table',
          ask: [
            {
              rows: sql`SELECT JSONExtractString(${twin.reported}, 'hardware', 'model') AS model,
  JSONExtractString(${twin.reported}, 'firmware') AS firmware, count() AS devices
FROM ${twins} WHERE ${narrowed(twin)} GROUP BY model, firmware ORDER BY devices DESC LIMIT 50`,
            },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Wishes not met',
          doc: 'Desired values by how long they have stood as they stand.',
          kind: 'table',
          units: { age: 's' },
          texts: { REJECTED: 'red', DRIFTED: 'orange', PENDING: 'yellow' },
          opens: TO_DEVICE,
          ask: [
            {
              rows: sql`SELECT ${wish.tenant}, ${wish.device}, ${wish.path}, ${wish.status}, ${wish.desired},
  ${wish.reported}, ${wish.reason}, ${wish.ageSeconds} AS age
FROM ${views.twinPathStatus} WHERE ${wish.status} != 'CONVERGED' AND ${narrowed(wish)} ORDER BY age DESC LIMIT 20`,
            },
          ],
        },
      ],
    },
  ],
};
