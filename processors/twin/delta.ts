import { isBelow, type LeafWrite, parentOf, type TwinLeaf, type TwinPathStatus, type TwinState } from '#schemas';
import { documentOf } from './document.ts';
import { compareStamps, indexFrom, leafAt } from './leaves.ts';

type Sections = Pick<TwinState, 'reported' | 'desired' | 'refused'>;

const NONE: readonly TwinPathStatus[] = [];

/** How far each desired path has got: a function of the newest writes alone. */
export function statusesOf(sections: Sections): readonly TwinPathStatus[] {
  if (sections.desired.length === 0) return NONE;
  const statuses: TwinPathStatus[] = [];
  for (const leaf of sections.desired) if (leaf.value !== null) statuses.push(statusOf(leaf, leaf.value, sections));
  return statuses;
}

function statusOf(leaf: TwinLeaf, desired: string, { reported, refused }: Sections): TwinPathStatus {
  const { path, eventTime } = leaf;
  const from = indexFrom(reported, path);
  const exact = reported[from]?.path === path ? reported[from] : undefined;
  if (exact?.value === desired) return named(leaf, 'CONVERGED', Math.max(exact.eventTime, eventTime), desired, null);

  const actual = exact?.value ?? textBelow(reported, from, path);
  const refusal = refused.length === 0 ? undefined : newestAtOrAbove(refused, path, leaf);
  if (refusal !== undefined) return named(leaf, 'REJECTED', refusal.eventTime, actual, refusal.value);
  const answer = newestRelated(reported, from, leaf);
  return answer === undefined
    ? named(leaf, 'PENDING', eventTime, actual, null)
    : named(leaf, 'DRIFTED', answer.eventTime, actual, null);
}

function named(
  { path, value, eventTime }: TwinLeaf,
  status: TwinPathStatus['status'],
  since: number,
  reported: string | null,
  reason: string | null,
): TwinPathStatus {
  return { path, status, since, desired: value as string, desiredEventTime: eventTime, reported, reason };
}

/** The newest write at a path or above it, if it is newer than `than`. */
function newestAtOrAbove(leaves: readonly TwinLeaf[], path: string, than: TwinLeaf): TwinLeaf | undefined {
  let newest: TwinLeaf | undefined;
  for (let at: string | null = path; at !== null; at = parentOf(at)) {
    const leaf = leafAt(leaves, at);
    if (leaf !== undefined && compareStamps(leaf, newest ?? than) > 0) newest = leaf;
  }
  return newest;
}

/** As above, and among the values below. A deletion below says nothing about a value here. */
function newestRelated(reported: readonly TwinLeaf[], from: number, leaf: TwinLeaf): TwinLeaf | undefined {
  let newest = newestAtOrAbove(reported, leaf.path, leaf);
  for (let i = from; i < reported.length; i++) {
    const other = reported[i] as TwinLeaf;
    if (other.path !== leaf.path && !isBelow(other.path, leaf.path)) break;
    if (other.value !== null && compareStamps(other, newest ?? leaf) > 0) newest = other;
  }
  return newest;
}

/** What is reported below a path, as an object. */
function textBelow(reported: readonly TwinLeaf[], from: number, path: string): string | null {
  const members: { path: string; value: string }[] = [];
  for (let i = from; i < reported.length; i++) {
    const other = reported[i] as TwinLeaf;
    if (other.path !== path && !isBelow(other.path, path)) break;
    if (other.value !== null) members.push({ path: other.path.slice(path.length), value: other.value });
  }
  return members.length === 0 ? null : documentOf(members);
}

/** False when no status can follow from these writes to the reported section, which spares most reports the comparison. */
export function concerns(desired: readonly TwinLeaf[], writes: readonly LeafWrite[]): boolean {
  return writes.some(({ path }) => {
    const next = desired[indexFrom(desired, path)];
    if (next !== undefined && (next.path === path || isBelow(next.path, path))) return true;
    for (let at = parentOf(path); at !== null; at = parentOf(at)) if (leafAt(desired, at) !== undefined) return true;
    return false;
  });
}

/** True when a status or the delta differs; that a device repeats another value is no news. */
export function differ(before: readonly TwinPathStatus[], after: readonly TwinPathStatus[]): boolean {
  if (before.length !== after.length) return true;
  return before.some((old, i) => {
    const now = after[i] as TwinPathStatus;
    return (
      old.status !== now.status ||
      old.path !== now.path ||
      old.desired !== now.desired ||
      old.desiredEventTime !== now.desiredEventTime ||
      old.reason !== now.reason
    );
  });
}

/** What was asked for, had not come about, and is asked for no longer. */
export function supersededBy(
  eventTime: number,
  before: readonly TwinPathStatus[],
  after: readonly TwinPathStatus[],
): TwinPathStatus[] {
  const kept = new Map(after.map(({ path, desired }) => [path, desired]));
  return before
    .filter(({ path, desired, status }) => status !== 'CONVERGED' && kept.get(path) !== desired)
    .map((old) => ({ ...old, status: 'SUPERSEDED', since: eventTime }));
}

/** Desired values that reported lacks or contradicts, and when each was asked for, in one shape. */
export function deltaOf(statuses: readonly TwinPathStatus[]): { readonly delta: string; readonly metadata: string } {
  const open = statuses.filter(({ status }) => status !== 'CONVERGED');
  return {
    delta: documentOf(open.map(({ path, desired }) => ({ path, value: desired }))),
    metadata: documentOf(open.map(({ path, desiredEventTime }) => ({ path, value: String(desiredEventTime) }))),
  };
}
