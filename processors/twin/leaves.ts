import { comparePaths, isBelow, type LeafWrite, type TwinLeaf } from '#schemas';

// A section keeps for each path its newest write, in the order of the paths, less what can never matter again:
// a write below a newer one is dropped, and one above a newer one keeps its stamp but not its value.
// What is kept is a function of the set of writes, whatever their order of arrival.

/** When and by which event a path was written. */
export interface Stamp {
  readonly eventTime: number;
  /** -1 when the event had none. */
  readonly sequence: number;
  readonly eventId: string;
}

/** Positive when `a` is the newer write. Event ids break ties, so only writes of one event are equal. */
export function compareStamps(a: Stamp, b: Stamp): number {
  if (a.eventTime !== b.eventTime) return a.eventTime - b.eventTime;
  if (a.sequence !== b.sequence) return a.sequence - b.sequence;
  if (a.eventId === b.eventId) return 0;
  return a.eventId > b.eventId ? 1 : -1;
}

/** The section after writes of one event; the writes are in path order, and none is below another. */
export function merge(leaves: readonly TwinLeaf[], writes: readonly LeafWrite[], stamp: Stamp): readonly TwinLeaf[] {
  if (writes.length === 0) return leaves;
  return overwrite(leaves, writes, stamp) ?? weave(leaves, writes, stamp);
}

/** For paths without any overlap: newer writes replace older ones. */
export function mergeFlat(
  leaves: readonly TwinLeaf[],
  writes: readonly LeafWrite[],
  stamp: Stamp,
): readonly TwinLeaf[] {
  if (writes.length === 0) return leaves;
  const next: TwinLeaf[] = [];
  weaveSorted(leaves, writes, stamp, (leaf) => next.push(leaf));
  return next;
}

/** The common case, where every path has a visible value already: nothing lies above or below it that would matter. */
function overwrite(
  leaves: readonly TwinLeaf[],
  writes: readonly LeafWrite[],
  stamp: Stamp,
): readonly TwinLeaf[] | null {
  let next: TwinLeaf[] | null = null;
  let at = 0;
  for (const { path, value } of writes) {
    if (value === null) return null;
    let leaf = leaves[at];
    while (leaf !== undefined && leaf.path !== path) leaf = leaves[++at];
    if (leaf === undefined || leaf.value === null) return null;
    if (wins(stamp, value, leaf)) {
      next ??= leaves.slice();
      next[at] = leafOf(path, value, stamp);
    }
    at++;
  }
  return next ?? leaves;
}

function weave(leaves: readonly TwinLeaf[], writes: readonly LeafWrite[], stamp: Stamp): readonly TwinLeaf[] {
  const next: TwinLeaf[] = [];
  // Indices of the kept writes above the one at hand, each newer than those before it.
  const above: number[] = [];
  weaveSorted(leaves, writes, stamp, (leaf) => {
    while (above.length > 0 && !isBelow(leaf.path, at(next, above.at(-1)).path)) above.pop();
    const ancestor = above.length === 0 ? undefined : at(next, above.at(-1));
    if (ancestor !== undefined) {
      if (compareStamps(ancestor, leaf) > 0) return;
      if (ancestor.value !== null) next[above.at(-1) as number] = leafOf(ancestor.path, null, ancestor);
    }
    above.push(next.push(leaf) - 1);
  });
  return next;
}

/** Both lists in path order, one write a path: the newer one. */
function weaveSorted(
  leaves: readonly TwinLeaf[],
  writes: readonly LeafWrite[],
  stamp: Stamp,
  take: (leaf: TwinLeaf) => void,
): void {
  let i = 0;
  for (const { path, value } of writes) {
    let leaf = leaves[i];
    let order = 1;
    while (leaf !== undefined && (order = comparePaths(leaf.path, path)) < 0) {
      take(leaf);
      leaf = leaves[++i];
    }
    if (leaf === undefined || order > 0) {
      take(leafOf(path, value, stamp));
    } else {
      take(wins(stamp, value, leaf) ? leafOf(path, value, stamp) : leaf);
      i++;
    }
  }
  for (; i < leaves.length; i++) take(at(leaves, i));
}

/** A forged event may repeat an id with another value, and even then the order of arrival must not decide. */
function wins(stamp: Stamp, value: string | null, leaf: TwinLeaf): boolean {
  const order = compareStamps(stamp, leaf);
  if (order !== 0) return order > 0;
  return value !== null && (leaf.value === null || value > leaf.value);
}

function leafOf(path: string, value: string | null, { eventTime, sequence, eventId }: Stamp): TwinLeaf {
  return { path, value, eventTime, sequence, eventId };
}

/** Index of the first leaf at or behind a path. */
export function indexFrom(leaves: readonly TwinLeaf[], path: string): number {
  let low = 0;
  let high = leaves.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (comparePaths(at(leaves, middle).path, path) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The write kept for exactly that path. */
export function leafAt(leaves: readonly TwinLeaf[], path: string): TwinLeaf | undefined {
  const leaf = leaves[indexFrom(leaves, path)];
  return leaf?.path === path ? leaf : undefined;
}

function at(leaves: readonly TwinLeaf[], index: number | undefined): TwinLeaf {
  return leaves[index as number] as TwinLeaf;
}
