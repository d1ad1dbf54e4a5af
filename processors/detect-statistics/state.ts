import { collection, type Context } from '#sdk';
import { type Behaviour, DetectMeasure, DetectOutlier, type SecurityProfile, securityProfiles } from '#schemas';

/** What devices measured, by end of the window and device. */
export const measures = collection('measures', DetectMeasure);

/** Devices that violated the behaviour last, or are in alarm. */
export const outliers = collection('outliers', DetectOutlier);

export const policies = { securityProfiles };

/** What a step of the processor reads besides state and event. */
export type Kept = Context<
  { readonly measures: typeof measures; readonly outliers: typeof outliers },
  { readonly securityProfiles: typeof securityProfiles }
>;

/** A behaviour that is asked, and who asks. */
export interface Asked {
  readonly profile: SecurityProfile;
  readonly behaviour: Behaviour;
}
