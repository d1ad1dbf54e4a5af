import type { DeviceHealthState } from '#schemas';
import { lastKnownOf } from './changed.ts';
import { DAY_MS, type Days, MINUTE_MS } from './days.ts';
import { type Known, PERIOD_MINUTES } from './hours.ts';
import { DAY_MINUTES } from './minutes.ts';
import { REACH_MINUTES_MAX } from './timeline.ts';

/** A report of more than a week ago changes no hour any more; it goes to `fleet.late`. */
export const LATENESS_MS = 7 * DAY_MS;

/** A late report tells of the time since the one before it, and what that one told hangs on the one before it. */
const KEPT_MS = LATENESS_MS + 2 * REACH_MINUTES_MAX * MINUTE_MS;

/** Forgets the days that no report can change any more, but for what later hours need of them. */
export function forget(
  state: DeviceHealthState,
  known: Known,
  logTime: number,
): { readonly state: DeviceHealthState; readonly days: Days } {
  const keptFrom = Math.max(state.keptFrom, Math.floor((logTime - KEPT_MS) / DAY_MS));
  const firstCrashes = Array.from(known.firstCrashes, ([period, minute]) => ({ period, minute }))
    // The period after it counts by it too.
    .filter(({ period }) => (period + 2) * PERIOD_MINUTES > keptFrom * DAY_MINUTES)
    .sort((a, b) => a.period - b.period);
  const next = { ...state, firstCrashes };
  const old = [...known.days].filter(([day]) => day < keptFrom);
  if (old.length === 0) return { state: next, days: known.days };
  const heardBefore = lastKnownOf({ heardBefore: known.heardBefore, days: new Map(old) });
  const before = known.timeline.before(keptFrom);
  const days = new Map([...known.days].filter(([day]) => day >= keptFrom));
  return { state: { ...next, keptFrom, heardBefore, before }, days };
}
