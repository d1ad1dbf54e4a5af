import { collection, type Context } from '#sdk';
import { DetectBucket, type DetectState, DetectStatus, securityProfiles } from '#schemas';

/** What happened within five minutes, by their begin. */
export const buckets = collection('buckets', DetectBucket);

/** How a device stands to a behaviour, by profile and behaviour; nothing of those that are calm. */
export const statuses = collection('statuses', DetectStatus);

export const policies = { securityProfiles };

/** What a step of the processor reads besides state and event. */
export type Kept = Context<
  { readonly buckets: typeof buckets; readonly statuses: typeof statuses },
  { readonly securityProfiles: typeof securityProfiles }
>;

/** A device of which nothing is known. */
export const NEW: DetectState = {
  profilesVersion: null,
  dueAt: null,
  since: 0,
  closedTo: 0,
  finalTo: 0,
  deafFrom: 0,
  late: false,
  deafTo: 0,
  keptFrom: 0,
  reportedAt: null,
  reportId: null,
  sessionId: null,
  endedSessionId: null,
  disconnectedAt: null,
  describedAt: null,
  model: null,
  hardware: null,
  firmware: null,
  lot: null,
  site: null,
};
