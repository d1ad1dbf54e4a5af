import { anomaly } from './processor.ts';
import { dueWith, reportedWith } from './steps.ts';

const writing = { scores: true };

/** The processor `anomaly` in every respect, which also writes the score of each value to `anomaly.scores`. */
export const scored: typeof anomaly = {
  ...anomaly,
  apply: { ...anomaly.apply, telemetryReported: reportedWith(writing) },
  expire: dueWith(writing),
};
