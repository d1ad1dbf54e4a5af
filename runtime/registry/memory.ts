import type { AvroRecord } from '#sdk';
import type { Registry } from './registry.ts';

/** A registry in memory, for simulated runs: the same schema has the same id. */
export class MemoryRegistry implements Registry {
  readonly #ids = new Map<string, number>();
  readonly #records: AvroRecord[] = [];

  async register(record: AvroRecord): Promise<number> {
    const text = JSON.stringify(record);
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#records.push(record);
    this.#ids.set(text, id);
    return id;
  }

  async schemaOf(id: number): Promise<AvroRecord | null> {
    return this.#records[id - 1] ?? null;
  }
}
