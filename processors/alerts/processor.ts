import { processor } from '#sdk';
import { AlertsState, topics } from '#schemas';
import { due } from './due.ts';
import { alerting } from './policy.ts';
import { revisited } from './revisit.ts';
import { signalled } from './signals.ts';
import { alerts as kept, maintenances, outages } from './state.ts';

/**
 * Makes alerts of what processors and operators say: one for as long as its cause lasts, told to receivers unless
 * another alert explains it, its device is worked on, its rule is muted, or too many come at once. Whatever is held
 * back is in the topic too, with the reason.
 */
export const alerts = processor({
  name: 'alerts',
  version: 3,
  doc: 'Keeps the alerts of each tenant, and decides what of them is delivered.',
  inputs: { signals: topics.signals },
  outputs: [topics.alerts],
  state: AlertsState,
  collections: { alerts: kept, outages, maintenances },
  policies: { alerting },
  initial: {
    numbers: 0,
    revision: 0,
    open: 0,
    ended: 0,
    tokens: 0,
    filledAt: null,
    heldBack: [],
    heldSeverity: 'UNKNOWN',
    digestAt: null,
    refused: 0,
    dueAt: null,
  },
  latenessMs: Infinity,
  apply: { signals: signalled },
  deadline: ({ dueAt }) => dueAt,
  expire: due,
  revisit: revisited,
});
