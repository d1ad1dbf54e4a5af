import type { ConnectivityState, PresencePolicy } from '#schemas';

/** How often a device reports, and who says so. */
export interface Interval {
  /** Null where nobody does. */
  readonly intervalMs: number | null;
  readonly intervalFrom: 'SAID' | 'LEARNED' | 'POLICY';
}

/** The newest gaps between signs that are kept. */
export const GAPS_MAX = 16;

/** From so many gaps on an interval is learnt. */
const GAPS_MIN = 5;

/** Three gaps in four are no longer than the interval: an outage now and then does not lengthen it. */
const SHARE = 0.75;

/** What devices said that is kept. */
const SAID_MAX = 16;

/** Adds a gap, ms, to those before it. */
export function withGap(gaps: readonly number[], gap: number): readonly number[] {
  return [...gaps, gap].slice(-GAPS_MAX);
}

/** The interval that gaps show, ms; null where they are too few. */
export function learned(gaps: readonly number[]): number | null {
  if (gaps.length < GAPS_MIN) return null;
  const sorted: number[] = [];
  for (const gap of gaps) {
    let place = sorted.length;
    for (; place > 0 && (sorted[place - 1] as number) > gap; place--) sorted[place] = sorted[place - 1] as number;
    sorted[place] = gap;
  }
  return sorted[Math.ceil(SHARE * sorted.length) - 1] ?? null;
}

/** Keeps the newest gaps and what they show, which is asked for several times a step. */
export function withGaps(state: ConnectivityState, gaps: readonly number[]): ConnectivityState {
  return { ...state, gaps, learntMs: learned(gaps) };
}

/** The interval that was said last up to a moment, whatever came in which order; null where none was. */
export function saidAt({ said }: ConnectivityState, time: number): number | null {
  return said.findLast(({ eventTime }) => eventTime <= time)?.intervalMs ?? null;
}

/** The interval as it is known now. */
export function intervalOf(state: ConnectivityState): Interval {
  const said = saidAt(state, Infinity);
  if (said !== null) return { intervalMs: said, intervalFrom: 'SAID' };
  const { learntMs } = state;
  return { intervalMs: learntMs, intervalFrom: learntMs === null ? 'POLICY' : 'LEARNED' };
}

/** How long a device of that interval may be silent, ms. */
export function allowedMs(intervalMs: number | null, { silenceMs, missedReports }: PresencePolicy): number {
  return Math.max(silenceMs, Math.ceil(missedReports * (intervalMs ?? 0)));
}

/** Whether a device of that interval is silent for long by intent. */
export function sleeps(intervalMs: number | null, { silenceMs }: PresencePolicy): boolean {
  return intervalMs !== null && intervalMs > silenceMs;
}

/** Keeps what a device said of its interval, in the order of time and id. */
export function withSaid(state: ConnectivityState, one: ConnectivityState['said'][number]): ConnectivityState {
  const after = (a: typeof one, b: typeof one) => a.eventTime - b.eventTime || (a.eventId < b.eventId ? -1 : 1);
  return { ...state, said: [...state.said, one].sort(after).slice(-SAID_MAX) };
}
