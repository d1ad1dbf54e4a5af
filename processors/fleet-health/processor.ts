import { processor } from '#sdk';
import { FleetHealthState, healthPolicy, topics } from '#schemas';
import { cells, worse } from './cells.ts';
import { outputs } from './state.ts';
import { due, exposed } from './steps.ts';

/**
 * Adds up the hours of all devices of a tenant by what the devices are, and finds the lots and firmwares that crash
 * more than their like with all else equal.
 */
export const fleetHealth = processor({
  name: 'fleet-health',
  version: 1,
  doc: 'Adds up the health of devices that are alike, and finds lots and firmwares that are worse than their like.',
  inputs: { exposed: topics.healthExposures },
  outputs,
  state: FleetHealthState,
  collections: { cells, worse },
  policies: { health: healthPolicy },
  initial: { dueAt: null, judgedDay: null, newestDay: 0, overflowed: 0, forgotten: 0, changedFrom: 0 },
  latenessMs: Infinity,
  apply: { exposed },
  deadline: ({ dueAt }) => dueAt,
  expire: due,
});
