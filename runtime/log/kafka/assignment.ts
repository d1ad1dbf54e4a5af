/** A member of a group, and what it says it holds. */
export interface Claimant {
  readonly id: string;
  readonly owned: readonly number[];
}

/**
 * Shares partitions 0 to `count` - 1 out: evenly, to within one, and leaving with each member as much of what it holds
 * as an even share allows, since a partition that moves must be restored elsewhere. The same claims in any order give
 * the same shares.
 */
export function shareOut(claimants: readonly Claimant[], count: number): Map<string, number[]> {
  const members = claimants.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const shares = new Map(members.map(({ id }) => [id, [] as number[]]));
  if (members.length === 0) return shares;
  const least = Math.floor(count / members.length);
  let larger = count % members.length;
  const free = new Set(Array.from({ length: count }, (_, partition) => partition));
  // Who holds most keeps the larger shares.
  for (const { id, owned } of members.toSorted((a, b) => b.owned.length - a.owned.length)) {
    const share = shares.get(id) as number[];
    for (const partition of owned) {
      const isLarger = share.length === least && larger > 0;
      if (!free.has(partition) || (share.length >= least && !isLarger)) continue;
      if (isLarger) larger--;
      free.delete(partition);
      share.push(partition);
    }
  }
  for (const partition of free) shortest(shares).push(partition);
  for (const share of shares.values()) share.sort((a, b) => a - b);
  return shares;
}

function shortest(shares: ReadonlyMap<string, number[]>): number[] {
  let found: number[] | null = null;
  for (const share of shares.values()) if (found === null || share.length < found.length) found = share;
  return found as number[];
}
