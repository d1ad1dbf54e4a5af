import { type Change, drop, emit, set } from '#sdk';
import { type FleetHealthState, type HealthCell, type HealthExposure, topics } from '#schemas';
import { added, cells, cellsFrom, DAY_MS, firstDayOf, periodOf } from './cells.ts';
import { findingsOf } from './findings.ts';
import { countInterval, shareInterval } from './intervals.ts';
import type { Kept, Taken } from './state.ts';

const HOUR_MS = 3_600_000;

/** Devices tell their hours in the first twenty minutes of the next one; cells are told once these have come. */
const TELL_AFTER_MS = 30 * 60_000;

/** A day is judged two and a half hours after its end. */
const JUDGE_AFTER_MS = 2 * HOUR_MS + TELL_AFTER_MS;

/** Adds an hour of a device, or what is new of it, to its cell. */
export function exposed(state: FleetHealthState, exposure: HealthExposure, kept: Kept): Taken {
  const day = Math.floor(exposure.eventTime / DAY_MS);
  if (day < keptFrom(state.newestDay)) return { state: { ...state, forgotten: state.forgotten + 1 } };
  const { subkey, cell, overflowed } = added(kept.cells, exposure);
  const next = {
    ...state,
    newestDay: Math.max(state.newestDay, day),
    changedFrom: Math.min(state.changedFrom, day),
    overflowed: state.overflowed + (overflowed ? 1 : 0),
    dueAt: Math.min(nextAfter(kept.meta.logTime), state.dueAt ?? Infinity),
  };
  return { state: next, changes: [set(cells, subkey, cell)] };
}

/** Tells the cells that changed, and once a day judges lots and firmwares. */
export function due(state: FleetHealthState, at: number, kept: Kept): Taken {
  const { key, logTime } = kept.meta;
  const tenant = key.slice(0, key.indexOf('/'));
  const upTo = Math.floor((logTime - JUDGE_AFTER_MS) / DAY_MS) - 1;
  const isNew = state.judgedDay === null || upTo > state.judgedDay;
  // Most of them are of days that are long told; only who judges looks at all.
  const all = cellsFrom(kept.cells, isNew ? 0 : state.changedFrom);
  const changed = all.filter(([, cell]) => cell.changed);
  const rows = changed.map(([, cell]) => emit(topics.fleetHealth, rowOf(tenant, cell)));
  const findings = isNew
    ? findingsOf(
        all.map(([, cell]) => cell),
        upTo,
        kept,
      )
    : { changes: [], emits: [] };
  const from = keptFrom(state.newestDay);
  const changes: Change[] = changed.map(([subkey, cell]) => {
    return set(cells, subkey, { ...cell, changed: false, revision: cell.revision + 1 });
  });
  const old = all.filter(([, { day }]) => day < from).map(([subkey]) => drop(cells, subkey));
  const judgedDay = isNew ? upTo : state.judgedDay;
  const isLeft = !isNew || old.length < all.length;
  const dueAt = isLeft ? Math.max(nextJudging(judgedDay ?? upTo), at + 1) : null;
  return {
    state: { ...state, judgedDay, dueAt, changedFrom: state.newestDay + 1 },
    changes: [...changes, ...old, ...findings.changes],
    emits: [...rows, ...findings.emits],
  };
}

/** Cells of this day and later are kept: those that count now, and those that counted a period ago. */
function keptFrom(newestDay: number): number {
  return firstDayOf(periodOf(newestDay) - 2);
}

/** When cells are told next. */
function nextAfter(logTime: number): number {
  return (Math.floor((logTime - TELL_AFTER_MS) / HOUR_MS) + 1) * HOUR_MS + TELL_AFTER_MS;
}

/** When the day after a day that was judged is judged. */
function nextJudging(judgedDay: number): number {
  return (judgedDay + 2) * DAY_MS + JUDGE_AFTER_MS;
}

function rowOf(tenant: string, { day, changed: _, atRiskAgainMs: __, firstCrashesAgain: ___, ...cell }: HealthCell) {
  const { hours, crashFreeHours, crashes, operatingMs } = cell;
  const share = hours > 0 ? shareInterval(crashFreeHours, hours) : null;
  const count = operatingMs > 0 ? countInterval(crashes) : null;
  const perThousand = (of: number | undefined) => (of === undefined ? null : of / (operatingMs / HOUR_MS / 1_000));
  return {
    ...cell,
    tenant,
    eventTime: day * DAY_MS,
    crashFreeShare: share === null ? null : crashFreeHours / hours,
    crashFreeLow: share?.low ?? null,
    crashFreeHigh: share?.high ?? null,
    crashesPerThousandHours: perThousand(count === null ? undefined : crashes),
    crashesLow: perThousand(count?.low),
    crashesHigh: perThousand(count?.high),
  };
}
