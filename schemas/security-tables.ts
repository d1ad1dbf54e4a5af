import { table, view } from '#sdk';
import * as topics from './topics.ts';

export const violations = table({
  name: 'violations',
  doc: 'Where devices did what their security profile does not call normal: begin and end of each, and verdicts; empty unless the processor detect runs.',
  from: topics.violations,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'telemetry',
  examples: [
    {
      asks: 'What was seen of a device that is not normal, and what would have kept it silent?',
      sql: `SELECT eventTime, profile, behaviour, criteria, value, members, silentAt, consecutive
FROM violations
WHERE tenant = 'acme' AND device = 'd1' AND kind = 'IN_ALARM'
ORDER BY eventTime, profile, behaviour`,
    },
  ],
});

export const findings = view({
  name: 'findings',
  doc: 'Each finding of a security profile in one row: what was seen, how long it lasted, and what operators judged. Those that a late event took back are invalidated.',
  dataClass: 'telemetry',
  columns: {
    tenant: 'Who owns the device.',
    device: 'The device.',
    finding: 'Id of the finding, to give a verdict on.',
    profile: 'Name of the security profile.',
    behaviour: 'Name of the behaviour.',
    metric: 'What is measured.',
    criteria: 'What is normal.',
    value: 'What was seen, where it is a number.',
    members: 'What was seen that is not normal, where it is a list.',
    status: 'IN_ALARM, ALARM_CLEARED or ALARM_INVALIDATED.',
    reason: 'Why it has that status.',
    beganAt: 'End of the window that raised it.',
    endedAt: 'End of the window that ended it; null while it lasts.',
    suppressed: 'True where nobody was told.',
    policyVersion: 'Version of the security profiles that found it.',
    verdict: 'What an operator judged last; null where nobody did.',
    actor: 'Who judged.',
  },
  examples: [
    {
      asks: 'What is not normal now, and what has nobody judged yet?',
      sql: `SELECT tenant, device, profile, behaviour, value, members, beganAt
FROM findings
WHERE status = 'IN_ALARM' AND verdict IS NULL
ORDER BY beganAt, tenant, device
LIMIT 10`,
    },
  ],
  query: `
SELECT
  tenant,
  device,
  finding,
  any(v.profile) AS profile,
  any(v.behaviour) AS behaviour,
  anyIf(v.metric, v.metric != '') AS metric,
  argMaxIf(v.criteria, v._offset, v.reason = 'CRITERIA' AND v.kind = 'IN_ALARM') AS criteria,
  argMaxIf(v.value, v._offset, v.reason = 'CRITERIA' AND v.kind = 'IN_ALARM') AS value,
  argMaxIf(v.members, v._offset, v.reason = 'CRITERIA' AND v.kind = 'IN_ALARM') AS members,
  toString(argMaxIf(v.kind, v._offset, v.kind != 'JUDGED')) AS status,
  toString(argMaxIf(v.reason, v._offset, v.kind != 'JUDGED')) AS reason,
  argMaxIf(v.eventTime, v._offset, v.reason = 'CRITERIA' AND v.kind = 'IN_ALARM') AS beganAt,
  if(status = 'IN_ALARM', NULL, argMaxIf(v.eventTime, v._offset, v.kind != 'JUDGED')) AS endedAt,
  argMaxIf(v.suppressed, v._offset, v.kind != 'JUDGED') AS suppressed,
  argMaxIf(v.policyVersion, v._offset, v.reason = 'CRITERIA' AND v.kind = 'IN_ALARM') AS policyVersion,
  toString(argMaxIf(v.verdict, v._offset, v.kind = 'JUDGED')) AS verdict,
  argMaxIf(v.actor, v._offset, v.kind = 'JUDGED') AS actor
FROM violations AS v
GROUP BY tenant, device, finding
HAVING countIf(v.kind = 'IN_ALARM') > 0`,
});
