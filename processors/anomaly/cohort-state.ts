import { collection, type Context } from '#sdk';
import { AnomalyMember, anomalyPolicy, AnomalyPrior, AnomalyYoung } from '#schemas';

/** Baselines of grown series, by a hash of their device. */
export const members = collection('members', AnomalyMember);

/** What they have in common: one entry. */
export const priors = collection('priors', AnomalyPrior);

/** Baselines of young series, by their device. */
export const young = collection('young', AnomalyYoung);

export const policies = { anomaly: anomalyPolicy };

export type Kept = Context<
  { readonly members: typeof members; readonly priors: typeof priors; readonly young: typeof young },
  typeof policies
>;
