/** An unconditional update, as anyone may read it. */
export interface Update {
  readonly eventTime: number;
  readonly sequence: number;
  readonly eventId: string;
  readonly patch: unknown;
}

type Tree = Map<string, unknown>;

/** What a section must be: RFC 7396 patches one after the other by (event time, sequence, id), where `{}` is nothing. */
export function sectionOf(updates: readonly Update[]): unknown {
  const ordered = updates.toSorted(
    (a, b) => a.eventTime - b.eventTime || a.sequence - b.sequence || (a.eventId < b.eventId ? -1 : 1),
  );
  const section: Tree = new Map();
  for (const { patch } of ordered) patchTree(section, patch as Record<string, unknown>);
  return plain(section);
}

function patchTree(target: Tree, patch: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) target.delete(key);
    else if (typeof value !== 'object' || Array.isArray(value)) target.set(key, value);
    else if (says(value)) {
      const old = target.get(key);
      const below: Tree = old instanceof Map ? old : new Map();
      patchTree(below, value as Record<string, unknown>);
      if (below.size === 0) target.delete(key);
      else target.set(key, below);
    }
  }
}

/** False for an object in which there is nothing to write. */
function says(value: unknown): boolean {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return true;
  return Object.values(value).some(says);
}

function plain(value: unknown): unknown {
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...(value as Tree)].map(([key, inner]) => [key, plain(inner)]));
}
