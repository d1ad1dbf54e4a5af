import type { Alert } from '#schemas';
import { DIGEST, type Draft, ruleOf } from './draft.ts';
import { rank, type Withheld } from './state.ts';

/** Whether something may be delivered now, and if not, why, by which alert, and when to look again. */
export type Passage = Pick<Alert, 'withheldBy' | 'dueAt'> & { readonly withheld: Withheld | null };

/** How many devices may stand behind one another; an alert behind more of them is delivered. */
const CHAIN_MAX = 64;

/** A token is a delivery times this, so that what a millisecond fills is whole. */
const HOUR_MS = 3_600_000;

/** Rules that a digest names one by one. */
const DIGEST_RULES_MAX = 20;

const PASSES: Passage = { withheld: null, withheldBy: null, dueAt: null };

/** Asks whether a new or changed alert may be delivered, and takes a token where it may. */
export function passageOf(draft: Draft, alert: Alert): Passage {
  const obstacle = obstacleOf(draft, alert);
  if (obstacle !== null) return obstacle;
  return takeToken(draft) ? PASSES : rateLimited(draft, alert);
}

/** What holds an alert back besides the rate limit, by the state of things alone. */
function obstacleOf(draft: Draft, alert: Alert): Passage | null {
  const { now, policy } = draft;
  if (ruleOf(policy, alert.rule)?.muted === true || rank(alert.severity) < rank(policy.deliverFrom))
    return { withheld: 'MUTED', withheldBy: null, dueAt: null };
  const endsAt = workedOnUntil(draft, alert.device) ?? concludedUntil(draft, alert);
  if (endsAt !== null) return { withheld: 'MAINTENANCE', withheldBy: null, dueAt: endsAt };
  const explained = inhibitorOf(draft, alert);
  if (explained !== null) return { withheld: 'INHIBITED', ...explained };
  const waitsUntil = alert.openedAt + policy.graceMs;
  if (!alert.announced && alert.behind.length > 0 && now < waitsUntil)
    return { withheld: 'WAITING', withheldBy: null, dueAt: waitsUntil };
  return null;
}

/** When the work on a device that is under way ends; null where there is none. */
function workedOnUntil(draft: Draft, device: string): number | null {
  const windows = draft.windowsOf(device).filter(({ startsAt }) => startsAt <= draft.now);
  return windows.length === 0 ? null : Math.max(...windows.map(({ endsAt }) => endsAt));
}

/** What is concluded from devices shows nothing while each of them is worked on: until when that is for all. */
function concludedUntil(draft: Draft, { rule, device }: Alert): number | null {
  if (!CONCLUDED.test(rule) || !draft.isAnyWorkedOn()) return null;
  const ends = draft.standingBehind(device).map((each) => workedOnUntil(draft, each.device));
  const known = ends.filter((end) => end !== null);
  return known.length === 0 || known.length < ends.length ? null : Math.min(...known);
}

/** Rules of what devices have in common, of which only they tell. */
const CONCLUDED = /^outages\./;

/** The alert that explains this one: everything that it is behind is down, or was so a moment ago. */
function inhibitorOf(draft: Draft, { device, behind }: Alert): Pick<Passage, 'withheldBy' | 'dueAt'> | null {
  if (behind.length === 0 || !behind.every((each) => isDown(draft, each, device))) return null;
  const outages = behind.map((each) => draft.outageOf(each));
  const ends = outages.map((outage) => outage?.until ?? null);
  const known = ends.filter((until) => until !== null);
  return { withheldBy: outages[0]?.alerts[0] ?? null, dueAt: known.length === 0 ? null : Math.min(...known) };
}

/** False where the outage is itself explained by the device that asks: two must not hide each other. */
function isDown(draft: Draft, device: string, asking: string): boolean {
  const outage = draft.outageOf(device);
  if (outage === undefined || (outage.until !== null && outage.until <= draft.now)) return false;
  const met = new Set([device]);
  for (const each of met) {
    if (each === asking || met.size > CHAIN_MAX) return false;
    const keys = draft.outageOf(each)?.alerts ?? [];
    for (const key of keys) for (const further of draft.alertOf(key)?.behind ?? []) met.add(further);
  }
  return true;
}

/** A token bucket in log time: it fills with so many deliveries an hour, and holds a burst. */
function takeToken(draft: Draft): boolean {
  const { state, policy, now } = draft;
  const most = policy.burst * HOUR_MS;
  const since = Math.max(state.filledAt ?? now, 0);
  const filled = Math.max(0, now - since) * policy.deliveriesPerHour;
  const tokens = state.filledAt === null ? most : Math.min(most, state.tokens + filled);
  const isThere = tokens >= HOUR_MS;
  draft.state = { ...state, tokens: isThere ? tokens - HOUR_MS : tokens, filledAt: Math.max(since, now) };
  return isThere;
}

/** Counts what is held back, for the digest. */
function rateLimited(draft: Draft, { rule, severity }: Alert): Passage {
  const { state, policy, now } = draft;
  const known = state.heldBack.some((each) => each.rule === rule);
  const name = known || state.heldBack.length < DIGEST_RULES_MAX ? rule : '';
  const count = 1 + (state.heldBack.find((each) => each.rule === name)?.count ?? 0);
  const others = state.heldBack.filter((each) => each.rule !== name);
  const heldBack = [...others, { rule: name, count }].sort((a, b) => (a.rule < b.rule ? -1 : 1));
  const heldSeverity = rank(severity) > rank(state.heldSeverity) ? severity : state.heldSeverity;
  const digestAt = state.digestAt ?? now + policy.digestMs;
  draft.state = { ...state, heldBack, heldSeverity, digestAt };
  draft.lookAt(digestAt);
  return { withheld: 'RATE_LIMITED', withheldBy: DIGEST, dueAt: null };
}
