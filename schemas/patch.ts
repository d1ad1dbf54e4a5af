import { parseJsonText } from '#sdk';
import { comparePaths, segmentOf, utf8Bytes } from './pointer.ts';

/** A section of a twin as JSON text, and so a patch of it. */
export const SECTION_BYTES_MAX = 32 * 1024;
/** Containers within each other, the section itself being the first. */
export const DEPTH_MAX = 10;
/** A key, in UTF-8. */
export const KEY_BYTES_MAX = 1024;
/** A string, in UTF-8. */
export const STRING_BYTES_MAX = 4 * 1024;

/** Why a patch cannot be accepted. */
export type PatchCode =
  | 'patch_malformed'
  | 'null_in_array'
  | 'too_deep'
  | 'key_too_long'
  | 'string_too_long'
  | 'section_too_large';

/** What is wrong with a patch, and where (JSON Pointer; empty for the whole). */
export interface PatchProblem {
  readonly code: PatchCode;
  readonly detail: string;
  readonly path: string;
}

/** What a patch writes to one path: a value as canonical JSON text, or null to delete. */
export interface LeafWrite {
  /** JSON Pointer (RFC 6901). */
  readonly path: string;
  readonly value: string | null;
}

/** What is wrong with a merge patch of a twin's section, or null. */
export function checkPatch(patch: unknown): PatchProblem | null {
  return readPatch(patch).problem;
}

/**
 * The leaves that a merge patch writes, in the order of their paths. Arrays are leaves; `{}` writes nothing.
 * Throws on a patch that `checkPatch` finds fault with.
 */
export function leavesOf(patch: unknown): readonly LeafWrite[] {
  const { writes, problem } = readPatch(patch);
  if (problem !== null) throw new Error(`${problem.code}: ${problem.detail}; ask checkPatch first`);
  return writes;
}

/** Reads a patch from JSON text. Of a key that comes twice the last counts, as everywhere in JavaScript. */
export function parsePatch(text: string): Reading {
  let patch: unknown;
  try {
    patch = parseJsonText(text);
  } catch {
    return { writes: [], problem: { code: 'patch_malformed', detail: 'the patch is not JSON', path: '' } };
  }
  return readPatch(patch);
}

/** The writes of a patch, complete unless there is a problem. */
export interface Reading {
  readonly writes: readonly LeafWrite[];
  readonly problem: PatchProblem | null;
}

interface Progress {
  readonly writes: LeafWrite[];
  problem: PatchProblem | null;
  /** Characters so far but for commas, so never more than the bytes of the JSON text. */
  characters: number;
  /** True while the writes stand in path order. */
  sorted: boolean;
  newest: string;
}

function readPatch(patch: unknown): Reading {
  const progress: Progress = { writes: [], problem: null, characters: 0, sorted: true, newest: '' };
  if (!isObject(patch)) {
    refuse(progress, 'patch_malformed', 'a patch must be a JSON object', '');
    return progress;
  }
  readObject(progress, patch, '', 1);
  if (progress.problem === null && progress.characters * BYTES_PER_CHARACTER_MAX > SECTION_BYTES_MAX)
    weigh(progress, patch);
  if (!progress.sorted) progress.writes.sort((a, b) => comparePaths(a.path, b.path));
  return progress;
}

/** A character of a key may become `\u0000`, and a comma may follow it. */
const BYTES_PER_CHARACTER_MAX = 7;

function weigh(progress: Progress, patch: object): void {
  const bytes = utf8Bytes(JSON.stringify(patch));
  if (bytes > SECTION_BYTES_MAX) refuseSize(progress, bytes);
}

function readObject(
  progress: Progress,
  object: Readonly<Record<string, unknown>>,
  pointer: string,
  depth: number,
): void {
  if (depth > DEPTH_MAX) return refuseDepth(progress, pointer);
  count(progress, 2);
  for (const key of Object.keys(object)) {
    const plain = isPlain(key);
    if (plain) count(progress, key.length + 3);
    else if (!readKey(progress, key, pointer)) return;
    const value = object[key];
    const path = plain ? `${pointer}/${key}` : `${pointer}/${segmentOf(key)}`;
    if (isObject(value)) {
      readObject(progress, value, path, depth + 1);
    } else {
      progress.writes.push({ path, value: value === null ? null : textOf(progress, value, path, depth + 1) });
      if (progress.sorted) progress.sorted = comparePaths(progress.newest, path) < 0;
      progress.newest = path;
    }
    if (progress.problem !== null) return;
  }
}

/** True for most keys: short ASCII without the two characters that pointers escape. */
function isPlain(key: string): boolean {
  if (key.length > KEY_BYTES_MAX) return false;
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit > 0x7d || unit === SLASH) return false;
  }
  return true;
}

const SLASH = 0x2f;

function readKey(progress: Progress, key: string, pointer: string): boolean {
  if (key.length * 3 > KEY_BYTES_MAX && utf8Bytes(key) > KEY_BYTES_MAX) {
    refuse(progress, 'key_too_long', `a key may have ${KEY_BYTES_MAX} bytes; shorten ${key.slice(0, 32)}…`, pointer);
  } else if (!key.isWellFormed()) {
    refuse(progress, 'patch_malformed', 'a key holds half of a surrogate pair', pointer);
  }
  count(progress, key.length + 3);
  return progress.problem === null;
}

/** Canonical JSON text: equal values have equal texts. The keys of objects within arrays are sorted. */
function textOf(progress: Progress, value: unknown, path: string, depth: number): string {
  const text = scalarText(progress, value, path);
  if (text !== null) {
    count(progress, text.length);
    return text;
  }
  if (depth > DEPTH_MAX) refuseDepth(progress, path);
  count(progress, 2);
  if (progress.problem !== null) return '';
  if (Array.isArray(value)) {
    const items: string[] = [];
    for (let i = 0; i < value.length && progress.problem === null; i++) {
      items.push(textOf(progress, value[i] as unknown, `${path}/${i}`, depth + 1));
    }
    return `[${items.join(',')}]`;
  }
  const object = value as Readonly<Record<string, unknown>>;
  const members: string[] = [];
  for (const key of Object.keys(object).sort()) {
    if (!readKey(progress, key, path)) break;
    members.push(`${JSON.stringify(key)}:${textOf(progress, object[key], `${path}/${segmentOf(key)}`, depth + 1)}`);
  }
  return `{${members.join(',')}}`;
}

/** Null for a container. A null comes here only from within an array. */
function scalarText(progress: Progress, value: unknown, path: string): string | null {
  switch (typeof value) {
    case 'string':
      if (value.length * 3 > STRING_BYTES_MAX && utf8Bytes(value) > STRING_BYTES_MAX) {
        refuse(progress, 'string_too_long', `a string may have ${STRING_BYTES_MAX} bytes`, path);
      } else if (!value.isWellFormed()) {
        refuse(progress, 'patch_malformed', 'a string holds half of a surrogate pair', path);
      }
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value))
        refuse(progress, 'patch_malformed', 'a number must fit into 64 bits of floating point', path);
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value !== null) return null;
      refuse(progress, 'null_in_array', 'an array is replaced as a whole and cannot hold null', path);
      return '';
    default:
      refuse(progress, 'patch_malformed', `${typeof value} is no JSON value`, path);
      return '';
  }
}

function count(progress: Progress, characters: number): void {
  progress.characters += characters;
  // The rest could only add to it, so it need not be read.
  if (progress.characters > SECTION_BYTES_MAX) refuseSize(progress, progress.characters);
}

function refuseDepth(progress: Progress, path: string): void {
  refuse(progress, 'too_deep', `objects and arrays may be nested ${DEPTH_MAX} deep`, path);
}

function refuseSize(progress: Progress, bytes: number): void {
  refuse(
    progress,
    'section_too_large',
    `a section may have ${SECTION_BYTES_MAX} bytes; the patch has at least ${bytes}`,
    '',
  );
}

/** The first problem counts. */
function refuse(progress: Progress, code: PatchCode, detail: string, path: string): void {
  progress.problem ??= { code, detail, path };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
