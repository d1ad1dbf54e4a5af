import { processor } from '#sdk';
import { DetectStatisticsState, topics } from '#schemas';
import { measures, outliers, policies } from './state.ts';
import { compare, measured } from './steps.ts';

/** Runs behaviours with statistical thresholds: a device is compared to all devices of its profile in the same window. */
export const detectStatistics = processor({
  name: 'detect-statistics',
  version: 2,
  doc: 'Finds devices that are beyond a percentile of all devices of their security profile.',
  inputs: { measured: topics.detectMeasures },
  outputs: [topics.violations, topics.signals],
  state: DetectStatisticsState,
  collections: { measures, outliers },
  policies,
  initial: { profilesVersion: null, asked: '', dueAt: null, judgedTo: 0, waiting: 0 },
  latenessMs: Infinity,
  apply: { measured },
  deadline: ({ dueAt }) => dueAt,
  expire: (state, _at, kept) => compare(state, kept),
  revisit: compare,
});
