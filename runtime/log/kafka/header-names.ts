/** Names are few and come again and again, and to convert one costs more than the rest of a header. */
const NAMES_MAX = 256;
/** Longer names are not remembered. */
const NAME_BYTES_MAX = 64;

const written = new Map<string, Buffer>();

/** The UTF-8 of a header's name. */
export function bytesOfName(name: string): Buffer {
  const known = written.get(name);
  if (known !== undefined) return known;
  const bytes = Buffer.from(name);
  if (written.size < NAMES_MAX && bytes.length <= NAME_BYTES_MAX) written.set(name, bytes);
  return bytes;
}

interface Read {
  readonly name: string;
  readonly bytes: Buffer;
}

/** By a hash of the bytes; a newer name takes the place of an older one. */
const read: (Read | undefined)[] = Array.from({ length: NAMES_MAX }, () => undefined);

/** The name of a header from its UTF-8 within `bytes`. */
export function nameOfBytes(bytes: Buffer, from: number, end: number): string {
  const length = end - from;
  if (length > NAME_BYTES_MAX || length === 0) return bytes.toString('utf8', from, end);
  const first = bytes[from] as number;
  const last = bytes[end - 1] as number;
  const slot = (first * 31 + last * 7 + length) % NAMES_MAX;
  const known = read[slot];
  if (known !== undefined && isAt(known.bytes, bytes, from, length)) return known.name;
  const name = bytes.toString('utf8', from, end);
  read[slot] = { name, bytes: Buffer.from(bytes.subarray(from, end)) };
  return name;
}

function isAt(name: Buffer, bytes: Buffer, from: number, length: number): boolean {
  if (name.length !== length) return false;
  for (let i = 0; i < length; i++) if (name[i] !== bytes[from + i]) return false;
  return true;
}
