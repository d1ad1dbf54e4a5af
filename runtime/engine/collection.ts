import type { Entries } from '#sdk';
import { byteOrder } from '../avro.ts';
import { collectionKey } from './entries.ts';

/** The entries of one collection under one key. */
export class CollectionEntries implements Entries<unknown> {
  readonly name: string;
  /** The key of each entry in the changelog, up to its subkey. */
  readonly prefix: Buffer;
  readonly #values: Map<string, unknown>;
  #changed = new Set<string>();
  /** In byte order; null until it is asked for. */
  #sorted: string[] | null = null;
  /** True while the order of characters is that of bytes, for every subkey. */
  #isPlain = true;

  constructor(key: string, name: string, values: Map<string, unknown>) {
    this.name = name;
    this.prefix = collectionKey(key, name, '');
    this.#values = values;
  }

  get(subkey: string): unknown {
    return this.#values.get(subkey);
  }

  *range(from: string, to: string): Iterable<readonly [string, unknown]> {
    const subkeys = this.#subkeys();
    const end = this.#placeOf(to);
    for (let i = this.#placeOf(from); i < end; i++) {
      const subkey = subkeys[i] as string;
      yield [subkey, this.#values.get(subkey)];
    }
  }

  /** Every entry, in byte order of the subkeys. */
  *all(): Iterable<readonly [string, unknown]> {
    for (const subkey of this.#subkeys()) yield [subkey, this.#values.get(subkey)];
  }

  /** Sets an entry, or drops it where the value is null. */
  write(subkey: string, value: unknown): void {
    this.#changed.add(subkey);
    if (value === null) {
      if (this.#sorted !== null && this.#values.has(subkey)) this.#sorted.splice(this.#placeOf(subkey), 1);
      this.#values.delete(subkey);
      return;
    }
    if (this.#sorted !== null && !this.#values.has(subkey)) this.#insert(this.#sorted, subkey);
    this.#values.set(subkey, value);
  }

  get isChanged(): boolean {
    return this.#changed.size > 0;
  }

  /** Subkeys written since the last call, in the order in which each was written first. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  #subkeys(): readonly string[] {
    if (this.#sorted === null) {
      this.#isPlain = true;
      for (const subkey of this.#values.keys()) if (SURROGATE.test(subkey)) this.#isPlain = false;
      this.#sorted = [...this.#values.keys()].sort(this.#isPlain ? undefined : byteOrder);
    }
    return this.#sorted;
  }

  #insert(sorted: string[], subkey: string): void {
    // Subkeys are mostly times or numbers, which grow.
    const last = sorted.at(-1);
    this.#isPlain &&= !SURROGATE.test(subkey);
    if (last === undefined || (this.#isPlain && last < subkey)) sorted.push(subkey);
    else sorted.splice(this.#placeOf(subkey), 0, subkey);
  }

  /** How many subkeys lie before this one. */
  #placeOf(subkey: string): number {
    const sorted = this.#subkeys();
    const isPlain = this.#isPlain && !SURROGATE.test(subkey);
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = sorted[middle] as string;
      if (isPlain ? other < subkey : byteOrder(other, subkey) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const SURROGATE = /[\ud800-\udfff]/;
