import { emit } from '#sdk';
import { type DeviceHealthState, topics } from '#schemas';
import { DAY_HOURS, type Days, HOUR_MINUTES, HOUR_MS, MINUTE_MS } from './days.ts';
import { DAY_MINUTES } from './minutes.ts';
import { calmed, restarting, type Start } from './signal.ts';
import type { Kept, Taken } from './state.ts';

/** Somebody means these. */
const MEANT: ReadonlySet<string> = new Set(['EXPECTED', 'UPDATE', 'COMMAND', 'USER']);

/** Starts that nobody meant, within the day that ends with an hour, oldest first. */
function startsOf(days: Days, untilHour: number): readonly Start[] {
  const to = untilHour * HOUR_MINUTES;
  const starts: Start[] = [];
  for (const [day, { reboots }] of days) {
    const begin = day * DAY_MINUTES;
    if (begin >= to || begin + 2 * DAY_MINUTES <= to) continue;
    for (const { minute, cause, count } of reboots) {
      const at = begin + minute;
      if (at < to && at >= to - DAY_MINUTES && !MEANT.has(cause)) starts.push({ at: at * MINUTE_MS, cause, count });
    }
  }
  return starts;
}

/**
 * Tells that a device starts anew again and again, and that it has calmed down once fewer than half as many are left in
 * a day. Of devices that start once a week by themselves, independently of the last time (Poisson), eight in a
 * day are one device-day in 200 thousand millions.
 */
export function tellRestarts(state: DeviceHealthState, days: Days, untilHour: number, kept: Kept): Taken {
  const { restartsMax } = kept.policies.health;
  const isToFind = [...days].some(
    ([day, { reboots }]) => day * DAY_HOURS > untilHour - 2 * DAY_HOURS && reboots.length > 0,
  );
  if (!state.restarting && !isToFind) return { state };
  const starts = startsOf(days, untilHour);
  const count = starts.reduce((sum, each) => sum + each.count, 0);
  const isMany = count >= restartsMax;
  if (state.restarting ? count * 2 >= restartsMax : !isMany) return { state };
  const { key } = kept.meta;
  const slash = key.indexOf('/');
  const whose = { tenant: key.slice(0, slash), device: key.slice(slash + 1) };
  const about = { ...whose, eventTime: starts.at(-1)?.at ?? untilHour * HOUR_MS, policyVersion: kept.versions.health };
  const signal = state.restarting ? calmed(about, count) : restarting(about, starts, restartsMax);
  return { state: { ...state, restarting: !state.restarting }, emits: [emit(topics.signals, signal)] };
}
