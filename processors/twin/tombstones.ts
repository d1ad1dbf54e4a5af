import { isBelow, type TwinLeaf, type TwinState } from '#schemas';
import { compareStamps, indexFrom } from './leaves.ts';

/**
 * Seven days: how far an event may be behind log time, and how long a deletion is remembered against older writes.
 * The two are one number, since an event that a forgotten deletion would have hidden must be refused.
 */
export const LATENESS_MS = 7 * 24 * 60 * 60_000;

/** Log time at which the first tombstone or refusal can be forgotten, or null. */
export function deadlineOf({ reported, desired, refused }: TwinState): number | null {
  let oldest = Infinity;
  for (const leaf of reported) {
    if (leaf.value === null && leaf.eventTime < oldest && !answers(leaf, desired)) oldest = leaf.eventTime;
  }
  for (const leaf of desired) if (leaf.value === null && leaf.eventTime < oldest) oldest = leaf.eventTime;
  for (const leaf of refused) if (leaf.eventTime < oldest && !answers(leaf, desired)) oldest = leaf.eventTime;
  return oldest === Infinity ? null : forgottenAt(oldest);
}

/** The twin without the tombstones and refusals that no event can meet any more at that log time. */
export function forget(state: TwinState, logTime: number): TwinState {
  const { reported, desired, refused } = state;
  const fresh = ({ eventTime }: TwinLeaf) => forgottenAt(eventTime) > logTime;
  return {
    ...state,
    reported: reported.filter((leaf) => leaf.value !== null || fresh(leaf) || answers(leaf, desired)),
    desired: desired.filter((leaf) => leaf.value !== null || fresh(leaf)),
    refused: refused.filter((leaf) => fresh(leaf) || answers(leaf, desired)),
  };
}

/** An event exactly that old is still accepted, hence the millisecond. */
function forgottenAt(eventTime: number): number {
  return eventTime + LATENESS_MS + 1;
}

/** True when a status follows from the leaf: it is newer than a desired value there or below. */
function answers(leaf: TwinLeaf, desired: readonly TwinLeaf[]): boolean {
  for (let i = indexFrom(desired, leaf.path); i < desired.length; i++) {
    const wanted = desired[i] as TwinLeaf;
    if (wanted.path !== leaf.path && !isBelow(wanted.path, leaf.path)) return false;
    if (wanted.value !== null && compareStamps(leaf, wanted) > 0) return true;
  }
  return false;
}
