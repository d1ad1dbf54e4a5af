import { IN_TIME, OF_DEVICE, OF_TENANT, type Question } from './question.ts';

export const twins: readonly Question[] = [
  {
    name: 'drifting-twins',
    asks: 'Which devices left again what they had been asked for, and for how long?',
    sql: `SELECT tenant, device, path, desired, reported, since,
  dateDiff('hour', since, {to:DateTime64(3, 'UTC')}) AS hours
FROM twin_path_status
WHERE ${OF_TENANT} AND status = 'DRIFTED' AND since <= {to:DateTime64(3, 'UTC')} - toIntervalHour({hours:UInt32})
ORDER BY since, tenant, device, path
LIMIT {limit:UInt32}`,
  },
  {
    name: 'unmet-wishes',
    asks: 'How many desired values are met, wait, were refused, or left again?',
    sql: `SELECT tenant, path, countIf(status = 'CONVERGED') AS met, countIf(status = 'PENDING') AS waiting,
  countIf(status = 'REJECTED') AS refused, countIf(status = 'DRIFTED') AS drifted
FROM twin_path_status
WHERE ${OF_TENANT}
GROUP BY tenant, path
ORDER BY tenant, path`,
  },
  {
    name: 'twin-at',
    asks: 'What did a twin look like when an incident began?',
    sql: `SELECT reported, desired
FROM twins_at(at = {at:DateTime64(3, 'UTC')}, known = {known:DateTime64(3, 'UTC')}, history = true)
WHERE ${OF_DEVICE}`,
  },
  {
    name: 'twin-history',
    asks: 'What changed in a twin, and by which event?',
    sql: `SELECT eventTime, section, change.path AS path, change.previous AS previous, change.current AS current,
  source, causePartition, causeOffset
FROM twin_changes
ARRAY JOIN changes AS change
WHERE ${OF_DEVICE} AND ${IN_TIME}
ORDER BY eventTime DESC, path
LIMIT {limit:UInt32}`,
  },
  {
    name: 'restless-twins',
    asks: 'Which twins change most, and in which path?',
    sql: `SELECT tenant, device, change.path AS path, count() AS times
FROM twin_changes
ARRAY JOIN changes AS change
WHERE ${OF_TENANT} AND ${IN_TIME}
GROUP BY tenant, device, path
ORDER BY times DESC, tenant, device, path
LIMIT {limit:UInt32}`,
  },
  {
    name: 'firmware-spread',
    asks: 'Which firmware runs on how many devices?',
    sql: `SELECT tenant, JSONExtractString(reported, 'firmware') AS firmware, count() AS devices
FROM twins
WHERE ${OF_TENANT}
GROUP BY tenant, firmware
ORDER BY tenant, devices DESC, firmware`,
  },
  {
    name: 'refused-updates',
    asks: 'Which twin updates were refused, by whom and why?',
    sql: `SELECT tenant, section, code, count() AS updates, uniqExact(device) AS devices
FROM twin_rejections
WHERE ${OF_TENANT} AND ${IN_TIME}
GROUP BY tenant, section, code
ORDER BY updates DESC, tenant, section, code`,
  },
];
