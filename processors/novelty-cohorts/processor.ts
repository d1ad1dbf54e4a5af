import { processor } from '#sdk';
import { NoveltyCohortState, topics } from '#schemas';
import { kinds, members, open, policies } from './state.ts';
import { due, sighted } from './steps.ts';

/**
 * Judges what devices do for the first time by what devices of the same model and firmware do: what two others do is
 * usual, so that an update across a fleet stays silent.
 */
export const noveltyCohorts = processor({
  name: 'novelty-cohorts',
  version: 1,
  doc: 'Tells what is new of a device and of its cohort: destinations, endpoints, open ports and commands.',
  inputs: { sighting: topics.noveltySightings },
  outputs: [topics.novelties, topics.signals],
  state: NoveltyCohortState,
  collections: { kinds, members, open },
  policies,
  initial: { dueAt: null, open: 0 },
  latenessMs: Infinity,
  apply: { sighting: sighted },
  deadline: ({ dueAt }) => dueAt,
  expire: due,
});
