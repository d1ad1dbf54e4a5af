import type { Alert, Signal } from '#schemas';
import { type Draft, OVERFLOW, ruleOf, type Told } from './draft.ts';
import { passageOf } from './gate.ts';
import { isOutage } from './policy.ts';
import { isHeld, isOpen, type Withheld } from './state.ts';

/** Alerts of a tenant that may be open at once: more than anyone can look at, and few enough to look through at a tick. */
export const OPEN_MAX = 10_000;

/** Alerts of a tenant that are over and remembered; where there are more, those that ended first are forgotten early. */
export const ENDED_MAX = 10_000;

/** What an alert is about, as it was said last. */
type Content = Pick<Alert, 'severity' | 'signalled' | 'title' | 'detail' | 'behind' | 'policy' | 'policyVersion'>;

/** Opens an alert, opens it again, or takes over what is new of it. */
export function raise(draft: Draft, key: string, signal: Signal): void {
  const old = draft.alertOf(key);
  const told = { eventId: signal.eventId, eventTime: signal.eventTime };
  const { title, detail, behind, policy, policyVersion } = signal;
  const { severity: signalled } = signal;
  const severity = ruleOf(draft.policy, signal.rule)?.severity ?? signalled;
  const content: Content = { severity, signalled, title, detail, behind, policy, policyVersion };
  if (old !== undefined && isHeld(old)) return renew(draft, key, old, content, told);
  const { device, rule } = signal;
  if (draft.state.open >= OPEN_MAX) return refuse(draft, key, { device, rule, ...content }, told);
  open(draft, key, old, { device, rule, ...content }, told);
}

/** Something that opens anew: within the policy's time it is the alert that it was. */
export function open(
  draft: Draft,
  key: string,
  old: Alert | undefined,
  about: Content & Pick<Alert, 'device' | 'rule'>,
  told: Omit<Told, 'change'>,
): void {
  const alert = opened(draft, old, about);
  const passage = passageOf(draft, alert);
  keepOpen(draft, key, { ...alert, ...passage, announced: passage.withheld === null });
  askBehind(draft, alert);
  tellAsKept(draft, key, { change: 'OPENED', ...told }, passage.withheld);
}

/** Looks anew at what is held back since all behind it are worked on: one more, or one less, stands there. */
function askBehind(draft: Draft, { behind }: Alert): void {
  if (behind.length > 0 && draft.isAnyWorkedOn()) draft.lookAt(draft.now);
}

/** The alert as it opens, not yet delivered. */
export function opened(draft: Draft, old: Alert | undefined, about: Content & Pick<Alert, 'device' | 'rule'>): Alert {
  const { now, policy } = draft;
  const back = old !== undefined && old.endedAt !== null && now - old.endedAt <= policy.reopenMs ? old : undefined;
  if (back === undefined) draft.state = { ...draft.state, numbers: draft.state.numbers + 1 };
  return {
    ...about,
    number: back?.number ?? draft.state.numbers,
    status: 'OPEN',
    count: 1 + (back?.count ?? 0),
    firstOpenedAt: back?.firstOpenedAt ?? now,
    openedAt: now,
    acknowledgedAt: null,
    endedAt: null,
    verdict: null,
    raised: true,
    announced: false,
    withheld: null,
    withheldBy: null,
    dueAt: null,
  };
}

/** What an open alert is behind turns out to be another: whether it is held back is asked anew at the next tick. */
export function stand(draft: Draft, key: string, old: Alert, { behind }: Signal, told: Omit<Told, 'change'>): void {
  if (!isOpen(old)) return;
  renew(draft, key, old, { ...old, behind }, told);
}

/** What is told anew of an alert whose cause is still there. */
function renew(draft: Draft, key: string, old: Alert, content: Content, told: Omit<Told, 'change'>): void {
  const alert = { ...old, ...content, raised: true };
  if (isSame(old, alert)) return old.signalled === alert.signalled ? undefined : draft.keep(key, alert);
  // What it is behind now may not be down, and what it explains may explain it no longer.
  if (!isBehindSame(old, alert)) draft.lookAt(draft.now);
  const isNews = old.severity !== alert.severity || old.title !== alert.title;
  // A verdict holds until the cause has gone, whatever is told of it meanwhile.
  if (!isOpen(old)) return update(draft, key, alert, told, 'UNCHANGED');
  if (!isNews) return update(draft, key, alert, told, alert.withheld ?? 'UNCHANGED');
  tellNews(draft, key, alert, told);
}

/** Tells of an open alert that is worse, better, or called otherwise than it was. */
export function tellNews(draft: Draft, key: string, alert: Alert, told: Omit<Told, 'change'>): void {
  const passage = passageOf(draft, alert);
  const announced = alert.announced || passage.withheld === null;
  // Receivers learn of it here for the first time, so it is no update to them.
  const change = !alert.announced && passage.withheld === null ? 'RELEASED' : 'UPDATED';
  keepOpen(draft, key, { ...alert, ...passage, announced });
  tellAsKept(draft, key, { change, ...told }, passage.withheld);
}

function update(draft: Draft, key: string, alert: Alert, told: Omit<Told, 'change'>, withheld: Withheld): void {
  draft.keep(key, alert);
  draft.tell(key, alert, { change: 'UPDATED', ...told }, withheld);
}

function isSame(a: Alert, b: Alert): boolean {
  return (
    a.raised === b.raised &&
    a.severity === b.severity &&
    a.title === b.title &&
    a.detail === b.detail &&
    a.policy === b.policy &&
    a.policyVersion === b.policyVersion &&
    isBehindSame(a, b)
  );
}

function isBehindSame(a: Alert, b: Alert): boolean {
  return a.behind.length === b.behind.length && a.behind.every((device, index) => device === b.behind[index]);
}

/** Keeps an open alert, asks to look at it when it is due, and says that its device is down where it means that. */
export function keepOpen(draft: Draft, key: string, alert: Alert): void {
  draft.keep(key, alert);
  if (alert.dueAt !== null) draft.lookAt(alert.dueAt);
  if (!isOutage(draft.policy, alert.rule)) return;
  // What it is behind itself explains nothing that it explains: two must not hide each other.
  if (alert.behind.length > 0) draft.lookAt(draft.now);
  const { alerts = [], until = null } = draft.outageOf(alert.device) ?? {};
  const keys = until === null ? alerts : [];
  if (keys.includes(key)) return;
  draft.keepOutage(alert.device, { alerts: [...keys, key].sort((a, b) => (a < b ? -1 : 1)), until: null });
}

/** Tells of an alert as it is kept now. */
export function tellAsKept(draft: Draft, key: string, told: Told, withheld: Withheld | null): void {
  draft.tell(key, draft.alertOf(key) as Alert, told, withheld);
}

/** How an alert ends: as its cause has gone, never was, or as an operator judged. */
export interface Ending {
  readonly status: 'RESOLVED' | 'RETRACTED';
  /** True while its cause is there all the same. */
  readonly raised: boolean;
  readonly verdict: Alert['verdict'];
}

/** Ends an alert. Receivers are told if they know of it, whatever would hold an opening back. */
export function end(draft: Draft, key: string, old: Alert, ending: Ending, told: Omit<Told, 'change'>): void {
  const { now, policy } = draft;
  const over = { withheld: null, withheldBy: null, dueAt: null };
  const alert = { ...old, ...ending, ...over, endedAt: isOpen(old) ? now : old.endedAt };
  draft.keep(key, alert);
  draft.tell(key, alert, { change: ending.status, ...told }, old.announced ? null : 'UNANNOUNCED');
  askBehind(draft, alert);
  if (!alert.raised) draft.lookAt(forgetAt(alert, policy.keepMs));
  if (draft.state.ended > ENDED_MAX) draft.lookAt(now);
  const outage = draft.outageOf(old.device);
  if (outage === undefined || outage.until !== null || !outage.alerts.includes(key)) return;
  const keys = outage.alerts.filter((each) => each !== key);
  const until = keys.length === 0 ? now + policy.graceMs : null;
  // Its last alert is still named while the outage explains others.
  draft.keepOutage(old.device, { alerts: keys.length === 0 ? [key] : keys, until });
  draft.lookAt(until ?? now);
}

/** Alerts are forgotten at whole minutes, so that many that end at once are forgotten at once. */
const FORGET_STEP_MS = 60_000;

/** When an alert that is over is forgotten. */
export function forgetAt({ endedAt }: Alert, keepMs: number): number {
  return (Math.floor(((endedAt ?? 0) + keepMs) / FORGET_STEP_MS) + 1) * FORGET_STEP_MS;
}

/** There is no place for it: it is told of once, kept nowhere, and an alert says that this happens. */
function refuse(
  draft: Draft,
  key: string,
  about: Content & Pick<Alert, 'device' | 'rule'>,
  told: Omit<Told, 'change'>,
): void {
  const refused = { ...opened(draft, undefined, about), status: 'REFUSED' as const, endedAt: draft.now };
  draft.tell(key, refused, { change: 'OPENED', ...told }, 'OVERFLOW');
  draft.state = { ...draft.state, refused: draft.state.refused + 1 };
  const old = draft.alertOf(OVERFLOW);
  if (old !== undefined && isOpen(old)) return;
  const overflow = {
    ...opened(draft, old, {
      device: '',
      rule: OVERFLOW,
      severity: 'CRITICAL',
      signalled: null,
      title: `${OPEN_MAX} alerts are open, and no more are kept`,
      detail:
        'Each further one is in the table alerts with withheld = OVERFLOW, and nothing more is said of it. ' +
        'Resolve what is open, or mend the rule that raises it.',
      behind: [],
      policy: null,
      policyVersion: null,
    }),
    announced: true,
  };
  draft.keep(OVERFLOW, overflow);
  draft.tell(OVERFLOW, overflow, { change: 'OPENED', eventId: null, eventTime: draft.now }, null);
  draft.lookAt(draft.now + draft.policy.digestMs);
}
