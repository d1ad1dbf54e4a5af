import type { Baseline } from '../../../processors/anomaly/baseline.ts';
import { start } from '../../../processors/anomaly/cohort.ts';
import { observe, type Verdict } from '../../../processors/anomaly/observe.ts';
import { BEGAN, MINUTE } from './signals.ts';

export const INTERVAL_MS = 5 * MINUTE;

/** Folds points of five minutes' distance, from a value for each index, and tells each verdict. */
export function fold(
  points: number,
  value: (index: number, time: number) => number,
  told: (verdict: Verdict, index: number) => unknown = () => undefined,
  from: Baseline = start(),
  began = BEGAN,
): Baseline {
  let baseline = from;
  for (let index = 0; index < points; index++) {
    const time = began + index * INTERVAL_MS;
    const observation = observe(baseline, { time, value: value(index, time) });
    baseline = observation.baseline;
    told(observation.verdict, index);
  }
  return baseline;
}

export function verdictsOf(points: number, value: (index: number, time: number) => number, from?: Baseline): Verdict[] {
  const verdicts: Verdict[] = [];
  fold(points, value, (verdict) => verdicts.push(verdict), from);
  return verdicts;
}

/** The indices of the alarms. */
export function alarmsOf(points: number, value: (index: number, time: number) => number, from?: Baseline): number[] {
  return verdictsOf(points, value, from).flatMap(({ alarm }, index) => (alarm ? [index] : []));
}
