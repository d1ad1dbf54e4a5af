import type { Alert, AlertsState } from '#schemas';
import { type Draft, draftOf, ruleOf } from './draft.ts';
import { allOf, lookedAt, worstFirst } from './due.ts';
import { keepOpen, tellNews } from './lifecycle.ts';
import { isOutage } from './policy.ts';
import { END, isOpen, type Kept } from './state.ts';

/** What another policy may let through. What the rate limit held back was told of by a digest. */
const OF_POLICY: ReadonlySet<Alert['withheld']> = new Set(['WAITING', 'INHIBITED', 'MAINTENANCE', 'MUTED']);

/** Meets the alerts of a tenant with a policy that changed. */
export function revisited(state: AlertsState, kept: Kept) {
  const draft = draftOf({ ...state, dueAt: null }, kept, kept.meta.logTime);
  judgeOutages(draft, kept);
  judgeSeverities(draft, kept);
  return lookedAt(draft, kept, OF_POLICY);
}

/** What is no outage any more explains nothing from now on; what has become one does. */
function judgeOutages(draft: Draft, kept: Kept): void {
  for (const [device, { alerts, until }] of kept.outages.range('', END)) {
    const left = alerts.filter((key) => isOutage(draft.policy, draft.alertOf(key)?.rule ?? ''));
    if (left.length < alerts.length) draft.keepOutage(device, left.length === 0 ? null : { alerts: left, until });
  }
  for (const [key, alert] of allOf(draft, kept))
    if (isOpen(alert) && isOutage(draft.policy, alert.rule)) keepOpen(draft, key, alert);
}

function judgeSeverities(draft: Draft, kept: Kept): void {
  const judged = allOf(draft, kept).map(([key, alert]) => {
    const severity = ruleOf(draft.policy, alert.rule)?.severity ?? alert.signalled ?? alert.severity;
    return [key, { ...alert, severity }] as const;
  });
  const told = { eventId: null, eventTime: draft.now };
  for (const [key, alert] of worstFirst(judged)) {
    if (!isOpen(alert) || alert.severity === draft.alertOf(key)?.severity) continue;
    tellNews(draft, key, alert, told);
  }
}
