import { processor } from '#sdk';
import { OutagesState, topics } from '#schemas';
import { members, policies } from './state.ts';
import { heardOf, judged } from './steps.ts';

/**
 * Judges why devices go silent, from who goes silent with them: the second stage of connectivity, one key a tenant. A
 * verdict waits until others had time to be missed, and is told anew when it changes.
 */
export const outages = processor({
  name: 'outages',
  version: 2,
  doc: 'Judges whether a device went silent by itself, or its gateway, its cell or operator, or ingress with it.',
  inputs: { silence: topics.connectivitySilences },
  outputs: [topics.outageVerdicts, topics.signals],
  state: OutagesState,
  collections: { members },
  policies,
  initial: { dueAt: null, judgedAt: null, devices: 0, unkept: 0, down: [] },
  latenessMs: Infinity,
  apply: { silence: heardOf },
  deadline: ({ dueAt }) => dueAt,
  expire: (state, _at, kept) => judged(state, kept),
});
