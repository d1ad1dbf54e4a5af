import type { Alert, AlertsState, Signal } from '#schemas';
import { type Draft, draftOf } from './draft.ts';
import { end, forgetAt, raise, stand } from './lifecycle.ts';
import { maintain } from './maintenance.ts';
import { END, isHeld, isOpen, type Kept } from './state.ts';

/** Takes over what a processor or an operator says. */
export function signalled(state: AlertsState, signal: Signal, kept: Kept) {
  const draft = draftOf(state, kept, kept.meta.logTime);
  take(draft, signal, kept);
  return draft.taken();
}

function take(draft: Draft, signal: Signal, kept: Kept): void {
  switch (signal.kind) {
    case 'RAISED':
      return raise(draft, signal.alert === '' ? `${signal.rule}/${signal.device}` : signal.alert, signal);
    case 'MAINTENANCE':
      return maintain(draft, signal);
    case 'UNKNOWN':
      return undefined;
    default:
      for (const [key, alert] of meant(draft, signal, kept)) change(draft, key, alert, signal);
  }
}

/** The alerts that a signal means: one, or all of its device. */
function meant(draft: Draft, { alert: key, device }: Signal, kept: Kept): readonly (readonly [string, Alert])[] {
  if (key === '') return [...kept.alerts.range('', END)].filter(([, alert]) => alert.device === device);
  const alert = draft.alertOf(key);
  return alert === undefined ? [] : [[key, alert]];
}

function change(draft: Draft, key: string, old: Alert, signal: Signal): void {
  const { eventId, eventTime, actor, comment } = signal;
  const told = { eventId, eventTime, actor, comment };
  const withheld = old.announced ? null : 'UNANNOUNCED';
  if (signal.kind === 'BEHIND') return stand(draft, key, old, signal, told);
  if (signal.kind === 'CLEARED') return clear(draft, key, old, told);
  if (signal.kind === 'RETRACTED') {
    if (old.status === 'RETRACTED') return;
    return end(draft, key, old, { status: 'RETRACTED', raised: false, verdict: old.verdict }, told);
  }
  if (signal.kind === 'ACKNOWLEDGED') {
    if (!isOpen(old)) return;
    const alert = { ...old, status: 'ACKNOWLEDGED' as const, acknowledgedAt: old.acknowledgedAt ?? draft.now };
    draft.keep(key, alert);
    draft.tell(key, alert, { change: 'ACKNOWLEDGED', ...told }, withheld);
    return;
  }
  const verdict = signal.verdict ?? 'UNKNOWN';
  if (verdict === old.verdict) return;
  if (isOpen(old) && isNoTrouble(verdict))
    return end(draft, key, old, { status: 'RESOLVED', raised: old.raised, verdict }, told);
  const judged = { ...old, verdict };
  draft.keep(key, judged);
  draft.tell(key, judged, { change: 'UPDATED', ...told }, withheld);
}

/** Resolves an alert; one that a verdict resolved before may open again from now on. */
function clear(draft: Draft, key: string, old: Alert, told: Parameters<typeof end>[4]): void {
  if (!isHeld(old)) return;
  if (isOpen(old)) return end(draft, key, old, { status: 'RESOLVED', raised: false, verdict: old.verdict }, told);
  const over = { ...old, raised: false };
  draft.keep(key, over);
  draft.lookAt(forgetAt(over, draft.policy.keepMs));
}

/** True when an operator sees nothing to be done: it was not so, or is meant to be so. */
function isNoTrouble(verdict: Alert['verdict']): boolean {
  return verdict === 'FALSE_POSITIVE' || verdict === 'BENIGN_POSITIVE';
}
