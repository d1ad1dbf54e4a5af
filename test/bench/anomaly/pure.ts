import type { Score } from '../../../bench/anomaly/series.ts';
import { start } from '../../../processors/anomaly/cohort.ts';
import { observe } from '../../../processors/anomaly/observe.ts';

/** The baseline's own fold, without log and engine. */
export const baseline: Score = ({ times, values }) => {
  let state = start();
  return values.map((value, index) => {
    const observation = observe(state, { time: times[index] ?? 0, value });
    state = observation.baseline;
    return observation.verdict.score;
  });
};
