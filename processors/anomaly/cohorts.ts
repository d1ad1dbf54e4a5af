import { processor } from '#sdk';
import { AnomalyCohortState, topics } from '#schemas';
import { members, policies, priors, young } from './cohort-state.ts';
import { told } from './young.ts';

/**
 * Judges the first values of a series by a baseline that begins with what its like are: the second stage of `anomaly`,
 * one key for each metric of a model and firmware.
 */
export const anomalyCohorts = processor({
  name: 'anomaly-cohorts',
  version: 2,
  doc: 'Judges the first thousand values of each metric of a device by what devices of its model and firmware do.',
  inputs: { peer: topics.anomalyPeers },
  outputs: [topics.anomalies, topics.signals],
  state: AnomalyCohortState,
  collections: { members, priors, young },
  policies,
  initial: { members: 0, young: 0, unjudged: 0 },
  latenessMs: Infinity,
  apply: { peer: told },
});
