import type { Alert, AlertsState } from '#schemas';
import { DIGEST, type Draft, draftOf, OVERFLOW } from './draft.ts';
import { passageOf } from './gate.ts';
import { end, ENDED_MAX, forgetAt, keepOpen, OPEN_MAX, opened, tellAsKept } from './lifecycle.ts';
import { endFull } from './maintenance.ts';
import { END, isHeld, isOpen, type Kept, rank } from './state.ts';

/** How much of a bound is freed at once, so that not every further alert costs a look at all. */
const ROOM = 0.1;

/** Delivers what waited long enough, forgets what is over, tells the digest, and finds when to look again. */
export function due(state: AlertsState, at: number, kept: Kept) {
  const draft = draftOf({ ...state, dueAt: null }, kept, at);
  return lookedAt(draft, kept, PASSING);
}

/** Looks at all that is kept; of what is held back, at what these reasons hold. */
export function lookedAt(draft: Draft, kept: Kept, reasons: ReadonlySet<Alert['withheld']>) {
  const { now } = draft;
  const all = allOf(draft, kept);
  const held = all.filter(([, alert]) => isOpen(alert) && alert.withheld !== null && reasons.has(alert.withheld));
  for (const [key, alert] of worstFirst(held)) recheck(draft, key, alert);
  forget(draft, all);
  for (const [device, before] of kept.outages.range('', END)) {
    const { until } = draft.outageOf(device) ?? before;
    if (until !== null && until <= now) draft.keepOutage(device, null);
    else if (until !== null) draft.lookAt(until);
  }
  for (const [device, { windows }] of kept.maintenances.range('', END)) {
    const left = draft.windowsOf(device);
    if (left.length < windows.length) draft.keepWindows(device, left);
    for (const { endsAt } of left) draft.lookAt(endsAt);
    endFull(draft, device, left, { eventId: null, eventTime: now });
  }
  tellDigest(draft);
  endOverflow(draft);
  return draft.taken();
}

/** Every alert as it stands in this step. */
export function allOf(draft: Draft, kept: Kept): readonly Keyed[] {
  return Array.from(kept.alerts.range('', END), ([key, alert]) => [key, draft.alertOf(key) ?? alert] as const);
}

type Keyed = readonly [key: string, alert: Alert];

/** What the rate limit leaves goes to the worst. */
export function worstFirst(alerts: readonly Keyed[]): readonly Keyed[] {
  return alerts.toSorted(([, a], [, b]) => rank(b.severity) - rank(a.severity) || a.number - b.number);
}

/** What holds back for a time only. */
const PASSING: ReadonlySet<Alert['withheld']> = new Set(['WAITING', 'INHIBITED', 'MAINTENANCE']);

function recheck(draft: Draft, key: string, old: Alert): void {
  const passage = passageOf(draft, old);
  const isReleased = passage.withheld === null;
  const alert = { ...old, ...passage, announced: old.announced || isReleased };
  const isSame = alert.withheld === old.withheld && alert.withheldBy === old.withheldBy && alert.dueAt === old.dueAt;
  if (isSame) return void (alert.dueAt !== null && draft.lookAt(alert.dueAt));
  keepOpen(draft, key, alert);
  if (passage.withheld === old.withheld && passage.withheldBy === old.withheldBy) return;
  // Who knows of it already learns only what is new.
  const change = !isReleased ? 'HELD' : old.announced ? 'UPDATED' : 'RELEASED';
  tellAsKept(draft, key, { change, eventId: null, eventTime: draft.now }, passage.withheld);
}

/** Forgets what is over for long enough, and what ended first where there is too much of it. */
function forget(draft: Draft, all: readonly (readonly [string, Alert])[]): void {
  const { now, policy } = draft;
  const over = all.filter(([, alert]) => !isHeld(alert));
  over.sort(([, a], [, b]) => (a.endedAt ?? 0) - (b.endedAt ?? 0) || a.number - b.number);
  const surplus = over.length > ENDED_MAX ? over.length - Math.floor(ENDED_MAX * (1 - ROOM)) : 0;
  for (const [index, [key, alert]] of over.entries()) {
    const forgottenAt = forgetAt(alert, policy.keepMs);
    if (index < surplus || forgottenAt <= now) draft.keep(key, null);
    else draft.lookAt(forgottenAt);
  }
}

/** One alert tells, from time to time, of all that the rate limit held back. */
function tellDigest(draft: Draft): void {
  const { now, policy, state } = draft;
  if (state.digestAt === null) return;
  if (state.digestAt > now) return draft.lookAt(state.digestAt);
  const told = { eventId: null, eventTime: now };
  const old = draft.alertOf(DIGEST);
  if (state.heldBack.length === 0) {
    draft.state = { ...state, digestAt: null };
    const isThere = old !== undefined && isOpen(old);
    if (isThere) end(draft, DIGEST, old, { status: 'RESOLVED', raised: false, verdict: old.verdict }, told);
    return;
  }
  const digestAt = now + policy.digestMs;
  const content = digestOf(state, policy.deliveriesPerHour);
  draft.state = { ...state, heldBack: [], heldSeverity: 'UNKNOWN', digestAt };
  const isOpenStill = old !== undefined && isOpen(old);
  const alert = isOpenStill ? { ...old, ...content } : { ...opened(draft, old, content), announced: true };
  draft.keep(DIGEST, alert);
  draft.tell(DIGEST, alert, { change: isOpenStill ? 'UPDATED' : 'OPENED', ...told }, null);
  draft.lookAt(digestAt);
}

function digestOf({ heldBack, heldSeverity: severity }: AlertsState, perHour: number) {
  const count = heldBack.reduce((sum, each) => sum + each.count, 0);
  const rules = heldBack.map((each) => `${each.rule === '' ? 'others' : each.rule} ${each.count}`);
  const title = `${count} ${count === 1 ? 'alert was' : 'alerts were'} not delivered, by the limit of ${perHour} an hour`;
  const detail = `By rule: ${rules.join(', ')}. Each is in the table alerts with withheld = RATE_LIMITED.`;
  return {
    device: '',
    rule: DIGEST,
    severity,
    signalled: null,
    title,
    detail,
    behind: [],
    policy: null,
    policyVersion: null,
  };
}

/** Says that there is room again. */
function endOverflow(draft: Draft): void {
  const old = draft.alertOf(OVERFLOW);
  if (old === undefined || !isOpen(old)) return;
  if (draft.state.open > OPEN_MAX * (1 - ROOM)) return draft.lookAt(draft.now + draft.policy.digestMs);
  const detail = `There is room again. ${draft.state.refused} alerts were refused since it opened.`;
  draft.state = { ...draft.state, refused: 0 };
  const told = { eventId: null, eventTime: draft.now };
  end(draft, OVERFLOW, { ...old, detail }, { status: 'RESOLVED', raised: false, verdict: old.verdict }, told);
}
