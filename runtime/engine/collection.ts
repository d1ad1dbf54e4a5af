import type { Entries } from '#sdk';
import { byteOrder } from '../avro.ts';

/** The entries of one collection under one key. */
export class CollectionEntries implements Entries<unknown> {
  readonly name: string;
  readonly #values: Map<string, unknown>;
  readonly #encode: (value: unknown) => Buffer;
  readonly #changed = new Set<string>();
  #sorted: string[] | null = null;

  constructor(name: string, values: Map<string, unknown>, encode: (value: unknown) => Buffer) {
    this.name = name;
    this.#values = values;
    this.#encode = encode;
  }

  get(subkey: string): unknown {
    return this.#values.get(subkey);
  }

  *range(from: string, to: string): Iterable<readonly [string, unknown]> {
    for (const subkey of this.#subkeys()) {
      if (byteOrder(subkey, from) < 0) continue;
      if (byteOrder(subkey, to) >= 0) return;
      yield [subkey, this.#values.get(subkey)];
    }
  }

  write(subkey: string, value: unknown): void {
    if (value === null) this.#values.delete(subkey);
    else this.#values.set(subkey, value);
    this.#changed.add(subkey);
    this.#sorted = null;
  }

  *takeChanges(): Iterable<readonly [string, Buffer | null]> {
    for (const subkey of this.#changed) {
      yield [subkey, this.#values.has(subkey) ? this.#encode(this.#values.get(subkey)) : null];
    }
    this.#changed.clear();
  }

  *encoded(): Iterable<readonly [string, Buffer]> {
    for (const subkey of this.#subkeys()) yield [subkey, this.#encode(this.#values.get(subkey))];
  }

  #subkeys(): readonly string[] {
    this.#sorted ??= [...this.#values.keys()].sort(byteOrder);
    return this.#sorted;
  }
}
