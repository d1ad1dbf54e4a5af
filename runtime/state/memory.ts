import { asBuffer } from '../avro.ts';
import { type Checkpoint, type PartitionStore, schemaIdsOf, type StateStore } from './store.ts';

/** Local copies in memory, which survive the crash of the engine above them. */
export class MemoryStateStore implements StateStore {
  readonly #stores = new Map<string, MemoryPartitionStore>();

  open(processor: string, partition: number): PartitionStore {
    const name = `${processor}/${partition}`;
    const store = this.#stores.get(name) ?? new MemoryPartitionStore();
    this.#stores.set(name, store);
    return store;
  }

  async close(): Promise<void> {}
}

class MemoryPartitionStore implements PartitionStore {
  checkpoint: Checkpoint | null = null;
  readonly #entries = new Map<string, Uint8Array>();
  #sorted: string[] | null = null;

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.get(text(key));
  }

  *range(from: Uint8Array, to: Uint8Array): Iterable<readonly [Uint8Array, Uint8Array]> {
    this.#sorted ??= [...this.#entries.keys()].sort();
    const [first, last] = [text(from), text(to)];
    for (const key of this.#sorted) {
      const value = this.#entries.get(key);
      if (key >= first && key < last && value !== undefined) yield [Buffer.from(key, 'latin1'), value];
    }
  }

  async write(changes: Iterable<readonly [Uint8Array, Uint8Array | null]>, checkpoint: Checkpoint): Promise<void> {
    for (const [key, value] of changes) {
      if (value === null) this.#entries.delete(text(key));
      else this.#entries.set(text(key), Buffer.from(value));
    }
    this.#sorted = null;
    this.checkpoint = { ...checkpoint, schemaIds: schemaIdsOf(this.checkpoint, checkpoint) };
  }

  async clear(): Promise<void> {
    this.#entries.clear();
    this.#sorted = null;
    this.checkpoint = null;
  }
}

/** One character a byte, so that the order of strings is the order of bytes. */
function text(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('latin1');
}
