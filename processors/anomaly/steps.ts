import { set } from '#sdk';
import type { AnomalyState, TelemetryReported } from '#schemas';
import { type Kept, waiting } from './state.ts';
import { take, type Taken } from './taking.ts';
import { allOf, dueOf, orderOf, WAIT_MS, WAITING_MAX } from './waiting.ts';

/** Whether every score is written, one a value, or anomalies alone. */
export interface Writing {
  readonly scores: boolean;
}

/** Lets a report wait. One older than the newest that was taken is only counted. */
export function reportedWith({ scores }: Writing) {
  return (before: AnomalyState, event: TelemetryReported, kept: Kept): Taken => {
    const { logTime, offset } = kept.meta;
    const { eventId, eventTime, receivedAt, metrics } = event;
    // Where no tick comes, or very much at once, the older half makes room.
    const isFull = before.waiting >= WAITING_MAX;
    const room: Taken = isFull
      ? take(before, allOf(kept.waiting), WAITING_MAX >> 1, { kept, scores })
      : { state: before };
    const { state, changes = [] } = room;
    if (state.newest !== null && eventTime < state.newest)
      return { ...room, state: { ...state, late: state.late + 1 } };
    const report = { eventId, eventTime, receivedAt, heardAt: logTime, offset, metrics };
    const next = { ...state, waiting: state.waiting + 1, dueAt: state.dueAt ?? logTime + WAIT_MS };
    return { ...room, state: next, changes: [...changes, set(waiting, orderOf(event), report)] };
  };
}

/** Takes what has waited long enough, and what happened before it. */
export function dueWith({ scores }: Writing) {
  return (state: AnomalyState, at: number, kept: Kept): Taken => {
    const all = allOf(kept.waiting);
    return take(state, all, dueOf(all, at).length, { kept, scores });
  };
}
