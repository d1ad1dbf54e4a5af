import { type Baseline, type Draft, EMPTY } from './baseline.ts';
import { DAY_MS } from './season.ts';

/** What is known of a series as of a counter. */
export interface Growth {
  /** The newest value as it was judged: of a counter, what it grew by. */
  readonly judged: number;
  /** Values in a row that did not fall; COUNTER of a series that is judged by what it grows by. */
  readonly grown: number;
  /** Mean growth from value to value of that row, and its mean absolute distance from that mean. */
  readonly growth: number;
  readonly growthScale: number;
}

export const COUNTER = -1;

/** A series is a counter that has not fallen for so many values and for a day, so that no season looks like one. */
const GROWN_MIN = 200;

/** Only the first values can tell so: later the baseline has learnt much that would be lost. */
const COUNT_MAX = 2000;

/** Judging by differences has to forecast better by that factor. */
const BETTER = 2;

/** Values that the mean growth remembers at most. */
const MEMORY = 1000;

/** After a gap of so many usual intervals, what grew is spread over it. */
const GAP_INTERVALS = 1.5;

/** Of a fall to less than that share, a counter began anew. */
const ANEW_SHARE = 0.5;

export function isCounter({ grown }: Growth): boolean {
  return grown === COUNTER;
}

/** What of a value is judged: itself, or what a counter grew by in its usual interval. */
export function judgedOf(baseline: Baseline, time: number, value: number): number {
  if (!isCounter(baseline)) return value;
  return (value - baseOf(baseline, value)) / intervalsOf(baseline, time);
}

/** The value of which `judged` would be judged. */
export function valueOf(baseline: Baseline, time: number, value: number, judged: number): number {
  if (!isCounter(baseline)) return judged;
  return baseOf(baseline, value) + judged * intervalsOf(baseline, time);
}

/** From where a counter grew: its last value, or nothing if it began anew. */
function baseOf({ value: last }: Baseline, value: number): number {
  return value >= 0 && value < ANEW_SHARE * last ? 0 : last;
}

function intervalsOf({ time: last, intervalMs }: Baseline, time: number): number {
  const elapsedMs = time - last;
  return elapsedMs > GAP_INTERVALS * intervalMs && intervalMs > 0 ? elapsedMs / intervalMs : 1;
}

/** Learns how a series grows, with one more value; one that turns out to be a counter is judged so from the next on. */
export function learnGrowth(next: Draft, baseline: Baseline, value: number, judged: number): void {
  next.value = value;
  next.judged = judged;
  const { grown, growth, growthScale, count } = baseline;
  next.grown = grown;
  next.growth = growth;
  next.growthScale = growthScale;
  if (grown === COUNTER || count > COUNT_MAX) return;
  const step = value - baseline.value;
  next.grown = step < 0 ? 0 : grown + 1;
  const rate = step < 0 ? 0 : 1 / Math.min(next.grown, MEMORY);
  next.growth = step < 0 ? 0 : growth + (step - growth) * rate;
  next.growthScale = step < 0 ? 0 : growthScale + (Math.abs(step - growth) - growthScale) * rate;
  const isLong = next.grown >= GROWN_MIN && next.grown * next.intervalMs >= DAY_MS;
  if (isLong && next.growth > 0 && BETTER * next.growthScale < next.residualScale) begun(next);
}

/** Mean absolute size of the difference of two normal values, and of moving means over 16 and 60, over that of one. */
const OF_CHANGE = Math.sqrt(2);
const OF_SHIFT = 0.18;
const OF_LEAN = 0.091;

/** Begins anew with what a counter grows by, of which mean and scale are known and no more. */
function begun(next: Draft): void {
  const { count, began, time, intervalMs, value, growth, growthScale } = next;
  Object.assign(next, EMPTY, {
    count,
    began,
    time,
    intervalMs,
    value,
    judged: growth,
    grown: COUNTER,
    growth,
    growthScale,
    level: growth,
    residualScale: growthScale,
    deviationScale: growthScale,
    noise: growthScale,
    changeScale: OF_CHANGE * growthScale,
    change: OF_CHANGE * growthScale,
    shiftScale: OF_SHIFT * growthScale,
    leanScale: OF_LEAN * growthScale,
    errors: [growthScale, growthScale, growthScale],
  });
}
