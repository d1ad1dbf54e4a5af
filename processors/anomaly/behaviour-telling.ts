import { emit, type Emission } from '#sdk';
import { criteriaOf, topics, type ViolationFound } from '#schemas';
import { type Asked, type Kept, namesIn } from './behaviour-state.ts';
import type { Reasons } from './explain.ts';

const { signals, violations } = topics;

export type Told = Emission<typeof violations | typeof signals>;

/** An alarm that begins or ends, and what was seen in the window that shows it. */
type Change = Pick<
  ViolationFound,
  'finding' | 'kind' | 'reason' | 'windowStart' | 'events' | 'value' | 'consecutive'
> & {
  readonly at: number;
  readonly reasons: Reasons | null;
};

const NOBODY = { verdict: null, actor: null, comment: null } as const;

/** Tells a change; `asked` is null where the behaviour is not asked any more. */
export function tell({ meta, versions }: Kept, asked: Asked | null, change: Change): Told[] {
  const { tenant, device, profile, behaviour } = namesIn(meta.key);
  const { finding, kind, reason, windowStart, at: eventTime, events, value, reasons, consecutive } = change;
  const usual = reasons === null ? '' : `, usually ${brief(reasons.low)} to ${brief(reasons.high)}`;
  const criteria = asked === null ? '' : `${criteriaOf(asked.behaviour)}${usual}`;
  const suppressed = asked?.behaviour.suppressAlerts ?? false;
  const isBegin = kind === 'IN_ALARM';
  // Where the threshold is a probability, this one would just have been silent.
  const silentAt = isBegin ? (reasons?.probability ?? null) : null;
  const policyVersion = versions.securityProfiles;
  const names = { tenant, device, finding, profile, behaviour, metric: asked?.behaviour.metric ?? '' };
  const seen = { value, members: [], silentAt, consecutive, events: [...events], windowStart, eventTime };
  const said = { kind, reason, criteria, policyVersion, revision: 1, suppressed };
  const row = emit(violations, { ...names, ...seen, ...said, ...NOBODY });
  if (suppressed) return [row];
  const rule = `detect.${profile}.${behaviour}`;
  const about = { rule, alert: `${rule}/${device}`, severity: asked?.profile.severity ?? 'UNKNOWN' } as const;
  const told = {
    kind: isBegin ? ('RAISED' as const) : ('CLEARED' as const),
    title: `${device}: ${behaviour} of ${profile} is ${isBegin ? 'unlike its past' : 'as usual, or not asked any more'}`,
    detail: `Normal: ${criteria}. Seen: ${value ?? 'nothing'}.${becauseOf(reasons)} Windows in a row: ${consecutive}. Finding: ${finding}.`,
  };
  const when = { eventId: events[0] ?? null, eventTime, startsAt: null, endsAt: null };
  const by = { policy: 'security-profiles', policyVersion, behind: [] };
  return [row, emit(signals, { tenant, device, ...about, ...told, ...when, ...by, ...NOBODY })];
}

function becauseOf(reasons: Reasons | null): string {
  if (reasons === null) return '';
  const { probability, statistic, expected, count } = reasons;
  const most = `Expected: ${brief(expected)}. Most unusual is its ${statistic}.`;
  return ` ${most} The probability of anything as unlikely is ${brief(probability)}, by ${count} windows before.`;
}

/** A number in at most four digits. */
function brief(value: number): string {
  return String(Number(value.toPrecision(4)));
}
