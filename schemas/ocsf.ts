import type { AlertChanged } from './generated/index.ts';

/** The version of the Open Cybersecurity Schema Framework that the mapping is of. */
export const OCSF_VERSION = '1.3.0';

/** What a finding says besides the alert. */
export interface OcsfOptions {
  /** Id of the change, the same whenever it is sent. */
  readonly uid: string;
  /** Version of the product. */
  readonly version: string;
}

const CLASS_UID = 2004;

const ACTIVITIES = ['Unknown', 'Create', 'Update', 'Close'] as const;

/** Index is the activity's id. */
const ACTIVITY: Readonly<Record<AlertChanged['change'], 0 | 1 | 2 | 3>> = {
  UNKNOWN: 0,
  OPENED: 1,
  RELEASED: 1,
  UPDATED: 2,
  ACKNOWLEDGED: 2,
  HELD: 2,
  RESOLVED: 3,
  RETRACTED: 3,
};

const SEVERITIES = ['Unknown', 'Informational', 'Low', 'Medium', 'High', 'Critical'] as const;

const SEVERITY: Readonly<Record<AlertChanged['severity'], number>> = {
  UNKNOWN: 0,
  INFORMATIONAL: 1,
  LOW: 2,
  MEDIUM: 3,
  HIGH: 4,
  CRITICAL: 5,
};

const STATUSES = ['Unknown', 'New', 'In Progress', 'Suppressed', 'Resolved'] as const;

/** A device of the Internet of Things, among OCSF's types of devices. */
const IOT = 7;

/** An analytic that is a rule. */
const RULE = 1;

/** What holds an alert back until something else is over, which OCSF calls suppressed. */
const SUPPRESSING: ReadonlySet<AlertChanged['withheld']> = new Set([
  'WAITING',
  'INHIBITED',
  'MAINTENANCE',
  'MUTED',
  'RATE_LIMITED',
  'OVERFLOW',
]);

/** An alert's change as a Detection Finding of OCSF 1.3.0, with the profile host; what has no place there is unmapped. */
export function ocsfFinding(change: AlertChanged, { uid, version }: OcsfOptions): object {
  const { rule, device, title, detail, runbook, comment, count, firstOpenedAt, eventTime, logTime } = change;
  const activity = ACTIVITY[change.change];
  const severity = SEVERITY[change.severity];
  const status = statusOf(change);
  return {
    class_uid: CLASS_UID,
    class_name: 'Detection Finding',
    category_uid: 2,
    category_name: 'Findings',
    activity_id: activity,
    activity_name: ACTIVITIES[activity],
    type_uid: CLASS_UID * 100 + activity,
    type_name: `Detection Finding: ${ACTIVITIES[activity]}`,
    time: eventTime,
    start_time: firstOpenedAt,
    ...(change.endedAt === null ? {} : { end_time: change.endedAt }),
    severity_id: severity,
    severity: SEVERITIES[severity],
    status_id: status,
    status: STATUSES[status],
    status_detail: change.verdict === null ? change.status : `${change.status}, ${change.verdict}`,
    message: title,
    count,
    ...(comment === null ? {} : { comment }),
    finding_info: {
      uid: `${change.tenant}/${change.number}`,
      title,
      desc: detail,
      types: [rule],
      created_time: firstOpenedAt,
      first_seen_time: firstOpenedAt,
      last_seen_time: eventTime,
      modified_time: logTime,
      analytic: analyticOf(change),
    },
    metadata: metadataOf(change, { uid, version }),
    ...(device === '' ? {} : { device: { type_id: IOT, type: 'IOT', uid: device, name: device } }),
    ...(runbook === null ? {} : { remediation: { desc: 'Follow the runbook.', references: [runbook] } }),
    unmapped: unmappedOf(change),
  };
}

function statusOf({ status, withheld }: AlertChanged): 0 | 1 | 2 | 3 | 4 {
  if (status === 'RESOLVED' || status === 'RETRACTED') return 4;
  if (SUPPRESSING.has(withheld)) return 3;
  return status === 'ACKNOWLEDGED' ? 2 : status === 'OPEN' ? 1 : 0;
}

function analyticOf({ rule, policyVersion }: AlertChanged): object {
  const version = policyVersion === null ? {} : { version: String(policyVersion) };
  return { type_id: RULE, type: 'Rule', uid: rule, name: rule, ...version };
}

function metadataOf({ tenant, alert, rule, revision, logTime }: AlertChanged, { uid, version }: OcsfOptions): object {
  return {
    version: OCSF_VERSION,
    profiles: ['host'],
    product: { name: 'fleetstream', vendor_name: 'fleetstream', version },
    uid,
    tenant_uid: tenant,
    correlation_uid: alert,
    event_code: rule,
    sequence: revision,
    logged_time: logTime,
  };
}

function unmappedOf(change: AlertChanged): object {
  const { behind, withheld, withheldBy, verdict, actor, policy, policyVersion, alertingVersion, eventId } = change;
  const { causeTopic, causePartition, causeOffset, causePath, openedAt, acknowledgedAt } = change;
  const why = { policy, policyVersion, alertingVersion, eventId, behind, withheld, withheldBy };
  const said = { verdict, actor, openedAt, acknowledgedAt };
  return { ...why, ...said, causeTopic, causePartition, causeOffset, causePath };
}
