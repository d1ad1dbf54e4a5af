import { IN_TIME, OF_TENANT, type Question } from './question.ts';

export const alerts: readonly Question[] = [
  {
    name: 'open-alerts',
    asks: 'Which alerts are open, how bad are they, since when, and are receivers told of them?',
    sql: `SELECT tenant, number, severity, title, device, openedAt, count, status,
  announced, withheld
FROM alerts_current
WHERE ${OF_TENANT} AND status IN ('OPEN', 'ACKNOWLEDGED')
ORDER BY indexOf(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'], severity) DESC, openedAt, tenant, number
LIMIT {limit:UInt32}`,
  },
  {
    name: 'times-to-react',
    asks: 'How long does it take to see an alert, and to resolve it, by rule?',
    sql: `SELECT tenant, rule, count() AS opened, countIf(seconds.1 IS NOT NULL) AS acknowledged,
  avg(seconds.1) AS secondsToAcknowledge, countIf(seconds.2 IS NOT NULL) AS resolved,
  avg(seconds.2) AS secondsToResolve
FROM (
  SELECT tenant, rule, number, openedAt, tuple(
    minOrNullIf(dateDiff('second', openedAt, acknowledgedAt), change = 'ACKNOWLEDGED'),
    minOrNullIf(dateDiff('second', openedAt, endedAt), change = 'RESOLVED')
  ) AS seconds
  FROM alerts
  WHERE ${OF_TENANT} AND ${IN_TIME} AND status != 'REFUSED'
  GROUP BY tenant, rule, number, openedAt
)
GROUP BY tenant, rule
ORDER BY opened DESC, tenant, rule`,
  },
  {
    name: 'noisiest-rules',
    asks: 'Which rules open most alerts, on how many devices, and how many of them come back?',
    sql: `SELECT tenant, rule, count() AS opened, uniqExact(device) AS devices, countIf(alerts.count > 1) AS again,
  countIf(deliver) AS toldAtOnce
FROM alerts
WHERE ${OF_TENANT} AND ${IN_TIME} AND change = 'OPENED'
GROUP BY tenant, rule
ORDER BY opened DESC, tenant, rule
LIMIT {limit:UInt32}`,
  },
  {
    name: 'hidden-alerts',
    asks: 'Which alerts were not delivered, why, and which other alert explains them?',
    sql: `SELECT tenant, withheld, rule, withheldBy, uniqExact(number) AS alerts,
  countIf(severity IN ('HIGH', 'CRITICAL')) AS bad
FROM alerts
WHERE ${OF_TENANT} AND ${IN_TIME} AND NOT deliver AND withheld NOT IN ('UNCHANGED', 'UNANNOUNCED')
GROUP BY tenant, withheld, rule, withheldBy
ORDER BY alerts DESC, tenant, withheld, rule, withheldBy`,
  },
  {
    name: 'precision-by-verdict',
    asks: 'How often is a rule right, as operators judged it last?',
    sql: `SELECT tenant, rule, count() AS judged, countIf(last = 'TRUE_POSITIVE') AS right,
  countIf(last = 'BENIGN_POSITIVE') AS benign, countIf(last = 'FALSE_POSITIVE') AS wrong, right / judged AS precision
FROM (
  SELECT tenant, rule, number, openedAt, argMax(verdict, revision) AS last
  FROM alerts
  WHERE ${OF_TENANT} AND ${IN_TIME} AND isNotNull(verdict)
  GROUP BY tenant, rule, number, openedAt
)
WHERE last != 'UNKNOWN'
GROUP BY tenant, rule
ORDER BY judged DESC, tenant, rule`,
  },
];
