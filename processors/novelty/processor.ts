import { processor } from '#sdk';
import { behaviourReported, deviceDescribed, NoveltyState, topics, twinDesired, verdictGiven } from '#schemas';
import { askedIn, seenIn } from './members.ts';
import { policies, sets, waiting } from './state.ts';
import { described, due, sighted } from './steps.ts';
import { judged } from './taking.ts';

/** A report of more than a week ago is no news; it goes to `fleet.late`. */
const LATENESS_MS = 7 * 24 * 60 * 60_000;

/**
 * Learns what each device does: where it connects to, which ports it has open, what is asked of it. What it does for
 * the first time goes to the stage that knows what its like do, in the order in which it happened.
 */
export const novelty = processor({
  name: 'novelty',
  version: 1,
  doc: 'Learns the destinations, endpoints, open ports and commands of each device, and how unlikely a new one is.',
  inputs: { behaviourReported, twinDesired, deviceDescribed, verdictGiven },
  outputs: [topics.noveltySightings],
  state: NoveltyState,
  collections: { waiting, sets },
  policies,
  initial: { dueAt: null, waiting: 0, newest: null, late: 0, model: null, firmware: null },
  latenessMs: LATENESS_MS,
  apply: {
    behaviourReported: sighted(seenIn),
    twinDesired: sighted(askedIn),
    deviceDescribed: described,
    verdictGiven: judged,
  },
  deadline: ({ dueAt }) => dueAt,
  expire: due,
});
