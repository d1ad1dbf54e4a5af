import { type Change, CLOCK_SKEW_MS_MAX, drop, emit, set } from '#sdk';
import { type ConnectivityMark, type ConnectivityState, topics } from '#schemas';
import { closed, gapsOf } from './closing.ts';
import { HOUR_MS, keyOf as minuteKey, MINUTE_MS, Minutes } from './minutes.ts';
import { type Emit, type Kept, LATENESS_MS, marks, minutes, pending } from './state.ts';
import { withVolume } from './volume.ts';
import { endOf, HOUR_S, hourOf, SPANS, type Summary, summaryOf, type Whose, type Window } from './window.ts';

/** A window is written so long after its end, so that what is on its way comes in time. */
export const GRACE_MS = 10_000;

/** Hours that are closed at once where nobody reported. */
const CLOSING_HOURS_MAX = 48;

/** What became of windows. */
export interface Written {
  readonly state: ConnectivityState;
  readonly changes: readonly Change[];
  readonly emits: readonly Emit[];
  /** True when an hour was written. */
  readonly hourly: boolean;
  /** True when an hour was closed. */
  readonly closing: boolean;
  /** What was last written of a window, this time included. */
  readonly markOf: (window: Window) => ConnectivityMark | undefined;
}

/** Lets windows be written at the next tick, or when they are over. */
export function marked(
  state: ConnectivityState,
  windows: Iterable<Window>,
  kept: Kept,
): { readonly state: ConnectivityState; readonly changes: readonly Change[] } {
  const changes = new Map<string, Change>();
  let { windowsDueAt } = state;
  for (const window of windows) {
    const endsAt = endOf(window);
    if (window.start < (state.closedTo ?? 0)) continue;
    // Hours to come are written in their turn.
    if (window.span === HOUR_S && state.nextHour !== null && window.start >= state.nextHour) continue;
    const key = keyOf(window);
    if (!changes.has(key) && kept.pending.get(key) === undefined) changes.set(key, set(pending, key, { endsAt }));
    windowsDueAt = Math.min(windowsDueAt ?? Infinity, Math.max(endsAt + GRACE_MS, kept.meta.logTime));
  }
  if (state.nextHour !== null) {
    const due = Math.max(state.nextHour + HOUR_MS + GRACE_MS, kept.meta.logTime);
    windowsDueAt = Math.min(windowsDueAt ?? Infinity, due);
  }
  return { state: { ...state, windowsDueAt }, changes: [...changes.values()] };
}

/** Writes what is due, each window once, and drops what can change no more. */
export function written(before: ConnectivityState, whose: Whose, kept: Kept): Written {
  const { logTime } = kept.meta;
  const all = new Minutes(kept.minutes);
  const waiting = Array.from(kept.pending.range('', '~'), ([key, { endsAt }]) => ({ key, endsAt }));
  const ready = waiting.filter(({ endsAt }) => endsAt + GRACE_MS <= logTime);
  const changes: Change[] = ready.map(({ key }) => drop(pending, key));
  const due = ready.map(({ key }) => windowOf(key));
  const limit = hourOf(logTime - LATENESS_MS - CLOCK_SKEW_MS_MAX);
  // After a long standstill there are hours that nobody could see.
  let nextHour = before.nextHour === null ? null : Math.max(before.nextHour, limit);
  while (nextHour !== null && nextHour + HOUR_MS + GRACE_MS <= logTime) {
    due.push({ span: HOUR_S, start: nextHour });
    nextHour += HOUR_MS;
    // Nobody waits for a device that is gone.
    if (nextHour > (before.lastSeen ?? 0) + kept.policies.presencePolicy.forgetMs) nextHour = null;
  }
  const emits: Emit[] = [];
  const written = new Map<string, ConnectivityMark>();
  const write = (window: Window, summary: Summary) => {
    const key = keyOf(window);
    const revision = ((written.get(key) ?? kept.marks.get(key))?.revision ?? 0) + 1;
    const { intervalMs, connectedMs, expectedMs, bytes, rows } = summary;
    written.set(key, { revision, intervalMs, connectedMs, expectedMs, bytes });
    for (const row of rows) emits.push(emit(topics.connectivityWindows, { ...whose, revision, ...row }));
  };
  due.sort((a, b) => endOf(a) - endOf(b) || a.span - b.span);
  for (const window of due) write(window, summaryOf(window, { state: before, minutes: all, kept, gaps: before.gaps }));
  const dues = waiting.filter((each) => !ready.includes(each)).map(({ endsAt }) => endsAt + GRACE_MS);
  if (nextHour !== null) dues.push(nextHour + HOUR_MS + GRACE_MS);
  const windowsDueAt = dues.length === 0 ? null : Math.min(...dues);
  let state: ConnectivityState = { ...before, nextHour, windowsDueAt };
  let closing = false;
  for (const hour of hoursBefore(limit, state, kept)) {
    const after = closed(state, hour, all);
    const window = { span: HOUR_S, start: hour };
    const mark = written.get(keyOf(window)) ?? kept.marks.get(keyOf(window));
    const last = summaryOf(window, { state: after.state, minutes: all, kept, gaps: after.state.closedGaps });
    if (mark !== undefined && differ(mark, last)) write(window, last);
    all.close(after.last);
    for (const key of keysIn(hour)) written.delete(key);
    changes.push(...dropsIn(hour, kept));
    state = { ...withVolume(after.state, hour, last.bytes), oldest: hour + HOUR_MS };
    closing = true;
  }
  if (closing) state = { ...state, closedTo: limit };
  const remembered = Array.from(written, ([key, mark]) => set(marks, key, mark));
  const hourly = due.some(({ span }) => span === HOUR_S);
  if (hourly) state = { ...state, gaps: gapsOf(state, all) };
  const markOf = (window: Window) => written.get(keyOf(window)) ?? kept.marks.get(keyOf(window));
  return { state, changes: [...all.changes, ...changes, ...remembered], emits, hourly, closing, markOf };
}

/** Hours that nothing can change any more, in their order: those that have minutes, and those next to be closed. */
function hoursBefore(limit: number, { closedTo, oldest }: ConnectivityState, kept: Kept): readonly number[] {
  const first = closedTo ?? hourOf(oldest ?? limit);
  if (first >= limit) return [];
  const hours = new Set<number>();
  for (const [key] of kept.minutes.range('', minuteKey(limit))) hours.add(hourOf(Number(key) * MINUTE_MS));
  for (let hour = Math.max(first, limit - CLOSING_HOURS_MAX * HOUR_MS); hour < limit; hour += HOUR_MS) hours.add(hour);
  return [...hours].sort((a, b) => a - b);
}

function keysIn(hour: number): readonly string[] {
  return SPANS.flatMap((span) =>
    Array.from({ length: HOUR_S / span }, (_, i) => keyOf({ span, start: hour + i * span * 1_000 })),
  );
}

function dropsIn(hour: number, kept: Kept): readonly Change[] {
  const times = Array.from({ length: HOUR_MS / MINUTE_MS }, (_, i) => minuteKey(hour + i * MINUTE_MS));
  const gone = times.filter((key) => kept.minutes.get(key) !== undefined).map((key) => drop(minutes, key));
  const marksGone = keysIn(hour).filter((key) => kept.marks.get(key) !== undefined);
  return [...gone, ...marksGone.map((key) => drop(marks, key))];
}

export function keyOf({ span, start }: Window): string {
  return `${String(span).padStart(4, '0')}/${minuteKey(start)}`;
}

function windowOf(key: string): Window {
  return { span: Number(key.slice(0, 4)), start: Number(key.slice(5)) * MINUTE_MS };
}

function differ(mark: ConnectivityMark, { intervalMs, connectedMs, expectedMs }: Summary): boolean {
  return mark.intervalMs !== intervalMs || mark.connectedMs !== connectedMs || mark.expectedMs !== expectedMs;
}
