const SLASH = 47;

/** Orders JSON Pointers segment by segment, so that what lies below a path follows it without a break. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x === SLASH) return -1;
    return y === SLASH ? 1 : x - y;
  }
  return a.length - b.length;
}

/** True when `path` lies strictly below `ancestor`. */
export function isBelow(path: string, ancestor: string): boolean {
  return path.length > ancestor.length && path.charCodeAt(ancestor.length) === SLASH && path.startsWith(ancestor);
}

/** The path above, or null above the root. */
export function parentOf(path: string): string | null {
  const end = path.lastIndexOf('/');
  return end < 0 ? null : path.slice(0, end);
}

/** A key as one segment of a pointer (RFC 6901). */
export function segmentOf(key: string): string {
  if (!key.includes('~') && !key.includes('/')) return key;
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The key that a segment stands for. */
export function keyOfSegment(segment: string): string {
  return segment.includes('~') ? segment.replaceAll('~1', '/').replaceAll('~0', '~') : segment;
}

/** True when a text is a JSON Pointer. */
export function isPointer(text: string): boolean {
  return POINTER.test(text);
}

const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;

/** Length of a well-formed text in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    // The pair of a surrogate has four bytes together.
    if (unit >= 0xd800 && unit < 0xdc00) i++;
  }
  return bytes;
}
