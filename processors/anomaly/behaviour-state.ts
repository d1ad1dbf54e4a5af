import { collection, type Context } from '#sdk';
import { type Behaviour, SeriesBaseline, SeriesProfile, type SecurityProfile, securityProfiles } from '#schemas';

/** What is usual of the behaviour: one entry. */
export const series = collection('series', SeriesBaseline);

/** What is usual at which hour: one entry. */
export const profiles = collection('profiles', SeriesProfile);

export const policies = { securityProfiles };

/** What a step reads besides state and event. */
export type Kept = Context<{ readonly series: typeof series; readonly profiles: typeof profiles }, typeof policies>;

/** A behaviour that is asked, and who asks. */
export interface Asked {
  readonly profile: SecurityProfile;
  readonly behaviour: Behaviour;
}

/** What a key says: a device has no slash in its name, a profile and a behaviour neither. */
export function namesIn(key: string) {
  const [tenant = '', device = '', profile = '', behaviour = ''] = key.split('/');
  return { tenant, device, profile, behaviour };
}

/** The behaviour of a key, where it is asked now, and with a confidence. */
export function askedIn({ meta, policies: { securityProfiles: said } }: Kept): Asked | null {
  const names = namesIn(meta.key);
  const profile = said.profiles.find(({ name }) => name === names.profile);
  const behaviour = profile?.behaviours.find(({ name, confidence }) => name === names.behaviour && confidence !== null);
  return profile === undefined || behaviour === undefined ? null : { profile, behaviour };
}
