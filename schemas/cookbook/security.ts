import { IN_TIME, OF_TENANT, type Question } from './question.ts';

export const security: readonly Question[] = [
  {
    name: 'open-findings',
    asks: 'Which devices do what their security profile does not call normal, and since when?',
    sql: `SELECT tenant, device, profile, behaviour, value, members, beganAt, verdict
FROM findings
WHERE ${OF_TENANT} AND status = 'IN_ALARM'
ORDER BY beganAt, tenant, device, behaviour
LIMIT {limit:UInt32}`,
  },
  {
    name: 'violated-behaviours',
    asks: 'Which behaviours are violated most, on how many devices, and what did operators judge?',
    sql: `SELECT profile, behaviour, count() AS findings, uniqExact(tenant, device) AS devices,
  countIf(verdict = 'TRUE_POSITIVE') AS right, countIf(verdict = 'FALSE_POSITIVE') AS wrong
FROM findings
WHERE ${OF_TENANT} AND beganAt >= {from:DateTime64(3, 'UTC')} AND beganAt < {to:DateTime64(3, 'UTC')}
  AND status != 'ALARM_INVALIDATED'
GROUP BY profile, behaviour
ORDER BY findings DESC, profile, behaviour`,
  },
  {
    name: 'strange-members',
    asks: 'Which addresses, ports and texts were seen that are not normal, and on how many devices?',
    sql: `SELECT metric, member, count() AS times, uniqExact(tenant, device) AS devices
FROM violations
ARRAY JOIN members AS member
WHERE ${OF_TENANT} AND ${IN_TIME} AND kind = 'IN_ALARM'
GROUP BY metric, member
ORDER BY times DESC, metric, member
LIMIT {limit:UInt32}`,
  },
  {
    name: 'new-members',
    asks: 'Which destinations, endpoints, open ports and commands are new, and to how many devices?',
    sql: `SELECT toString(kind) AS kind, member, uniqExact(tenant, device) AS devices, min(eventTime) AS since,
  min(probability) AS probability
FROM novelties
ARRAY JOIN members AS member
WHERE ${OF_TENANT} AND ${IN_TIME}
GROUP BY kind, member
ORDER BY devices DESC, since, kind, member
LIMIT {limit:UInt32}`,
  },
];
