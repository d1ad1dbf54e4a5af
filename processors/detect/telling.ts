import { emit, type Emission } from '#sdk';
import { criteriaOf, type DetectTold, type Signal, topics } from '#schemas';
import { isNumeric, type Rule, type Transition } from './course.ts';
import { hashOf } from './hash.ts';

const { signals, violations } = topics;

export type Told = Emission<typeof violations | typeof signals>;

/** What is said of a finding now, how often it was before, and what the alerts hear. */
interface Saying {
  readonly transition: Transition;
  readonly revision: number;
  readonly signal: Signal['kind'] | null;
}

export interface Telling {
  readonly emits: readonly Told[];
  /** What has been told of these windows, in order. */
  readonly told: readonly DetectTold[];
}

/**
 * Tells how what is known now differs from what was told: a finding that a late event takes away is invalidated, one
 * that it changes is told anew. `on` is the finding whose alarm is on, which may have begun before these windows.
 */
export function tell(
  rule: Rule,
  before: readonly DetectTold[],
  now: readonly Transition[],
  on: string | null,
  policyVersion: number,
): Telling {
  const sayings = [...takenBack(before, now), ...news(before, now)];
  const told = now.map((transition) => {
    const known = toldOf(before, transition);
    const { finding, kind, at } = transition;
    const digest = digestOf(transition);
    const revision = known === undefined ? 1 : known.revision + Number(known.digest !== digest);
    return { finding, kind, at, digest, revision };
  });
  const last = sayings.findLast(({ signal }) => signal !== null);
  const emits = sayings.flatMap((saying) => said(rule, saying, policyVersion));
  // A finding before it was told anew, but the alarm of now is still on.
  if (on !== null && last !== undefined && last.signal !== 'RAISED') {
    const begun = now.findLast(({ kind, finding }) => kind === 'IN_ALARM' && finding === on);
    const still = begun ?? blank('IN_ALARM', 'REVISION', on, last.transition.at);
    emits.push(...signalOf(rule, still, 'RAISED', policyVersion));
  }
  return { emits, told };
}

/** Tells that an alarm is off because what raised it is not asked any more. */
export function invalidated(rule: Rule, finding: string, at: number, policyVersion: number): readonly Told[] {
  const transition = blank('ALARM_INVALIDATED', 'POLICY', finding, at);
  return said(rule, { transition, revision: 1, signal: 'CLEARED' }, policyVersion);
}

function takenBack(before: readonly DetectTold[], now: readonly Transition[]): readonly Saying[] {
  const sayings: Saying[] = [];
  const isGone = ({ finding, kind }: DetectTold) => !now.some((each) => each.finding === finding && each.kind === kind);
  for (const told of before.filter(isGone)) {
    const { finding, kind, at, revision } = told;
    const isBegun = before.some((each) => each.finding === finding && each.kind === 'IN_ALARM');
    if (kind === 'IN_ALARM') {
      const transition = blank('ALARM_INVALIDATED', 'REVISION', finding, at);
      sayings.push({ transition, revision: 1, signal: 'RETRACTED' });
    } else if (!isBegun || now.some((each) => each.finding === finding)) {
      // What was told to be over goes on.
      const transition = blank('IN_ALARM', 'REVISION', finding, at);
      sayings.push({ transition, revision: revision + 1, signal: 'RAISED' });
    }
  }
  return sayings;
}

function news(before: readonly DetectTold[], now: readonly Transition[]): readonly Saying[] {
  return now.flatMap((transition) => {
    const known = toldOf(before, transition);
    if (known === undefined) {
      return { transition, revision: 1, signal: transition.kind === 'IN_ALARM' ? 'RAISED' : 'CLEARED' };
    }
    const isSame = known.digest === digestOf(transition);
    return isSame ? [] : { transition, revision: known.revision + 1, signal: null };
  });
}

function toldOf(before: readonly DetectTold[], { finding, kind }: Transition): DetectTold | undefined {
  return before.find((told) => told.finding === finding && told.kind === kind);
}

function digestOf(transition: Transition): string {
  return hashOf(JSON.stringify(Object.entries(transition).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function blank(kind: Transition['kind'], reason: Transition['reason'], finding: string, at: number): Transition {
  const seen = { value: null, members: [], events: [], consecutive: 0 };
  return { kind, reason, finding, windowStart: at, at, ...seen };
}

function said(rule: Rule, { transition, revision, signal }: Saying, policyVersion: number): Told[] {
  const { profile, behaviour, tenant, device } = rule;
  const { at: eventTime, ...about } = transition;
  const names = { tenant, device, profile: profile.name, behaviour: behaviour.name, metric: behaviour.metric };
  const silentAt = transition.kind === 'IN_ALARM' && isNumeric(behaviour) ? transition.value : null;
  const asked = { criteria: criteriaOf(behaviour), silentAt, suppressed: behaviour.suppressAlerts, policyVersion };
  const nobody = { verdict: null, actor: null, comment: null };
  const row = emit(violations, { ...names, ...about, eventTime, ...asked, ...nobody, revision });
  return [row, ...(signal === null ? [] : signalOf(rule, transition, signal, policyVersion))];
}

/** What alerts hear; nothing where the behaviour is to be written down only. */
function signalOf(rule: Rule, transition: Transition, kind: Signal['kind'], policyVersion: number): Told[] {
  const { profile, behaviour, tenant, device, name } = rule;
  if (behaviour.suppressAlerts) return [];
  const title = `${device}: ${behaviour.name} of ${profile.name} ${TITLES[kind] ?? 'changed'}`;
  const about = { tenant, device, kind, rule: name, alert: `${name}/${device}`, severity: profile.severity };
  const nobody = { verdict: null, startsAt: null, endsAt: null, actor: null, comment: null };
  const policy = { policy: 'security-profiles', policyVersion, behind: [] };
  const [eventId = null] = transition.events;
  const when = { eventId, eventTime: transition.at };
  return [emit(signals, { ...about, title, detail: detailOf(rule, transition), ...when, ...policy, ...nobody })];
}

const TITLES: Readonly<Partial<Record<Signal['kind'], string>>> = {
  RAISED: 'is violated',
  CLEARED: 'is kept again, or not asked any more',
  RETRACTED: 'never was violated, as late events show',
};

function detailOf({ behaviour }: Rule, { finding, value, members, consecutive }: Transition): string {
  const seen = value === null ? members.join(', ') : String(value);
  const is = seen === '' ? '' : ` Seen: ${seen}.`;
  const often = consecutive === 0 ? '' : ` Windows in a row: ${consecutive}.`;
  const silent = value === null || !isNumeric(behaviour) ? '' : ` A threshold of ${value} is where it turns.`;
  return `Normal: ${criteriaOf(behaviour)}.${is}${often}${silent} Finding: ${finding}.`;
}
