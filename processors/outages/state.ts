import { collection, type Entries, type InForce, type Meta, type Step } from '#sdk';
import { OutageMember, outagePolicy, type OutagesState, type topics } from '#schemas';

/** Where each device of the tenant is connected, by its name. */
export const members = collection('members', OutageMember);

export const policies = { outagePolicy };

/** What a step reads beside the state of the tenant. */
export interface Kept extends InForce<typeof policies> {
  readonly members: Entries<OutageMember>;
  readonly meta: Meta;
}

export type Outcome = Step<OutagesState, typeof topics.outageVerdicts | typeof topics.signals>;

export type Emit = NonNullable<Outcome['emits']>[number];
