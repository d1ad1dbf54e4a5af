import { comparePaths, isBelow, keyOfSegment, type TwinChange, type TwinLeaf } from '#schemas';

/** A path and its JSON text; without a text it is not there. */
export interface Member {
  readonly path: string;
  readonly value: string | null;
}

/** The JSON text of an object with these members, which are in path order and of which none is below another. */
export function documentOf(members: readonly Member[]): string {
  let text = '{';
  // The container that is open at the end of the text.
  let open = '';
  let first = true;
  for (const { path, value } of members) {
    if (value === null) continue;
    const end = path.lastIndexOf('/');
    if (!first) {
      const sibling = end === open.length && path.startsWith(open);
      if (!sibling) for (; !isBelow(path, open); open = open.slice(0, open.lastIndexOf('/'))) text += '}';
      text += ',';
    }
    first = false;
    while (open.length < end) {
      const from = open.length + 1;
      const to = path.indexOf('/', from);
      text += `${keyIn(path, from, to)}{`;
      open = path.slice(0, to);
    }
    text += keyIn(path, end + 1, path.length) + value;
  }
  for (; open.length > 0; open = open.slice(0, open.lastIndexOf('/'))) text += '}';
  return `${text}}`;
}

/** A segment of a path as a key with its colon. */
function keyIn(path: string, from: number, to: number): string {
  const segment = path.slice(from, to);
  return isPlain(path, from, to) ? `"${segment}":` : `${JSON.stringify(keyOfSegment(segment))}:`;
}

/** True for characters that stand in JSON text and in a pointer as they are. */
function isPlain(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7d || unit === QUOTE || unit === BACKSLASH) return false;
  }
  return true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What became visibly different between two states of a section, in path order. */
export function changesOf(before: readonly TwinLeaf[], after: readonly TwinLeaf[]): TwinChange[] {
  const changes: TwinChange[] = [];
  if (before === after) return changes;
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const old = before[i];
    const now = after[j];
    if (old === now) {
      i++;
      j++;
      continue;
    }
    const side =
      old === undefined ? 1 : now === undefined ? -1 : old.path === now.path ? 0 : comparePaths(old.path, now.path);
    if (side <= 0) i++;
    if (side >= 0) j++;
    const previous = side <= 0 && old !== undefined && old.value !== null ? old : null;
    const current = side >= 0 && now !== undefined ? now.value : null;
    if ((previous?.value ?? null) === current) continue;
    const path = (side <= 0 ? old : now)?.path as string;
    changes.push({ path, previous: previous?.value ?? null, current, previousEventTime: previous?.eventTime ?? null });
  }
  return changes;
}
