import {
  comparePaths,
  DEPTH_MAX,
  isPointer,
  KEY_BYTES_MAX,
  keyOfSegment,
  type PatchProblem,
  type Reading,
  STRING_BYTES_MAX,
  utf8Bytes,
} from '#schemas';

const NONE: Reading = { writes: [], problem: null };

/** Reads a device's refusals, JSON Pointer to reason, under the limits of a patch. */
export function readRefusals(rejected: Readonly<Record<string, string>>): Reading {
  const paths = Object.keys(rejected);
  if (paths.length === 0) return NONE;
  for (const path of paths) {
    const problem = problemWith(path, rejected[path] as string);
    if (problem !== null) return { writes: [], problem };
  }
  return { writes: paths.sort(comparePaths).map((path) => ({ path, value: rejected[path] as string })), problem: null };
}

function problemWith(path: string, reason: string): PatchProblem | null {
  if (!isPointer(path)) {
    const detail = `rejected: ${path.slice(0, 64)} is no JSON Pointer; write /a/b`;
    return { code: 'patch_malformed', detail, path: '' };
  }
  const segments = path.split('/').slice(1);
  if (segments.length > DEPTH_MAX) {
    return { code: 'too_deep', detail: `rejected: a path may have ${DEPTH_MAX} keys`, path: '' };
  }
  if (segments.some((segment) => utf8Bytes(keyOfSegment(segment)) > KEY_BYTES_MAX)) {
    return { code: 'key_too_long', detail: `rejected: a key may have ${KEY_BYTES_MAX} bytes`, path: '' };
  }
  if (utf8Bytes(reason) > STRING_BYTES_MAX) {
    return { code: 'string_too_long', detail: `rejected: a reason may have ${STRING_BYTES_MAX} bytes`, path };
  }
  return null;
}
