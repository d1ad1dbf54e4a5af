import { processor } from '#sdk';
import { DetectBaselineState, topics } from '#schemas';
import { policies, profiles, series } from './behaviour-state.ts';
import { measured, met, quiet } from './behaving.ts';

/**
 * Runs behaviours with `mlDetectionConfig`: what a device measures is judged by a baseline of its own, one key for each
 * behaviour of each device. The second stage of `detect`, which has the windows.
 */
export const detectBaselines = processor({
  name: 'detect-baselines',
  version: 2,
  doc: 'Finds devices that are unlike what they usually are, by behaviours of their security profile with a confidence.',
  inputs: { measured: topics.detectSeries },
  outputs: [topics.violations, topics.signals],
  state: DetectBaselineState,
  collections: { series, profiles },
  policies,
  initial: {
    profilesVersion: null,
    asked: '',
    measures: '',
    dueAt: null,
    judgedTo: 0,
    finding: null,
    violating: 0,
    conforming: 0,
  },
  latenessMs: Infinity,
  apply: { measured },
  deadline: ({ dueAt }) => dueAt,
  expire: (state, _at, kept) => quiet(state, kept),
  revisit: met,
});
