import type { Entries, InForce, Meta, Step } from '#sdk';
import { type FleetHealthState, type HealthAlert, type HealthCell, type healthPolicy, topics } from '#schemas';

/** What a step reads beside the state of the tenant. */
export interface Kept extends InForce<{ readonly health: typeof healthPolicy }> {
  readonly cells: Entries<HealthCell>;
  readonly worse: Entries<HealthAlert>;
  readonly meta: Meta;
}

export const outputs = [topics.fleetHealth, topics.fleetHealthFindings, topics.signals] as const;

export type Taken = Step<FleetHealthState, (typeof outputs)[number]>;
