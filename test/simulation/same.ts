/** The first place where two decoded values differ, as a path; null when they are the same. */
export function difference(a: unknown, b: unknown): string | null {
  if (a === b || Object.is(a, b)) return null;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return `: ${shown(a)} is not ${shown(b)}`;
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return Buffer.compare(a, b) === 0 ? null : `: ${shown(a)} is not ${shown(b)}`;
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return `: {${names.join()}} is not {${Object.keys(right).join()}}`;
  for (const name of names) {
    const [ours, theirs] = [left[name], right[name]];
    // Most are the same, and nothing that an object inherits is a decoded value.
    if (ours === theirs && ours !== undefined) continue;
    if (!Object.hasOwn(right, name)) return `/${name}: is missing`;
    const found = difference(ours, theirs);
    if (found !== null) return `/${name}${found}`;
  }
  return null;
}

function shown(value: unknown): string {
  const text =
    value instanceof Uint8Array
      ? `bytes ${Buffer.from(value).toString('hex')}`
      : (JSON.stringify(value) ?? 'undefined');
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
