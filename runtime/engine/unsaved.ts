import type { NewRecord } from '../log/log.ts';
import { storeEntry } from './entries.ts';

/** The last changelog record of a state, and of each entry of its collections, as far as they changed. */
export interface KeyChanges {
  state: NewRecord | null;
  /** By collection and subkey. */
  collections: Map<string, Map<string, NewRecord>> | null;
}

/** What was committed and is not in the local store yet. Grouped by key, so that one key's changes are found at once. */
export class Unsaved {
  readonly #byKey = new Map<string, KeyChanges>();
  /** Of what belongs to no key; by its place, as text. */
  readonly #kept = new Map<string, NewRecord>();
  /** Of all that was ever put here, what was overwritten included. */
  bytes = 0;

  get isEmpty(): boolean {
    return this.#byKey.size === 0 && this.#kept.size === 0;
  }

  keys(): Iterable<string> {
    return this.#byKey.keys();
  }

  get(key: string): KeyChanges | undefined {
    return this.#byKey.get(key);
  }

  /** Takes a change over that belongs to no key. */
  keep(record: NewRecord): void {
    this.#kept.set((record.key as Buffer).toString('latin1'), record);
    this.#count(record);
  }

  /** Takes the change of a state over, and gives what else changed of its key. */
  state(key: string, record: NewRecord, admissionBytes: number): KeyChanges {
    this.#count(record);
    this.bytes += admissionBytes;
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.state = record;
      return known;
    }
    const changes = { state: record, collections: null };
    this.#byKey.set(key, changes);
    return changes;
  }

  /** Takes the change of an entry over. */
  entry(changes: KeyChanges, collection: string, subkey: string, record: NewRecord): void {
    changes.collections ??= new Map();
    let entries = changes.collections.get(collection);
    if (entries === undefined) {
      entries = new Map();
      changes.collections.set(collection, entries);
    }
    entries.set(subkey, record);
    this.#count(record);
  }

  /** As the local store takes them. */
  entries(): (readonly [Uint8Array, Uint8Array | null])[] {
    const entries: (readonly [Uint8Array, Uint8Array | null])[] = [];
    for (const record of this.#kept.values()) entries.push(storeEntry(record));
    for (const { state, collections } of this.#byKey.values()) {
      if (state !== null) entries.push(storeEntry(state));
      for (const records of collections?.values() ?? []) {
        for (const record of records.values()) entries.push(storeEntry(record));
      }
    }
    return entries;
  }

  #count({ key, value }: NewRecord): void {
    this.bytes += (key?.length ?? 0) + (value?.length ?? 0);
  }
}
