import { start } from '../../processors/anomaly/cohort.ts';
import { ALARM_SCORE } from '../../processors/anomaly/incident.ts';
import { observe } from '../../processors/anomaly/observe.ts';
import type { Score } from './series.ts';

/** The baseline's own fold, without log and engine. */
export const baseline: Score = ({ times, values }) => {
  let state = start();
  return values.map((value, index) => {
    const observation = observe(state, { time: times[index] ?? 0, value });
    state = observation.baseline;
    return observation.verdict.score;
  });
};

/** One for all series. */
export const THRESHOLD = ALARM_SCORE;
