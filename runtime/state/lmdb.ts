import { crc32c } from '@node-rs/crc32';
import { join } from 'node:path';
import { type Bytes, type Environment, openEnvironment, PagesDamaged, remove } from '../lmdb/environment.ts';
import { type Checkpoint, type PartitionStore, schemaIdsOf, type StateStore, type StoreChanges } from './store.ts';

/** LMDB takes keys of 1,978 bytes; the name of the store stands before each. */
const KEY_BYTES_MAX = 1_700;
/** Entries that `clear` drops in one transaction. */
const CLEARED_MAX = 10_000;

/**
 * A copy that was not written for so long is not trusted: the changelog's tombstones may be gone by now (it keeps them
 * for seven days), and the entries that they removed would stay.
 */
const AGE_MS_MAX = 6 * 24 * 3_600_000;

/** A stored value does not fit its checksum: the local copy is no longer trusted, and must be restored. */
export class StateCorrupt extends Error {
  readonly code = 'state_corrupt';

  constructor(name: string) {
    super(
      `state_corrupt: the local state of ${name} is damaged and was given up; start again to restore it from its changelog`,
    );
    this.name = 'StateCorrupt';
  }
}

/** Opens the local state in a folder. A file whose pages are damaged is begun anew, as if it had been lost. */
export async function openLmdbStateStore(path: string, now: () => number = Date.now): Promise<StateStore> {
  const file = stateFileIn(path);
  const options = { file, databases: ['entries', 'checkpoints'], initialise: () => {} } as const;
  try {
    return new LmdbStateStore(await openEnvironment(options), now);
  } catch (error) {
    if (!(error instanceof PagesDamaged)) throw error;
    remove(file);
    return new LmdbStateStore(await openEnvironment(options), now);
  }
}

/** The file of the local state in a folder. */
export function stateFileIn(path: string): string {
  return join(path, 'state.mdb');
}

type StateEnvironment = Environment<'entries' | 'checkpoints'>;

class LmdbStateStore implements StateStore {
  readonly #environment: StateEnvironment;
  readonly #now: () => number;
  /** One a partition, so that damage seen once is known to whoever opens it again. */
  readonly #stores = new Map<string, PartitionStore>();

  constructor(environment: StateEnvironment, now: () => number) {
    this.#environment = environment;
    this.#now = now;
  }

  open(processor: string, partition: number): PartitionStore {
    const name = `${processor}/${partition}`;
    const store = this.#stores.get(name) ?? new LmdbPartitionStore(this.#environment, name, this.#now);
    this.#stores.set(name, store);
    return store;
  }

  async close(): Promise<void> {
    await this.#environment.close();
  }
}

/** A checkpoint, and when it was written, in milliseconds since 1970. */
interface Saved extends Checkpoint {
  readonly savedAt: number;
}

class LmdbPartitionStore implements PartitionStore {
  readonly #environment: StateEnvironment;
  readonly #entries: Bytes;
  readonly #name: string;
  readonly #prefix: Buffer;
  readonly #prefixSum: number;
  readonly #now: () => number;
  #checkpoint: Saved | null;
  #corrupt = false;

  constructor(environment: StateEnvironment, name: string, now: () => number) {
    this.#environment = environment;
    this.#now = now;
    this.#entries = environment.databases.entries;
    this.#name = name;
    // With its length in front, no prefix begins another.
    this.#prefix = Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name)]);
    this.#prefixSum = crc32c(this.#prefix);
    this.#checkpoint = this.#readCheckpoint();
  }

  get checkpoint(): Checkpoint | null {
    if (this.#checkpoint === null) return null;
    const { savedAt, ...checkpoint } = this.#checkpoint;
    return this.#now() - savedAt <= AGE_MS_MAX ? checkpoint : null;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const stored = this.#entries.getBinary(this.#keyOf(key));
    return stored === undefined ? undefined : this.#open(key, stored);
  }

  *range(from: Uint8Array, to: Uint8Array): Iterable<readonly [Uint8Array, Uint8Array]> {
    for (const { key, value } of this.#entries.getRange({ start: this.#keyOf(from), end: this.#keyOf(to) })) {
      const own = key.subarray(this.#prefix.length);
      yield [own, this.#open(own, value)];
    }
  }

  async write(changes: StoreChanges, checkpoint: Checkpoint): Promise<void> {
    // A copy whose damage was seen must not get a checkpoint again.
    if (this.#corrupt) throw new StateCorrupt(this.#name);
    const entries = Array.from(changes, ([key, value]) => [this.#keyOf(key), value && this.#seal(key, value)] as const);
    const { checkpoints } = this.#environment.databases;
    const schemaIds = schemaIdsOf(this.#checkpoint, checkpoint);
    const saved: Saved = { ...checkpoint, schemaIds, savedAt: this.#now() };
    const sealed = this.#seal(NO_KEY, Buffer.from(JSON.stringify(saved)));
    await this.#environment.write(() => {
      for (const [key, value] of entries) {
        if (value === null) void this.#entries.remove(key);
        else void this.#entries.put(key, value);
      }
      void checkpoints.put(this.#prefix, sealed);
    });
    this.#environment.refresh();
    if (!this.#corrupt) this.#checkpoint = saved;
  }

  async clear(): Promise<void> {
    this.#checkpoint = null;
    // The checkpoint goes first, so that a crash in between leaves nothing that looks whole.
    await this.#environment.write(() => void this.#environment.databases.checkpoints.remove(this.#prefix));
    const end = Buffer.concat([this.#prefix, END]);
    for (;;) {
      this.#environment.refresh();
      const keys = [...this.#entries.getKeys({ start: this.#prefix, end, limit: CLEARED_MAX })];
      if (keys.length === 0) break;
      await this.#environment.write(() => {
        for (const key of keys) void this.#entries.remove(key);
      });
    }
    this.#corrupt = false;
  }

  #readCheckpoint(): Saved | null {
    const sealed = this.#environment.databases.checkpoints.getBinary(this.#prefix);
    if (sealed === undefined || !this.#isWhole(NO_KEY, sealed)) return null;
    const saved = JSON.parse(sealed.subarray(4).toString()) as Saved;
    // An earlier version wrote it, and what is to be learned for its entries is not known.
    return Array.isArray(saved.schemaIds) ? saved : null;
  }

  #keyOf(key: Uint8Array): Buffer {
    if (key.length > KEY_BYTES_MAX) {
      throw new Error(
        `state_key_too_long: a key of ${this.#name} has ${key.length} bytes; keep keys within ${KEY_BYTES_MAX}`,
      );
    }
    return Buffer.concat([this.#prefix, key]);
  }

  #seal(key: Uint8Array, value: Uint8Array): Buffer {
    const sealed = Buffer.allocUnsafe(4 + value.length);
    sealed.set(value, 4);
    sealed.writeUInt32BE(this.#sum(key, sealed), 0);
    return sealed;
  }

  #open(key: Uint8Array, sealed: Buffer): Uint8Array {
    if (this.#isWhole(key, sealed)) return sealed.subarray(4);
    this.#corrupt = true;
    this.#checkpoint = null;
    // A process that ends before this is written meets the damage again.
    this.#environment.write(() => void this.#environment.databases.checkpoints.remove(this.#prefix)).catch(() => {});
    throw new StateCorrupt(this.#name);
  }

  #isWhole(key: Uint8Array, sealed: Buffer): boolean {
    return sealed.length >= 4 && sealed.readUInt32BE(0) === this.#sum(key, sealed);
  }

  #sum(key: Uint8Array, sealed: Buffer): number {
    return crc32c(sealed.subarray(4), crc32c(key, this.#prefixSum));
  }
}

const NO_KEY = new Uint8Array(0);
/** Above every key: no key is that long. */
const END = Buffer.alloc(KEY_BYTES_MAX + 1, 0xff);
