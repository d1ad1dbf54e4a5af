import { processor } from '#sdk';
import { AnomalyState, anomalyPolicy, deviceDescribed, telemetryReported, topics, verdictGiven } from '#schemas';
import { baselines, profiles, series, thresholds, waiting } from './state.ts';
import { dueWith, reportedWith } from './steps.ts';
import { described } from './peers.ts';
import { judged } from './verdicts.ts';

/** A report of more than a week ago is no news; it goes to `fleet.late`. */
const LATENESS_MS = 7 * 24 * 60 * 60_000;

/**
 * Judges every value of every metric by a baseline of its own. Reports are taken in the order in which they happened,
 * once they have waited for those before them, so that no baseline ever learns from what came later.
 */
export const anomaly = processor({
  name: 'anomaly',
  version: 3,
  doc: 'Judges each value of each metric of a device by how that metric usually is, and tells what is anomalous.',
  inputs: { telemetryReported, verdictGiven, deviceDescribed },
  outputs: [topics.anomalies, topics.anomalyScores, topics.anomalyThresholds, topics.signals, topics.anomalyPeers],
  state: AnomalyState,
  collections: { waiting, series, profiles, baselines, thresholds },
  policies: { anomaly: anomalyPolicy },
  initial: { dueAt: null, waiting: 0, newest: null, late: 0, series: 0, unwatched: 0, model: null, firmware: null },
  latenessMs: LATENESS_MS,
  apply: { telemetryReported: reportedWith({ scores: false }), verdictGiven: judged, deviceDescribed: described },
  deadline: ({ dueAt }) => dueAt,
  expire: dueWith({ scores: false }),
});
