import type { Series } from './series.ts';

/**
 * The scoring of the Numenta Anomaly Benchmark (Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms",
 * 2015) with the weights of its standard profile. The null detector has 0, a perfect one 100.
 */
const MISSED = 1;
const FALSE_ALARM = 0.11;

const PROBATION_SHARE = 0.15;
const PROBATION_OF_MAX = 5000;

/** What a detector came to over one series or several. */
export interface Tally {
  readonly points: number;
  readonly windows: number;
  readonly detected: number;
  readonly falseAlarms: number;
  /** From the first point of a window to its first alarm, added up over the detected ones. */
  readonly delay: number;
  readonly raw: number;
}

export const NOTHING: Tally = { points: 0, windows: 0, detected: 0, falseAlarms: 0, delay: 0, raw: 0 };

/** The first points, whose alarms are not counted: 15 %, of 5,000 points at most. */
export function probation(points: number): number {
  return Math.floor(PROBATION_SHARE * Math.min(points, PROBATION_OF_MAX));
}

/** Counts the alarms of a series, a point being one where its score reaches the threshold. */
export function tally({ values, windows }: Series, scores: readonly number[], threshold: number): Tally {
  const best = windows.map(() => -MISSED);
  let detected = 0;
  let falseAlarms = 0;
  let delay = 0;
  let raw = 0;
  const began = probation(values.length);
  let ahead = 0;
  for (let index = began; index < values.length; index++) {
    while (ahead < windows.length && (windows[ahead]?.last ?? 0) < index) ahead++;
    if ((scores[index] ?? 0) < threshold) continue;
    const window = windows[ahead];
    if (window !== undefined && index >= window.first) {
      const width = window.last - window.first + 1;
      const gain = sigmoid(-(window.last - index + 1) / width) / sigmoid(-1);
      if (best[ahead] === -MISSED) {
        detected++;
        delay += index - window.first;
      }
      best[ahead] = Math.max(best[ahead] ?? 0, gain);
    } else {
      falseAlarms++;
      const past = windows[ahead - 1];
      // The farther behind the last window, the more a false alarm costs.
      const lost = past === undefined ? -1 : sigmoid((index - past.last) / Math.max(1, past.last - past.first));
      raw += FALSE_ALARM * lost;
    }
  }
  raw += best.reduce((sum, gain) => sum + gain, 0);
  return { points: values.length - began, windows: windows.length, detected, falseAlarms, delay, raw };
}

export function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (a, b) => ({
      points: a.points + b.points,
      windows: a.windows + b.windows,
      detected: a.detected + b.detected,
      falseAlarms: a.falseAlarms + b.falseAlarms,
      delay: a.delay + b.delay,
      raw: a.raw + b.raw,
    }),
    NOTHING,
  );
}

/** The normalised score; without any window there is none. */
export function normalised({ raw, windows }: Tally): number {
  return (100 * (raw + MISSED * windows)) / ((1 + MISSED) * windows);
}

function sigmoid(y: number): number {
  return y > 3 ? -1 : 2 / (1 + Math.exp(5 * y)) - 1;
}
