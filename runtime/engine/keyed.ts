import type { AnyProcessor, Change, Collection, Schema } from '#sdk';
import { asBuffer } from '../avro.ts';
import type { NewRecord } from '../log/log.ts';
import type { Checkpoint, PartitionStore } from '../state/store.ts';
import { decodeWindow, emptyWindow, viewOfWindow, type Window } from './admission.ts';
import { CollectionEntries } from './collection.ts';
import {
  ADMISSION_HEADER,
  COMMIT_KEY,
  EntryWriter,
  joined,
  parted,
  schemaIdsIn,
  STATE_PREFIX,
  stateKey,
  storeEntry,
  type Written,
} from './entries.ts';
import type { Types } from './types.ts';
import { Unsaved } from './unsaved.ts';

/** Keys held decoded, in each of two generations; older ones are read again from the local store. */
export const KEYS_HOT_MAX = 250_000;
/** Committed entries not yet in the local store: bound of their bytes. */
export const UNSAVED_BYTES_MAX = 32 * 1024 * 1024;

/** States read in one go. */
const SLICE_STATES = 1_000;

/** How far a changelog stands in the local store. */
type ChangelogPlace = Omit<Checkpoint, 'schemaIds'>;

/** What is kept of one key. */
export interface KeyEntry {
  readonly key: string;
  /** The same as the changelog has it, made when first needed. */
  stored: Buffer | null;
  state: unknown;
  readonly window: Window;
  dirty: boolean;
  /** False of a key that was never seen before: nothing of it is stored. */
  readonly isKnown: boolean;
  /** As a step reads them, by the processor's own names; made when first needed. */
  collections: Readonly<Record<string, CollectionEntries>> | null;
}

/** A collection as its processor declares it. */
interface Declared extends Written {
  readonly property: string;
  readonly collection: Collection<unknown>;
}

/** The state of one processor in one partition: decoded while hot, in the local store when not, in the changelog always. */
export class KeyedState {
  readonly #processor: AnyProcessor;
  readonly #types: Types;
  readonly #writer = new EntryWriter();
  readonly #written: Written;
  readonly #store: PartitionStore;
  readonly #collections: readonly Declared[];
  #hot = new Map<string, KeyEntry>();
  #cooling = new Map<string, KeyEntry>();
  #dirty: KeyEntry[] = [];
  #unsaved = new Unsaved();
  #saving = new Unsaved();
  /** Changes of what is kept for the whole partition. */
  #kept: (readonly [key: Buffer, value: Buffer])[] = [];

  constructor(processor: AnyProcessor, types: Types, store: PartitionStore) {
    const written = (schema: Schema<unknown>) => ({ type: types.typeOf(schema), id: types.idOf(schema) });
    this.#processor = processor;
    this.#types = types;
    this.#written = written(processor.state);
    this.#store = store;
    this.#collections = Object.entries((processor.collections ?? {}) as Record<string, Collection<unknown>>).map(
      ([property, collection]) => ({ property, collection, ...written(collection.value) }),
    );
  }

  /** The entry of a key; one that was never seen begins with the processor's initial state. */
  entry(key: string): KeyEntry {
    const hot = this.#hot.get(key);
    if (hot !== undefined) return hot;
    const entry = this.#cooling.get(key) ?? this.#load(key) ?? this.#fresh(key);
    this.#hot.set(key, entry);
    return entry;
  }

  /** Marks an entry as changed since the last commit. */
  touch(entry: KeyEntry): void {
    if (entry.dirty) return;
    entry.dirty = true;
    this.#dirty.push(entry);
  }

  /** The collections of an entry, as a step reads them. */
  entries(entry: KeyEntry): Readonly<Record<string, CollectionEntries>> {
    entry.collections ??= Object.fromEntries(
      this.#collections.map(({ property, collection }) => [property, this.#collection(entry, collection)]),
    );
    return entry.collections;
  }

  /** Applies a step's changes of collections. */
  change(entry: KeyEntry, changes: readonly Change[]): void {
    const entries = this.entries(entry);
    for (const { collection, subkey, value } of changes) {
      (entries[this.#propertyOf(collection)] as CollectionEntries).write(subkey, value);
    }
    this.touch(entry);
  }

  #propertyOf(collection: Collection<unknown>): string {
    for (const declared of this.#collections) if (declared.collection === collection) return declared.property;
    throw new Error(`collection ${collection.name} is not declared`);
  }

  /** Keeps what belongs to no key. */
  keep(key: Buffer, value: Buffer): void {
    this.#kept.push([key, value]);
  }

  /** The changelog records of everything that changed since the last call, in the order in which it changed. */
  takeChanges(topic: string, partition: number, timestamp: number): NewRecord[] {
    const records: NewRecord[] = [];
    for (const [key, value] of this.#kept) {
      const record = { topic, partition, key, value, timestamp };
      records.push(record);
      this.#unsaved.keep(record);
    }
    this.#kept = [];
    for (const entry of this.#dirty) {
      entry.dirty = false;
      entry.stored ??= stateKey(entry.key);
      const { admission, value } = this.#writer.state(viewOfWindow(entry.window), this.#written, entry.state);
      const headers = { [ADMISSION_HEADER]: admission };
      const record = { topic, partition, key: entry.stored, value, headers, timestamp };
      records.push(record);
      const changes = this.#unsaved.state(entry.key, record, admission.length);
      if (entry.collections === null) continue;
      for (const declared of this.#collections) {
        const collection = entry.collections[declared.property] as CollectionEntries;
        if (!collection.isChanged) continue;
        for (const subkey of collection.takeChanged()) {
          const left = collection.get(subkey);
          const bytes = left === undefined ? null : this.#writer.value(declared, left);
          const key = this.#writer.key(collection.prefix, subkey);
          const change = { topic, partition, key, value: bytes, timestamp };
          records.push(change);
          this.#unsaved.entry(changes, collection.name, subkey, change);
        }
      }
    }
    this.#dirty = [];
    if (this.#hot.size > KEYS_HOT_MAX) this.#coolDown();
    return records;
  }

  /** Keys held decoded; one that is hot again is counted twice until it has cooled. */
  get hotKeys(): number {
    return this.#hot.size + this.#cooling.size;
  }

  /** True when enough waits that the local store should be written. */
  get wantsSave(): boolean {
    return this.#unsaved.bytes > UNSAVED_BYTES_MAX;
  }

  /** Writes what has been committed into the local store. */
  async save(place: ChangelogPlace, commitValue: Buffer): Promise<void> {
    if (!this.#saving.isEmpty || this.#unsaved.isEmpty) return;
    this.#saving = this.#unsaved;
    this.#unsaved = new Unsaved();
    const changes = this.#saving.entries();
    changes.push([COMMIT_KEY, commitValue]);
    await this.#store.write(changes, { ...place, schemaIds: schemaIdsIn(changes) });
    this.#saving = new Unsaved();
  }

  /** Every key with its encoded state and window, in byte order: for digests and for the deadlines after a restart. */
  *all(): Iterable<{ readonly key: string; readonly entry: KeyEntry }> {
    const keys = new Set<string>();
    for (const [key] of this.#store.range(Buffer.from([STATE_PREFIX]), Buffer.from([STATE_PREFIX + 1]))) {
      keys.add(asBuffer(key).toString('utf8', 1));
    }
    for (const held of [this.#saving, this.#unsaved, this.#cooling, this.#hot])
      for (const key of held.keys()) keys.add(key);
    for (const key of [...keys].sort()) {
      const entry = this.#hot.get(key) ?? this.#cooling.get(key) ?? this.#load(key);
      if (entry !== undefined) yield { key, entry };
    }
  }

  /** Up to so many keys from one on, in byte order. */
  keysFrom(first: string, count: number): readonly string[] {
    const keys = new Set<string>();
    for (const [bytes] of this.#store.range(stateKey(first), Buffer.from([STATE_PREFIX + 1]))) {
      keys.add(asBuffer(bytes).toString('utf8', 1));
      if (keys.size >= count) break;
    }
    for (const held of [this.#saving, this.#unsaved, this.#cooling, this.#hot])
      for (const key of held.keys()) keys.add(key);
    return [...keys]
      .filter((key) => key >= first)
      .sort()
      .slice(0, count);
  }

  /** The states in the local store, a slice at a time: reading them all at once would hold up a worker's heartbeat. */
  *stored(): Iterable<ReadonlyMap<string, unknown>> {
    const end = Buffer.from([STATE_PREFIX + 1]);
    for (let from: Buffer | null = Buffer.from([STATE_PREFIX]); from !== null; ) {
      const states = new Map<string, unknown>();
      let last: Buffer | null = null;
      for (const [bytes, value] of this.#store.range(from, end)) {
        const key = asBuffer(bytes);
        states.set(key.toString('utf8', 1), this.#types.decode(this.#processor.state, parted(asBuffer(value)).value));
        if (states.size < SLICE_STATES) continue;
        last = Buffer.concat([key, Buffer.from([0])]);
        break;
      }
      yield states;
      from = last;
    }
  }

  /** The encoded form of an entry, as it stands in the changelog. */
  encoded(entry: KeyEntry): Buffer {
    const { admission, value } = this.#writer.state(viewOfWindow(entry.window), this.#written, entry.state);
    return joined(admission, value);
  }

  /** Bytes of a collection's entries of a key, in byte order of the subkeys. */
  encodedCollections(entry: KeyEntry): Buffer[] {
    const entries = this.entries(entry);
    return this.#collections.flatMap((declared) => {
      const collection = entries[declared.property] as CollectionEntries;
      return Array.from(collection.all(), ([subkey, value]) =>
        Buffer.concat([this.#writer.key(collection.prefix, subkey), this.#writer.value(declared, value)]),
      );
    });
  }

  #fresh(key: string): KeyEntry {
    const { initial: state } = this.#processor;
    return { key, stored: null, state, window: emptyWindow(), dirty: false, isKnown: false, collections: null };
  }

  #load(key: string): KeyEntry | undefined {
    const stored = stateKey(key);
    const waiting = this.#unsaved.get(key)?.state ?? this.#saving.get(key)?.state ?? null;
    const bytes = waiting === null ? this.#store.get(stored) : (storeEntry(waiting)[1] ?? undefined);
    if (bytes === undefined) return undefined;
    const { admission, value } = parted(asBuffer(bytes));
    const state = this.#types.decode(this.#processor.state, value);
    return { key, stored, state, window: decodeWindow(admission), dirty: false, isKnown: true, collections: null };
  }

  #collection({ key, isKnown }: KeyEntry, { name, value }: Collection<unknown>): CollectionEntries {
    const values = new Map<string, unknown>();
    const entries = new CollectionEntries(key, name, values);
    // Entries are never stored without a state of their key.
    if (!isKnown) return entries;
    const from = entries.prefix;
    const to = Buffer.concat([from.subarray(0, -1), Buffer.from([1])]);
    for (const [bytes, stored] of this.#store.range(from, to)) {
      values.set(asBuffer(bytes).toString('utf8', from.length), this.#types.decode(value, stored));
    }
    for (const changed of [this.#saving, this.#unsaved]) {
      for (const [subkey, record] of changed.get(key)?.collections?.get(name) ?? []) {
        if (record.value === null) values.delete(subkey);
        else values.set(subkey, this.#types.decode(value, record.value));
      }
    }
    return entries;
  }

  /** Forgets the decoded form of keys that were not met for a while; their bytes are unsaved or in the store. */
  #coolDown(): void {
    this.#cooling = this.#hot;
    this.#hot = new Map();
  }
}
