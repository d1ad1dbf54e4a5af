import type { AnyProcessor, Change, Collection, Entries } from '#sdk';
import { asBuffer, frame } from '../avro.ts';
import type { NewRecord } from '../log/log.ts';
import type { Checkpoint, PartitionStore } from '../state/store.ts';
import { decodeWindow, emptyWindow, viewOfWindow, type Window } from './admission.ts';
import { CollectionEntries } from './collection.ts';
import {
  ADMISSION_HEADER,
  COMMIT_KEY,
  collectionKey,
  EntryWriter,
  joined,
  parted,
  schemaIdsIn,
  STATE_PREFIX,
  stateKey,
  storeEntry,
} from './entries.ts';
import type { Types } from './types.ts';

/** Keys held decoded, in each of two generations; older ones are read again from the local store. */
export const KEYS_HOT_MAX = 250_000;
/** Committed entries not yet in the local store: bound of their bytes. */
export const UNSAVED_BYTES_MAX = 32 * 1024 * 1024;

/** States read in one go. */
const SLICE_STATES = 1_000;

/** How far a changelog stands in the local store. */
export type ChangelogPlace = Omit<Checkpoint, 'schemaIds'>;

/** What is kept of one key. */
export interface KeyEntry {
  readonly key: string;
  /** The same as the changelog has it, made when first needed. */
  stored: StoredKey | null;
  state: unknown;
  readonly window: Window;
  dirty: boolean;
  collections: Map<string, CollectionEntries> | null;
}

/** A key of the changelog and of the local store. */
interface StoredKey {
  readonly bytes: Buffer;
  /** The bytes as text, one character each, for maps. */
  readonly name: string;
}

/** The state of one processor in one partition: decoded while hot, in the local store when not, in the changelog always. */
export class KeyedState {
  readonly #processor: AnyProcessor;
  readonly #types: Types;
  readonly #writer: EntryWriter;
  readonly #store: PartitionStore;
  readonly #collections: readonly Collection<unknown>[];
  #hot = new Map<string, KeyEntry>();
  #cooling = new Map<string, KeyEntry>();
  #dirty: KeyEntry[] = [];
  /** The last changelog record of each key that the local store does not have yet. */
  #unsaved = new Map<string, NewRecord>();
  #saving = new Map<string, NewRecord>();
  #unsavedBytes = 0;
  /** Changes of what is kept for the whole partition. */
  #kept: (readonly [key: Buffer, value: Buffer])[] = [];

  constructor(processor: AnyProcessor, types: Types, store: PartitionStore) {
    this.#processor = processor;
    this.#types = types;
    this.#writer = new EntryWriter(types.typeOf(processor.state), types.idOf(processor.state));
    this.#store = store;
    this.#collections = Object.values(processor.collections ?? {});
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
  entries(entry: KeyEntry): Readonly<Record<string, Entries<unknown>>> {
    const declared = this.#processor.collections;
    if (declared === undefined) return {};
    return Object.fromEntries(
      Object.entries(declared).map(([name, declaration]) => [
        name,
        this.#collection(entry, declaration as Collection<unknown>),
      ]),
    );
  }

  /** Applies a step's changes of collections. */
  change(entry: KeyEntry, changes: readonly Change[]): void {
    for (const { collection, subkey, value } of changes) {
      if (!this.#collections.includes(collection)) throw new Error(`collection ${collection.name} is not declared`);
      this.#collection(entry, collection).write(subkey, value);
    }
    this.touch(entry);
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
      this.#unsave(key.toString('latin1'), record, value.length);
    }
    this.#kept = [];
    for (const entry of this.#dirty) {
      entry.dirty = false;
      entry.stored ??= storedKey(stateKey(entry.key));
      const { bytes: key, name } = entry.stored;
      const { admission, value } = this.#writer.write(viewOfWindow(entry.window), entry.state);
      const record = { topic, partition, key, value, headers: { [ADMISSION_HEADER]: admission }, timestamp };
      records.push(record);
      this.#unsave(name, record, admission.length + value.length);
      for (const collection of entry.collections?.values() ?? []) {
        for (const [subkey, bytes] of collection.takeChanges()) {
          const { bytes: key, name } = storedKey(collectionKey(entry.key, collection.name, subkey));
          const change = { topic, partition, key, value: bytes, timestamp };
          records.push(change);
          this.#unsave(name, change, bytes?.length ?? 0);
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
    return this.#unsavedBytes > UNSAVED_BYTES_MAX;
  }

  /** Writes what has been committed into the local store. */
  async save(place: ChangelogPlace, commitValue: Buffer): Promise<void> {
    if (this.#saving.size > 0 || this.#unsaved.size === 0) return;
    this.#saving = this.#unsaved;
    this.#unsaved = new Map();
    this.#unsavedBytes = 0;
    const changes: (readonly [Uint8Array, Uint8Array | null])[] = [];
    for (const record of this.#saving.values()) changes.push(storeEntry(record));
    changes.push([COMMIT_KEY, commitValue]);
    await this.#store.write(changes, { ...place, schemaIds: schemaIdsIn(changes) });
    this.#saving = new Map();
  }

  /** Every key with its encoded state and window, in byte order: for digests and for the deadlines after a restart. */
  *all(): Iterable<{ readonly key: string; readonly entry: KeyEntry }> {
    const keys = new Set<string>();
    for (const [key] of this.#store.range(Buffer.from([STATE_PREFIX]), Buffer.from([STATE_PREFIX + 1]))) {
      keys.add(asBuffer(key).toString('utf8', 1));
    }
    for (const changed of [this.#saving, this.#unsaved]) {
      for (const key of changed.keys())
        if (key.charCodeAt(0) === STATE_PREFIX) keys.add(Buffer.from(key, 'latin1').toString('utf8', 1));
    }
    for (const generation of [this.#cooling, this.#hot]) for (const key of generation.keys()) keys.add(key);
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
    for (const changed of [this.#saving, this.#unsaved]) {
      for (const name of changed.keys()) {
        if (name.charCodeAt(0) === STATE_PREFIX) keys.add(Buffer.from(name, 'latin1').toString('utf8', 1));
      }
    }
    for (const generation of [this.#cooling, this.#hot]) for (const key of generation.keys()) keys.add(key);
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
    const { admission, value } = this.#writer.write(viewOfWindow(entry.window), entry.state);
    return joined(admission, value);
  }

  /** Bytes of a collection's entries of a key, in byte order of the subkeys. */
  encodedCollections(entry: KeyEntry): Buffer[] {
    return this.#collections.flatMap((declaration) =>
      [...this.#collection(entry, declaration).encoded()].map(([subkey, bytes]) =>
        Buffer.concat([collectionKey(entry.key, declaration.name, subkey), bytes]),
      ),
    );
  }

  #fresh(key: string): KeyEntry {
    const { initial: state } = this.#processor;
    return { key, stored: null, state, window: emptyWindow(), dirty: false, collections: null };
  }

  #load(key: string): KeyEntry | undefined {
    const stored = storedKey(stateKey(key));
    const bytes = this.#read(stored);
    if (bytes === null) return undefined;
    const { admission, value } = parted(asBuffer(bytes));
    const state = this.#types.decode(this.#processor.state, value);
    return { key, stored, state, window: decodeWindow(admission), dirty: false, collections: null };
  }

  #read({ bytes, name }: StoredKey): Uint8Array | null {
    const waiting = this.#unsaved.get(name) ?? this.#saving.get(name);
    return waiting === undefined ? (this.#store.get(bytes) ?? null) : storeEntry(waiting)[1];
  }

  #collection(entry: KeyEntry, declaration: Collection<unknown>): CollectionEntries {
    entry.collections ??= new Map();
    const known = entry.collections.get(declaration.name);
    if (known !== undefined) return known;
    const from = collectionKey(entry.key, declaration.name, '');
    const to = Buffer.concat([from.subarray(0, -1), Buffer.from([1])]);
    const values = new Map<string, unknown>();
    const keep = (key: Uint8Array, value: Uint8Array | null) => {
      const subkey = asBuffer(key).toString('utf8', from.length);
      if (value === null) values.delete(subkey);
      else values.set(subkey, this.#types.decode(declaration.value, value));
    };
    for (const [key, value] of this.#store.range(from, to)) keep(key, value);
    const prefix = from.toString('latin1');
    for (const changed of [this.#saving, this.#unsaved]) {
      for (const [name, record] of changed) if (name.startsWith(prefix)) keep(...storeEntry(record));
    }
    const type = this.#types.typeOf(declaration.value);
    const id = this.#types.idOf(declaration.value);
    const loaded = new CollectionEntries(declaration.name, values, (value) => frame(type, id, value));
    entry.collections.set(declaration.name, loaded);
    return loaded;
  }

  #unsave(name: string, record: NewRecord, bytes: number): void {
    this.#unsaved.set(name, record);
    this.#unsavedBytes += name.length + bytes;
  }

  /** Forgets the decoded form of keys that were not met for a while; their bytes are unsaved or in the store. */
  #coolDown(): void {
    this.#cooling = this.#hot;
    this.#hot = new Map();
  }
}

function storedKey(bytes: Buffer): StoredKey {
  return { bytes, name: bytes.toString('latin1') };
}
