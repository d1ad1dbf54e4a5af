import { log } from '#sdk';
import { anomalyPolicy } from '#schemas';
import type { Score } from '../../../bench/anomaly/series.ts';
import { start } from '../../../processors/anomaly/cohort.ts';
import { LOG_ALARM, NO_ALERT } from '../../../processors/anomaly/incident.ts';
import { observe } from '../../../processors/anomaly/observe.ts';

const { alertProbability, valuesMin } = anomalyPolicy.fallback;

/** The baseline's own fold, without log and engine. */
export const baseline: Score = ({ times, values }) => {
  let state = start();
  return values.map((value, index) => {
    const logAlert = state.count < valuesMin ? NO_ALERT : log(alertProbability);
    const observation = observe(state, { time: times[index] ?? 0, value }, { logAlarm: LOG_ALARM, logAlert });
    state = observation.baseline;
    return observation.verdict.score;
  });
};
