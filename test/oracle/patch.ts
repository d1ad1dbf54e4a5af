import { parseJsonText } from '#sdk';

/** What one event writes to one path: canonical JSON text, or null for a deletion. */
export interface Write {
  readonly path: string;
  readonly value: string | null;
}

/** Why a patch must be refused, and where. */
export interface Fault {
  readonly code: string;
  readonly path: string | null;
}

const SECTION_BYTES_MAX = 32 * 1024;
const DEPTH_MAX = 10;
const KEY_BYTES_MAX = 1024;
const STRING_BYTES_MAX = 4 * 1024;

/** The writes of a merge patch in path order, or the first thing wrong with it. */
export function read(text: string): { readonly writes: readonly Write[] } | Fault {
  let patch: unknown;
  try {
    patch = parseJsonText(text);
  } catch {
    return { code: 'patch_malformed', path: null };
  }
  if (!isObject(patch)) return { code: 'patch_malformed', path: null };
  const fault = faultIn(patch, '', 1, false);
  if (fault !== null) return fault;
  if (Buffer.byteLength(JSON.stringify(patch)) > SECTION_BYTES_MAX) return { code: 'section_too_large', path: null };
  return { writes: leaves(patch, '').sort((a, b) => order(a.path, b.path)) };
}

/** What is wrong with a device's refusals, each a pointer and its reason. */
export function faultInRefusals(rejected: Readonly<Record<string, string>>): Fault | null {
  for (const [path, reason] of Object.entries(rejected)) {
    const keys = path.split('/').slice(1);
    if ((path !== '' && !path.startsWith('/')) || /~(?![01])/.test(path))
      return { code: 'patch_malformed', path: null };
    if (keys.length > DEPTH_MAX) return { code: 'too_deep', path: null };
    if (keys.some((key) => Buffer.byteLength(unescaped(key)) > KEY_BYTES_MAX))
      return { code: 'key_too_long', path: null };
    if (Buffer.byteLength(reason) > STRING_BYTES_MAX) return { code: 'string_too_long', path };
  }
  return null;
}

/** True when a section of these values is larger than a section may be. */
export function isTooLarge(section: string): boolean {
  return Buffer.byteLength(section) > SECTION_BYTES_MAX;
}

function faultIn(value: unknown, path: string, depth: number, inArray: boolean): Fault | null {
  if (typeof value === 'string') {
    if (Buffer.byteLength(value) > STRING_BYTES_MAX) return { code: 'string_too_long', path: shown(path) };
    return value.isWellFormed() ? null : { code: 'patch_malformed', path: shown(path) };
  }
  if (typeof value === 'number') return Number.isFinite(value) ? null : { code: 'patch_malformed', path: shown(path) };
  if (value === null) return inArray ? { code: 'null_in_array', path: shown(path) } : null;
  if (typeof value !== 'object') return null;
  if (depth > DEPTH_MAX) return { code: 'too_deep', path: shown(path) };
  const names = inArray && !Array.isArray(value) ? Object.keys(value).sort() : Object.keys(value);
  for (const name of names) {
    if (!Array.isArray(value)) {
      if (Buffer.byteLength(name) > KEY_BYTES_MAX) return { code: 'key_too_long', path: shown(path) };
      if (!name.isWellFormed()) return { code: 'patch_malformed', path: shown(path) };
    }
    const child = (value as Record<string, unknown>)[name];
    const found = faultIn(child, `${path}/${escaped(name)}`, depth + 1, inArray || Array.isArray(value));
    if (found !== null) return found;
  }
  return null;
}

function shown(path: string): string | null {
  return path === '' ? null : path;
}

function leaves(object: Readonly<Record<string, unknown>>, path: string): Write[] {
  return Object.entries(object).flatMap(([name, value]) => {
    const at = `${path}/${escaped(name)}`;
    if (isObject(value)) return leaves(value, at);
    return [{ path: at, value: value === null ? null : canonical(value) }];
  });
}

/** JSON text in which equal values are equal texts. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
    .join(',')}}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function escaped(name: string): string {
  return /[~/]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;
}

function unescaped(segment: string): string {
  return segment.includes('~') ? segment.replaceAll('~1', '/').replaceAll('~0', '~') : segment;
}

/** The order of paths: segment by segment, each by its UTF-16 units. */
export function order(a: string, b: string): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    // Where one segment ends, it is a beginning of the other.
    if (x !== y) return x === SLASH || (y !== SLASH && x < y) ? -1 : 1;
  }
  return a.length - b.length;
}

const SLASH = 47;

type Tree = Map<string, Tree | string>;

/** JSON text of an object with these values at these paths, given in path order. */
export function document(values: Iterable<readonly [path: string, text: string]>): string {
  const root: Tree = new Map();
  for (const [path, text] of values) {
    const keys = keysOf(path);
    let tree = root;
    for (const key of keys.slice(0, -1)) {
      const below = (tree.get(key) as Tree | undefined) ?? new Map<string, Tree | string>();
      tree.set(key, below);
      tree = below;
    }
    tree.set(keys.at(-1) as string, text);
  }
  return written(root);
}

function keysOf(path: string): readonly string[] {
  const known = parted.get(path);
  if (known !== undefined) return known;
  const keys = path.split('/').slice(1).map(unescaped);
  if (parted.size >= PATHS_MAX) parted.clear();
  parted.set(path, keys);
  return keys;
}

/** The same paths come in every history. */
const parted = new Map<string, readonly string[]>();
const PATHS_MAX = 10_000;

function written(tree: Tree): string {
  const members = [...tree].map(
    ([key, value]) => `${JSON.stringify(key)}:${typeof value === 'string' ? value : written(value)}`,
  );
  return `{${members.join(',')}}`;
}
