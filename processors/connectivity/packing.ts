/**
 * Columns of whole numbers as bytes: each number less the least of its column, in as few bits as most of them need, and
 * the few that need more behind (frame of reference with patches, Zukowski et al. 2006). A column of zeros is a byte.
 */
export class Packer {
  #bytes = new Uint8Array(512);
  #length = 0;
  /** The column at hand: of one kind, whatever its numbers are, so that loops over it stay fast. */
  #values = new Float64Array(64);
  readonly #lengths = new Int32Array(WIDTH_MAX + 2);

  /** Adds a column of so many numbers, each told by its place; whoever reads it must know how many there are. */
  column(count: number, valueAt: (index: number) => number): void {
    if (count === 0) return;
    if (count > this.#values.length) this.#values = new Float64Array(2 * count);
    const values = this.#values;
    let [base, most] = [Infinity, -Infinity];
    for (let i = 0; i < count; i++) {
      const value = valueAt(i);
      values[i] = value;
      if (value < base) base = value;
      if (value > most) most = value;
    }
    if (base === 0 && most === 0) {
      this.#reserve(1);
      return this.#byte(0);
    }
    const longest = lengthOf(most - base);
    for (let i = 0; i < count; i++) values[i] = (values[i] as number) - base;
    const width = longest === 0 ? 0 : this.#widthOf(count, longest);
    this.#reserve(count * (2 + Math.ceil(longest / 7)));
    this.#byte(1 + width + (width < longest ? PATCHED : 0));
    this.#number(base < 0 ? -2 * base - 1 : 2 * base);
    if (width < longest) this.#patches(count, width);
    if (width > 0) this.#bits(count, width);
  }

  toBytes(): Uint8Array {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  /** The width, in bits, with which a column takes the fewest bits, patches included. */
  #widthOf(count: number, longest: number): number {
    const lengths = this.#lengths.fill(0, 0, longest + 1);
    for (let i = 0; i < count; i++) {
      const length = lengthOf(this.#values[i] as number);
      lengths[length] = 1 + (lengths[length] as number);
    }
    let [best, least, patches] = [longest, longest * count, 0];
    for (let width = longest - 1; width >= 0; width--) {
      // A patch has a byte for its place, and a bit more in eight for its number.
      patches += (lengths[width + 1] as number) * (8 + 8 * Math.ceil((width + 1) / 7));
      const bits = width * count + patches + 8;
      if (bits < least) [best, least] = [width, bits];
    }
    return best;
  }

  /** The numbers that need more bits, with how far each stands from the one before; what is left of them is zero. */
  #patches(count: number, width: number): void {
    const values = this.#values;
    const limit = POWERS[width] as number;
    let patches = 0;
    for (let i = 0; i < count; i++) if ((values[i] as number) >= limit) patches++;
    this.#number(patches);
    let last = 0;
    for (let i = 0; patches > 0; i++) {
      const value = values[i] as number;
      if (value < limit) continue;
      this.#number(i - last);
      this.#number(value);
      values[i] = 0;
      last = i;
      patches--;
    }
  }

  #bits(values: number, width: number): void {
    const bytes = this.#bytes;
    let length = this.#length;
    let held = 0;
    let count = 0;
    for (let i = 0; i < values; i++) {
      let rest = this.#values[i] as number;
      for (let left = width; left > 0; left -= PART) {
        held |= (rest % PART_SIZE) << count;
        count += left < PART ? left : PART;
        rest = left > PART ? Math.floor(rest / PART_SIZE) : 0;
        for (; count >= 8; count -= 8, held >>>= 8) bytes[length++] = held & 255;
      }
    }
    if (count > 0) bytes[length++] = held & 255;
    this.#length = length;
  }

  /** Makes room for so many bytes, and for what stands before a column. */
  #reserve(count: number): void {
    if (this.#length + count + HEAD_BYTES_MAX <= this.#bytes.length) return;
    const longer = new Uint8Array(2 * (this.#length + count + HEAD_BYTES_MAX));
    longer.set(this.#bytes);
    this.#bytes = longer;
  }

  /** A number that is not negative, in groups of seven bits. */
  #number(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#byte((rest % 128) + 128);
    this.#byte(rest);
  }

  #byte(byte: number): void {
    this.#bytes[this.#length++] = byte;
  }
}

/** Reads columns in the order in which they were added. */
export class Unpacker {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next column, of so many numbers. */
  column(count: number): number[] {
    if (count === 0) return [];
    const head = this.#byte();
    if (head === 0) return repeated(0, count);
    const sign = this.#number();
    const base = sign % 2 === 1 ? -(sign + 1) / 2 : sign / 2;
    const patches: [index: number, value: number][] = [];
    if (head >= PATCHED) {
      let index = 0;
      for (let left = this.#number(); left > 0; left--) patches.push([(index += this.#number()), this.#number()]);
    }
    const width = (head % PATCHED) - 1;
    const values = width === 0 ? repeated(base, count) : this.#bits(count, base, width);
    for (const [index, value] of patches) values[index] = base + value;
    return values;
  }

  #bits(length: number, base: number, width: number): number[] {
    const values = repeated(base, length);
    const bytes = this.#bytes;
    if (this.#at + Math.ceil((length * width) / 8) > bytes.length) throw short();
    let at = this.#at;
    let held = 0;
    let count = 0;
    for (let i = 0; i < length; i++) {
      if (width <= PART) {
        for (; count < width; count += 8) held |= (bytes[at++] as number) << count;
        values[i] = base + (held & ((1 << width) - 1));
        held >>>= width;
        count -= width;
        continue;
      }
      let value = 0;
      let scale = 1;
      for (let left = width; left > 0; left -= PART, scale *= PART_SIZE) {
        const bits = left < PART ? left : PART;
        for (; count < bits; count += 8) held |= (bytes[at++] as number) << count;
        value += (held & ((1 << bits) - 1)) * scale;
        held >>>= bits;
        count -= bits;
      }
      values[i] = base + value;
    }
    this.#at = at;
    return values;
  }

  #number(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.#byte();
      value += (byte % 128) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw short();
    return byte;
  }
}

function short(): Error {
  return new Error('block_short: the bytes end before the columns do');
}

function repeated(value: number, count: number): number[] {
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(value);
  return values;
}

/** A width, a base and a number of patches. */
const HEAD_BYTES_MAX = 24;

/** Added to the width where some numbers stand behind. */
const PATCHED = 128;

/** Bits that are written at once: with those that wait they fit into 32. */
const PART = 16;
const PART_SIZE = 65_536;
/** Beyond what a number holds exactly, as the difference of two may be. */
const WIDTH_MAX = 64;

const POWERS: readonly number[] = Array.from({ length: WIDTH_MAX + 1 }).reduce<number[]>(
  (all) => [...all, 2 * (all.at(-1) ?? 0.5)],
  [],
);

/** How many bits a number that is not negative has. */
function lengthOf(value: number): number {
  return value < HALF ? 32 - Math.clz32(value) : 32 + lengthOf(Math.floor(value / HALF));
}

const HALF = 4_294_967_296;
