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

export const twinLeavesAt = view({
  name: 'twin_leaves_at',
  doc: 'The leaves of every twin at event time `at`, as known at log time `known`, each with the write that it is from; with `history`, data that devices stored and sent later counts too. Call it as twin_leaves_at(at = …, known = …, history = true).',
  dataClass: 'configuration',
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
