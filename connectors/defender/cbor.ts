/** Containers within each other that are read; a report nests five. */
const NESTING_MAX = 32;

/** What is no CBOR, or none that has the same meaning in JSON. */
export class CborError extends Error {}

/**
 * Reads one CBOR item (RFC 8949) that has the same meaning in JSON: numbers that JavaScript holds exactly, text, lists,
 * maps whose keys are text and differ, booleans and null. Throws `CborError` on anything else, and on bytes behind it.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = reader.item(0);
  if (!reader.isAtEnd) throw new CborError('there are bytes behind the item');
  return value;
}

/** Writes an object of texts and safe integers, and of such objects, as CBOR of definite length. */
export function encodeCbor(value: CborWritten): Uint8Array {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([head(3, text.length), text]);
  }
  const members = Object.entries(value);
  return Buffer.concat([head(5, members.length), ...members.flatMap(([name, each]) => [name, each].map(encodeCbor))]);
}

type CborWritten = string | number | { readonly [name: string]: CborWritten };

function head(major: number, count: number): Buffer {
  const first = major << 5;
  if (count < 24) return Buffer.from([first | count]);
  const bytes = Buffer.alloc(9);
  bytes[0] = first | 27;
  bytes.writeBigUInt64BE(BigInt(count), 1);
  return bytes;
}

/** The additional information of items whose end is marked by a break. */
const INDEFINITE = 31;
const BREAK = 0xff;

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  item(depth: number): unknown {
    if (depth > NESTING_MAX) throw new CborError(`it nests more than ${NESTING_MAX} deep`);
    const first = this.#take(1).readUInt8();
    const [major, info] = [first >> 5, first & 31];
    if (major === 7) return this.#simple(info);
    if (major === 0) return this.#count(info);
    if (major === 1) return this.#safe(-1 - this.#count(info));
    if (major === 3) return this.#text(info);
    if (major === 4) return this.#items(info, () => this.item(depth + 1));
    if (major === 5) return this.#map(info, depth);
    throw new CborError(major === 2 ? 'a byte string has no meaning here' : 'tags have no meaning here');
  }

  #map(info: number, depth: number): unknown {
    const map: Record<string, unknown> = {};
    this.#items(info, () => {
      const name = this.item(depth + 1);
      if (typeof name !== 'string') throw new CborError('a key of a map is no text');
      if (Object.hasOwn(map, name)) throw new CborError(`a map has the key "${name.slice(0, 128)}" twice`);
      // A key such as __proto__ is a member like any other.
      Object.defineProperty(map, name, {
        value: this.item(depth + 1),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    });
    return map;
  }

  #items<T>(info: number, read: () => T): readonly T[] {
    const items: T[] = [];
    if (info === INDEFINITE) {
      while (this.#peek() !== BREAK) items.push(read());
      this.#at++;
      return items;
    }
    const count = this.#count(info);
    // Each item has a byte at least, so a length that lies ends here and not in memory.
    for (let index = 0; index < count; index++) items.push(read());
    return items;
  }

  #text(info: number): string {
    const parts =
      info === INDEFINITE
        ? this.#items(info, () => {
            const first = this.#take(1).readUInt8();
            if (first >> 5 !== 3 || (first & 31) === INDEFINITE) throw new CborError('a part of a text is none');
            return this.#take(this.#count(first & 31));
          })
        : [this.#take(this.#count(info))];
    try {
      // Each part is whole characters, by the RFC.
      return parts.map((part) => UTF8.decode(part)).join('');
    } catch {
      throw new CborError('a text is no UTF-8');
    }
  }

  #simple(info: number): unknown {
    if (info === 20 || info === 21) return info === 21;
    if (info === 22) return null;
    if (info === 25) return finite(halfOf(this.#take(2).readUInt16BE()));
    if (info === 26) return finite(this.#take(4).readFloatBE());
    if (info === 27) return finite(this.#take(8).readDoubleBE());
    throw new CborError('a simple value has no meaning here');
  }

  #count(info: number): number {
    if (info < 24) return info;
    if (info === 24) return this.#take(1).readUInt8();
    if (info === 25) return this.#take(2).readUInt16BE();
    if (info === 26) return this.#take(4).readUInt32BE();
    if (info === 27) return this.#safe(Number(this.#take(8).readBigUInt64BE()));
    throw new CborError('a length is malformed');
  }

  #safe(value: number): number {
    if (!Number.isSafeInteger(value)) throw new CborError('an integer is beyond 2^53');
    return value;
  }

  #peek(): number {
    const next = this.#bytes[this.#at];
    if (next === undefined) throw new CborError('it ends within an item');
    return next;
  }

  #take(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new CborError('it ends within an item');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new CborError('a number is not finite');
  return value;
}

/** A half-precision float (RFC 8949, appendix D). */
function halfOf(half: number): number {
  const exponent = (half >> 10) & 31;
  const mantissa = half & 1023;
  const size =
    exponent === 0
      ? mantissa * 2 ** -24
      : exponent === 31
        ? mantissa === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : (mantissa + 1024) * 2 ** (exponent - 25);
  return half >= 0x8000 ? -size : size;
}
