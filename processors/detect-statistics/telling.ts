import { emit, type Emission } from '#sdk';
import { criteriaOf, topics, type ViolationFound } from '#schemas';
import type { Asked } from './state.ts';

const { signals, violations } = topics;

export type Told = Emission<typeof violations | typeof signals>;

/** An alarm that begins or ends; what was compared is known where it was. */
interface Change {
  readonly device: string;
  readonly finding: string;
  readonly kind: 'IN_ALARM' | 'ALARM_CLEARED' | 'ALARM_INVALIDATED';
  readonly reason: ViolationFound['reason'];
  readonly windowStart: number;
  readonly at: number;
  readonly policyVersion: number;
  readonly value?: number;
  readonly limit?: number;
  readonly devices?: number;
  readonly events?: readonly string[];
  readonly consecutive?: number;
}

/** Tells a change; `asked` is null where the behaviour is not asked any more. */
export function tell(key: string, asked: Asked | null, change: Change): Told[] {
  const [tenant = '', profile = '', behaviour = ''] = key.split('/');
  const { device, finding, kind, reason, windowStart, at, policyVersion } = change;
  const { value = null, limit, devices = 0, events = [], consecutive = 0 } = change;
  const compared = limit === undefined ? '' : `, which is ${limit} of ${devices} devices`;
  const criteria = asked === null ? '' : `${criteriaOf(asked.behaviour)}${compared}`;
  const suppressed = asked?.behaviour.suppressAlerts ?? false;
  const silentAt = kind === 'IN_ALARM' ? value : null;
  const names = { tenant, device, finding, profile, behaviour, metric: asked?.behaviour.metric ?? '' };
  const seen = { value, members: [], silentAt, consecutive, events: [...events] };
  const when = { windowStart, eventTime: at, policyVersion, revision: 1 };
  const nobody = { verdict: null, actor: null, comment: null };
  const row = emit(violations, { ...names, kind, reason, criteria, ...seen, ...when, suppressed, ...nobody });
  if (suppressed) return [row];
  const rule = `detect.${profile}.${behaviour}`;
  const isBegin = kind === 'IN_ALARM';
  const signal = emit(signals, {
    tenant,
    device,
    kind: isBegin ? 'RAISED' : 'CLEARED',
    rule,
    alert: `${rule}/${device}`,
    severity: asked?.profile.severity ?? 'UNKNOWN',
    title: `${device}: ${behaviour} of ${profile} is ${isBegin ? 'violated' : 'kept again, or not asked any more'}`,
    detail: `Normal: ${criteria}. Seen: ${value ?? 'nothing'}. Windows in a row: ${consecutive}. Finding: ${finding}.`,
    eventId: events[0] ?? null,
    eventTime: at,
    behind: [],
    policy: 'security-profiles',
    policyVersion,
    verdict: null,
    startsAt: null,
    endsAt: null,
    actor: null,
    comment: null,
  });
  return [row, signal];
}
