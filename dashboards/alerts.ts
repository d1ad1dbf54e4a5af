import { tables } from '#schemas';
import { type Board, TO_DEVICE } from './lib/board.ts';
import { models, narrowed, tenants } from './lib/narrowing.ts';
import { bucket, columns, inRange, sql } from './lib/sql.ts';

const { alerts: changes, connectivityChanges, connectivityWindows, outageVerdicts } = tables;
const alert = columns(changes);
const presence = columns(connectivityChanges);
const window = columns(connectivityWindows);
const outage = columns(outageVerdicts);

/** Length of the windows, s: a minute, or a quarter of an hour where more than two hours are shown. */
const SPAN = sql`if(dateDiff('second', $__fromTime, $__toTime) > 7200, 900, 60)`;
/** Windows of whole devices, as they are known last. */
const WINDOWS = sql`${connectivityWindows}_current WHERE ${window.spanSeconds} = ${SPAN}
  AND (${window.technology} = 'ALL' OR ${window.whole}) AND ${inRange(window.start)} AND ${narrowed(window)}`;
/** The same of each technology by itself, where its links were reported. */
const LINKS = sql`${connectivityWindows}_current WHERE ${window.spanSeconds} = ${SPAN} AND ${window.technology} != 'ALL'
  AND ${window.linkReports} > 0 AND ${inRange(window.start)} AND ${narrowed(window)}`;
const OPEN = sql`${changes}_current WHERE ${alert.status} IN ('OPEN', 'ACKNOWLEDGED') AND ${narrowed(alert)}`;

export const alerts: Board = {
  uid: 'fleetstream-alerts',
  title: 'Alerts and connectivity',
  doc: 'What is open, who was told, and which devices are away, and why. Empty where their processors do not run.',
  hours: 6,
  variables: [tenants, models],
  rows: [
    {
      height: 4,
      panels: [
        {
          title: 'Open alerts',
          doc: 'Alerts whose cause is there, acknowledged ones among them.',
          kind: 'stat',
          steps: ['green', [1, 'yellow'], [20, 'red']],
          ask: [{ rows: sql`SELECT count() AS alerts FROM ${OPEN}` }],
        },
        {
          title: 'Told to receivers',
          doc: 'Changes that receivers were to be told of, in the range of the board.',
          kind: 'stat',
          ask: [
            {
              rows: sql`SELECT countIf(${alert.deliver}) AS changes FROM ${changes}
WHERE ${inRange(alert.logTime)} AND ${narrowed(alert)}`,
            },
          ],
        },
        {
          title: 'Seen after',
          doc: 'Median time from an alert’s opening to an operator’s word that it was seen, if any was.',
          kind: 'stat',
          unit: 's',
          ask: [
            {
              rows: sql`SELECT
  quantileIf(0.5)(dateDiff('second', ${alert.openedAt}, ${alert.logTime}), ${alert.change} = 'ACKNOWLEDGED') AS seen,
  count() AS changes FROM ${changes} WHERE ${inRange(alert.logTime)} AND ${narrowed(alert)}`,
            },
          ],
        },
        {
          title: 'Devices away',
          doc: 'Devices that are offline now; those that sleep as they said are not.',
          kind: 'stat',
          steps: ['green', [1, 'yellow'], [50, 'red']],
          ask: [
            {
              rows: sql`SELECT countIf(now = 'OFFLINE') AS devices FROM (
  SELECT argMax(${presence.status}, ${presence._offset}) AS now FROM ${connectivityChanges}
  WHERE ${narrowed(presence)} GROUP BY ${presence.tenant}, ${presence.device}
)`,
            },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Alerts opened',
          doc: 'By rule; one that comes back soon is the same alert, and is not counted again.',
          kind: 'bars',
          ask: [
            {
              series: sql`SELECT ${bucket(alert.logTime)} AS time, ${alert.rule}, count() AS alerts FROM ${changes}
WHERE ${alert.change} = 'OPENED' AND ${inRange(alert.logTime)} AND ${narrowed(alert)}
GROUP BY time, ${alert.rule} ORDER BY time`,
            },
          ],
        },
        {
          title: 'Devices that came and went',
          doc: 'Changes of presence by what the device became. Many at once point at what they share.',
          kind: 'bars',
          ask: [
            {
              series: sql`SELECT ${bucket(presence.eventTime)} AS time,
  toString(${presence.status}) AS status, count() AS devices
FROM ${connectivityChanges} WHERE ${inRange(presence.eventTime)} AND ${narrowed(presence)}
GROUP BY time, status ORDER BY time`,
            },
          ],
        },
      ],
    },
    {
      height: 9,
      panels: [
        {
          title: 'Open now',
          doc: 'Each open alert, the gravest first, and why receivers were not told where they were not.',
          kind: 'table',
          opens: TO_DEVICE,
          units: { since: 'dateTimeAsIso' },
          texts: { CRITICAL: 'red', HIGH: 'orange', MEDIUM: 'yellow', LOW: 'blue' },
          ask: [
            {
              rows: sql`SELECT ${alert.tenant}, ${alert.device}, toString(${alert.severity}) AS severity,
  ${alert.title}, ${alert.openedAt} AS since,
  ${alert.count} AS times, toString(${alert.status}) AS status, ${alert.withheld}
FROM ${OPEN} ORDER BY indexOf(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'], severity) DESC, since LIMIT 100`,
            },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Reports that came',
          doc: 'Share of the expected reports that are there, by minute, over two hours by quarter of an hour. A late burst fills what has passed.',
          kind: 'lines',
          unit: 'percentunit',
          min: 0,
          max: 1,
          ask: [
            {
              series: sql`SELECT ${bucket(window.start)} AS time, avg(${window.completeness}) AS completeness
FROM ${WINDOWS} GROUP BY time ORDER BY time`,
            },
          ],
        },
        {
          title: 'Minutes by quality of the link',
          doc: 'By the bands of the policy quality-bands, which are a convention: set your own.',
          kind: 'bars',
          ask: [
            {
              series: sql`SELECT ${bucket(window.start)} AS time, toString(${window.quality}) AS quality,
  sum(${window.spanSeconds}) / 60 AS minutes FROM ${LINKS} GROUP BY time, quality ORDER BY time`,
            },
          ],
        },
      ],
    },
    {
      height: 9,
      panels: [
        {
          title: 'Why devices went silent',
          doc: 'The verdict by who went silent together, with how many of how many there were, of silences that began in the range.',
          kind: 'table',
          opens: TO_DEVICE,
          units: { silentSince: 'dateTimeAsIso' },
          ask: [
            {
              rows: sql`SELECT ${outage.tenant}, ${outage.device}, ${outage.eventTime} AS silentSince,
  toString(${outage.verdict}) AS verdict, ${outage.silent}, ${outage.members}, ${outage.detail}
FROM ${outageVerdicts}_current WHERE ${inRange(outage.eventTime)} AND ${narrowed(outage)}
ORDER BY silentSince DESC LIMIT 50`,
            },
          ],
        },
      ],
    },
  ],
};
