import { CLOCK_SKEW_MS_MAX, type Change, drop, emit, set } from '#sdk';
import { type ConnectivityMark, type ConnectivityState, topics } from '#schemas';
import { closed, gapsOf } from './closing.ts';
import { withGaps } from './interval.ts';
import { HOUR_MS, MINUTE_MS, MINUTE_S } from './minute.ts';
import { hoursIn, Minutes, startsOf } from './minutes.ts';
import { rowOf } from './row.ts';
import { type Emit, GRACE_MS, type Kept, LATENESS_MS, marks, WAIT_MS } from './state.ts';
import { withVolume } from './volume.ts';
import { endOf, HOUR_S, hourOf, SPANS, type Summary, summaryOf, type Whose, type Window } from './window.ts';

/** Hours that are closed at once where nobody reported. */
const CLOSING_HOURS_MAX = 48;

interface Judged {
  readonly state: ConnectivityState;
  readonly emits: readonly Emit[];
}

/** What became of windows. */
export interface Written {
  readonly state: ConnectivityState;
  readonly changes: readonly Change[];
  readonly emits: readonly Emit[];
  /** True when an hour was written. */
  readonly hourly: boolean;
  /** True when an hour was closed. */
  readonly closing: boolean;
  /** What was last written of an hour, this time included. */
  readonly markOf: (hour: number) => ConnectivityMark | undefined;
}

/** Lets windows be written at the next tick, or when they are over. */
export function marked(state: ConnectivityState, windows: Iterable<Window>, { meta }: Kept): ConnectivityState {
  let { windowsDueAt } = state;
  const added: number[] = [];
  for (const window of windows) {
    if (window.start < (state.closedTo ?? 0)) continue;
    // Hours to come are written in their turn.
    if (window.span === HOUR_S && state.nextHour !== null && window.start >= state.nextHour) continue;
    const code = codeOf(window);
    if (!state.pending.includes(code) && !added.includes(code)) added.push(code);
    windowsDueAt = Math.min(windowsDueAt ?? Infinity, tickOf(window, meta.logTime));
  }
  if (state.nextHour !== null) {
    const due = Math.max(state.nextHour + HOUR_MS + GRACE_MS, meta.logTime);
    windowsDueAt = Math.min(windowsDueAt ?? Infinity, due);
  }
  return { ...state, pending: added.length === 0 ? state.pending : [...state.pending, ...added], windowsDueAt };
}

/**
 * Writes windows of a minute that are over in the step of an event, so that a device that reports each minute costs one
 * step a report. What a late event changed waits for the tick, so that a burst of them is one revision.
 */
export function writtenBeside(state: ConnectivityState, minutes: Minutes, whose: Whose, kept: Kept): Judged {
  const { logTime } = kept.meta;
  if ((state.windowsDueAt ?? 0) <= logTime) return { state, emits: [] };
  const isReady = (code: number) => code % SPAN_CODES === 0 && startIn(code) + MINUTE_MS + GRACE_MS <= logTime;
  if (!state.pending.some(isReady)) return { state, emits: [] };
  const emits: Emit[] = [];
  const pending: number[] = [];
  for (const code of state.pending) {
    if (!isReady(code)) {
      pending.push(code);
      continue;
    }
    const window = windowOf(code);
    const { shared, parts } = summaryOf(window, { state, minutes, kept, gaps: state.gaps });
    emits.push(...rowsOf(whose, minutes.revise(window.span, window.start), { shared, parts }, kept));
  }
  return { state: { ...state, pending, windowsDueAt: nextDue(pending, state.nextHour, logTime) }, emits };
}

/** Writes what is due, each window once, and drops what can change no more. */
export function written(before: ConnectivityState, whose: Whose, kept: Kept): Written {
  const { logTime } = kept.meta;
  const all = new Minutes(before, kept);
  const limit = hourOf(logTime - LATENESS_MS - CLOCK_SKEW_MS_MAX);
  const { due, pending, nextHour, windowsDueAt } = dueOf(before, limit, kept);
  const emits: Emit[] = [];
  const hours = new Map<number, ConnectivityMark | null>();
  const markOf = (hour: number) => {
    const mark = hours.get(hour);
    return mark === undefined ? kept.marks.get(markKey(hour)) : (mark ?? undefined);
  };
  const write = ({ span, start }: Window, { shared, parts, ...summary }: Summary) => {
    const revision = span === HOUR_S ? (markOf(start)?.revision ?? 0) + 1 : all.revise(span, start);
    if (span === HOUR_S) hours.set(start, { revision, ...summary });
    emits.push(...rowsOf(whose, revision, { shared, parts }, kept));
  };
  for (const window of due) write(window, summaryOf(window, { state: before, minutes: all, kept, gaps: before.gaps }));
  let state: ConnectivityState = { ...before, pending, nextHour, windowsDueAt };
  const closing = hoursBefore(limit, state, kept);
  for (const hour of closing) {
    const after = closed(state, hour, all);
    const window = { span: HOUR_S, start: hour };
    const mark = markOf(hour);
    const last = summaryOf(window, { state: after.state, minutes: all, kept, gaps: after.state.closedGaps });
    if (mark !== undefined && differ(mark, last)) write(window, last);
    all.close(after.last);
    all.drop(hour);
    if (markOf(hour) !== undefined) hours.set(hour, null);
    state = { ...withVolume(after.state, hour, last.bytes), oldest: hour + HOUR_MS };
  }
  if (closing.length > 0) state = { ...state, closedTo: limit };
  const hourly = due.some(({ span }) => span === HOUR_S);
  if (hourly) state = withGaps(state, gapsOf(state, all));
  if (due.some(({ span }) => span !== MINUTE_S)) all.pack();
  const remembered = Array.from(hours, ([hour, mark]) =>
    mark === null ? drop(marks, markKey(hour)) : set(marks, markKey(hour), mark),
  );
  const changes = [...all.changes, ...remembered];
  return { state: { ...state, ...all.index }, changes, emits, hourly, closing: closing.length > 0, markOf };
}

/** Windows that are due, in the order of their ends, and when the next ones are. */
function dueOf(before: ConnectivityState, limit: number, { meta: { logTime }, policies }: Kept) {
  const isReady = (code: number) => endOf(windowOf(code)) + GRACE_MS <= logTime;
  const due = before.pending.filter(isReady).map(windowOf);
  const pending = due.length === 0 ? before.pending : before.pending.filter((code) => !isReady(code));
  // After a long standstill there are hours that nobody could see.
  let nextHour = before.nextHour === null ? null : Math.max(before.nextHour, limit);
  while (nextHour !== null && nextHour + HOUR_MS + GRACE_MS <= logTime) {
    due.push({ span: HOUR_S, start: nextHour });
    nextHour += HOUR_MS;
    // Nobody waits for a device that is gone.
    if (nextHour > (before.lastSeen ?? 0) + policies.presencePolicy.forgetMs) nextHour = null;
  }
  due.sort((a, b) => endOf(a) - endOf(b) || a.span - b.span);
  return { due, pending, nextHour, windowsDueAt: nextDue(pending, nextHour, logTime) };
}

function nextDue(pending: readonly number[], nextHour: number | null, logTime: number): number | null {
  let at = nextHour === null ? Infinity : nextHour + HOUR_MS + GRACE_MS;
  for (const code of pending) at = Math.min(at, tickOf(windowOf(code), logTime));
  return at === Infinity ? null : at;
}

/** Log time at which a tick writes a window that no event has written. */
function tickOf(window: Window, logTime: number): number {
  const ready = endOf(window) + GRACE_MS;
  return ready <= logTime ? logTime : window.span === MINUTE_S ? endOf(window) + WAIT_MS : ready;
}

function rowsOf(whose: Whose, revision: number, { shared, parts }: Pick<Summary, 'shared' | 'parts'>, kept: Kept) {
  const bands = kept.policies.qualityBands;
  return parts.map((part) => emit(topics.connectivityWindows, rowOf(whose, revision, shared, part, bands)));
}

/** Hours that nothing can change any more, in their order: those that have minutes, and those next to be closed. */
function hoursBefore(limit: number, state: ConnectivityState, kept: Kept): readonly number[] {
  const { closedTo, oldest } = state;
  const first = closedTo ?? hourOf(oldest ?? limit);
  if (first >= limit) return [];
  const keys = Array.from(kept.blocks.range('', '~'), ([key]) => key);
  const newest = startsOf(state).map(hourOf);
  const hours = new Set([...hoursIn(keys), ...newest].filter((hour) => hour < limit));
  for (let hour = Math.max(first, limit - CLOSING_HOURS_MAX * HOUR_MS); hour < limit; hour += HOUR_MS) hours.add(hour);
  return [...hours].sort((a, b) => a - b);
}

/** A window as a number: four times the minutes to its begin, and which span it has. */
function codeOf({ span, start }: Window): number {
  return (SPAN_CODES * start) / MINUTE_MS + (span === MINUTE_S ? 0 : span === HOUR_S ? 2 : 1);
}

function windowOf(code: number): Window {
  return { span: SPANS[code % SPAN_CODES] as number, start: startIn(code) };
}

/** Begin of the window of that number. */
function startIn(code: number): number {
  return Math.floor(code / SPAN_CODES) * MINUTE_MS;
}

const SPAN_CODES = 4;

function markKey(hour: number): string {
  return String(hour / MINUTE_MS);
}

type Said = Pick<ConnectivityMark, 'intervalMs' | 'connectedMs' | 'expectedMs'>;

function differ(mark: Said, { intervalMs, connectedMs, expectedMs }: Said): boolean {
  return mark.intervalMs !== intervalMs || mark.connectedMs !== connectedMs || mark.expectedMs !== expectedMs;
}
