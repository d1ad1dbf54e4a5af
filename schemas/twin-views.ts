import { view } from '#sdk';

/**
 * Of each section of each twin the visible leaves (path, stamp, (value, source)) at event time `at`, as known at log
 * time `known`: the newest write of each path, unless a newer one above removed it, or one below made an object of it.
 */
const VISIBLE = `
  SELECT
    tenant,
    device,
    section,
    groupArrayIf((path, stamp, written), path != '') AS newest,
    arrayFilter(
      x -> isNotNull(x.3.1) AND NOT arrayExists(
        y -> y.2 > x.2 AND (startsWith(x.1, concat(y.1, '/')) OR startsWith(y.1, concat(x.1, '/'))),
        newest
      ),
      newest
    ) AS visible
  FROM (
    SELECT
      tenant,
      device,
      section,
      w.path AS path,
      max((eventTime, sequence, eventId)) AS stamp,
      argMax((w.value, source), (eventTime, sequence, eventId)) AS written
    FROM twin_changes
    -- Left, so that a twin to which nothing was written is there too.
    LEFT ARRAY JOIN if(historical AND NOT {history:Bool}, [], writes) AS w
    WHERE eventTime <= {at:DateTime64(3, 'UTC')}
      AND logTime <= {known:DateTime64(3, 'UTC')}
    GROUP BY tenant, device, section, path
  )
  GROUP BY tenant, device, section`;

const WHOSE = { tenant: 'Who owns the device.', device: 'The device, unique within its tenant.' };

export const twinLeavesAt = view({
  name: 'twin_leaves_at',
  doc: 'The leaves of every twin at event time `at`, as known at log time `known`, each with the write that it is from; with `history`, data that devices stored and sent later counts too. Call it as twin_leaves_at(at = …, known = …, history = true).',
  dataClass: 'configuration',
  columns: {
    ...WHOSE,
    section: 'REPORTED by the device, or DESIRED of it.',
    path: 'JSON Pointer of the leaf.',
    value: 'Its value, as JSON text.',
    eventTime: 'When the write that it is from happened.',
    sequence: 'Number of that event within its source and epoch; -1 where it has none.',
    eventId: 'Id of that event.',
    source: 'The numbering stream that the event came by.',
  },
  examples: [
    {
      asks: 'Which firmware each device had at noon, as is known now, and since when?',
      sql: `SELECT device, value, eventTime
FROM twin_leaves_at(at = '2026-11-01 12:00:00', known = '2100-01-01 00:00:00', history = true)
WHERE section = 'REPORTED' AND path = '/firmware'
ORDER BY device`,
    },
  ],
  query: `
SELECT
  tenant,
  device,
  section,
  leaf.1 AS path,
  assumeNotNull(leaf.3.1) AS value,
  leaf.2.1 AS eventTime,
  leaf.2.2 AS sequence,
  leaf.2.3 AS eventId,
  leaf.3.2 AS source
FROM (${VISIBLE}
)
ARRAY JOIN visible AS leaf`,
});

export const twinsAt = view({
  name: 'twins_at',
  doc: 'Every twin at event time `at`, as known at log time `known`: both sections as JSON text, and as maps from path to JSON text; with `history`, data that devices stored and sent later counts too. Call it as twins_at(at = …, known = …, history = true).',
  dataClass: 'configuration',
  columns: {
    ...WHOSE,
    reported: 'What the device had reported, as JSON text.',
    desired: 'What it had been asked for, as JSON text.',
    reportedPaths: 'The same by JSON Pointer: path to value as JSON text.',
    desiredPaths: 'The same of what it had been asked for.',
  },
  examples: [
    {
      asks: 'What did the twin of d1 look like at noon, by what was known a minute later?',
      sql: `SELECT reported, desired
FROM twins_at(at = '2026-11-01 12:00:00', known = '2026-11-01 12:01:00', history = true)
WHERE tenant = 'acme' AND device = 'd1'`,
    },
    {
      asks: 'How many devices ran each firmware at noon, by what was known then and by what is known now?',
      sql: `SELECT reportedPaths['/firmware'] AS firmware, countIf(known = 'then') AS knownThen, countIf(known = 'now') AS knownNow
FROM (
  SELECT 'then' AS known, reportedPaths
  FROM twins_at(at = '2026-11-01 12:00:00', known = '2026-11-01 12:00:00', history = true)
  UNION ALL
  SELECT 'now' AS known, reportedPaths
  FROM twins_at(at = '2026-11-01 12:00:00', known = '2100-01-01 00:00:00', history = true)
)
GROUP BY firmware
ORDER BY firmware`,
    },
  ],
  // The text of each leaf: what it closes of the one before, what it opens, its key and its value.
  query: `
SELECT
  tenant,
  device,
  coalesce(nullIf(anyIf(document, section = 'REPORTED'), ''), '{}') AS reported,
  coalesce(nullIf(anyIf(document, section = 'DESIRED'), ''), '{}') AS desired,
  anyIf(paths, section = 'REPORTED') AS reportedPaths,
  anyIf(paths, section = 'DESIRED') AS desiredPaths
FROM (
  SELECT
    tenant,
    device,
    section,
    arraySort(x -> splitByChar('/', x.1), arrayMap(x -> (x.1, assumeNotNull(x.3.1)), visible)) AS leaves,
    mapFromArrays(leaves.1, leaves.2) AS paths,
    arrayMap(x -> arrayPopFront(splitByChar('/', x.1)), leaves) AS keys,
    arrayPopBack(arrayPushFront(keys, [])) AS before,
    arrayMap(
      (k, b) -> length(
        arrayFilter(i -> arraySlice(k, 1, i) = arraySlice(b, 1, i), range(1, least(length(k), length(b)) + 1))
      ),
      keys,
      before
    ) AS shared,
    arrayMap(
      k -> arrayMap(s -> replaceAll(toJSONString(replaceAll(replaceAll(s, '~1', '/'), '~0', '~')), '\\\\/', '/'), k),
      keys
    ) AS quoted,
    arrayMap(
      (x, q, b, s) -> concat(
        repeat('}', greatest(length(b) - s - 1, 0)),
        if(empty(b), '', ','),
        arrayStringConcat(arrayMap(o -> concat(o, ':{'), arraySlice(q, s + 1, length(q) - s - 1))),
        q[-1],
        ':',
        x.2
      ),
      leaves,
      quoted,
      before,
      shared
    ) AS members,
    concat('{', arrayStringConcat(members), repeat('}', greatest(length(keys[-1]), 1))) AS document
  FROM (${VISIBLE}
  )
)
GROUP BY tenant, device`,
});

export const twinPathStatus = view({
  name: 'twin_path_status',
  doc: 'How far each desired path has got, since when without a break, and for how many seconds by now.',
  dataClass: 'configuration',
  columns: {
    ...WHOSE,
    path: 'JSON Pointer of what is asked for.',
    status: 'PENDING, CONVERGED, DRIFTED or REJECTED.',
    desired: 'What is asked for, as JSON text.',
    desiredEventTime: 'When it was asked for.',
    reported: 'What the device last said, as JSON text; null when nothing.',
    reason: 'Why the device refuses it; null when it does not.',
    since: 'Event time since which the status has held without a break.',
    ageSeconds: 'How long that is by now, in seconds.',
  },
  examples: [
    {
      asks: 'Which wishes have waited for more than a day?',
      sql: `SELECT tenant, device, path, status, ageSeconds
FROM twin_path_status
WHERE status != 'CONVERGED' AND ageSeconds > 86400
ORDER BY ageSeconds DESC, device, path
LIMIT 20`,
    },
  ],
  // Deltas are numbered by device; a run of a path begins where it is new or its status or what is asked for differs.
  query: `
SELECT
  tenant,
  device,
  path,
  last.1 AS status,
  last.2 AS desired,
  last.3 AS desiredEventTime,
  last.4 AS reported,
  last.5 AS reason,
  since,
  dateDiff('second', since, now64(3, 'UTC')) AS ageSeconds
FROM (
  SELECT
    tenant,
    device,
    path,
    max(number) AS newest,
    argMax((status, desired, desiredEventTime, reported, reason), number) AS last,
    argMaxIf(writtenAt, number, begins) AS since,
    any(numbers) AS deltas
  FROM (
    SELECT
      *,
      lagInFrame((number, status, desired)) OVER (
        PARTITION BY tenant, device, path ORDER BY number ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
      ) AS before,
      before != (number - 1, status, desired) AS begins
    FROM (
      SELECT
        tenant,
        device,
        number,
        numbers,
        p.path AS path,
        p.status AS status,
        p.since AS writtenAt,
        p.desired AS desired,
        p.desiredEventTime AS desiredEventTime,
        p.reported AS reported,
        p.reason AS reason
      FROM (
        SELECT
          tenant,
          device,
          paths,
          toInt64(row_number() OVER (PARTITION BY tenant, device ORDER BY _offset ASC)) AS number,
          toInt64(count() OVER (PARTITION BY tenant, device)) AS numbers
        FROM twin_deltas
      )
      ARRAY JOIN paths AS p
      WHERE p.status != 'SUPERSEDED'
    )
  )
  GROUP BY tenant, device, path
)
WHERE newest = deltas`,
});
