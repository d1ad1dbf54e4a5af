import type avro from 'avsc';
import { asBuffer, FRAME_BYTES, schemaIdOf } from '../avro.ts';

/** Header of a changelog record that holds the key's admission window. */
export const ADMISSION_HEADER = 'admission';

/** Key of the commit record, in the changelog and in the local store. */
export const COMMIT_KEY: Uint8Array = Buffer.from([0]);

/** First byte of the keys of states. */
export const STATE_PREFIX = 1;

/** First byte of the keys of collection entries. */
export const COLLECTION_PREFIX = 2;

/** First byte of the keys of policies. */
export const POLICY_PREFIX = 3;

/** Key of a policy in the changelog and in the local store. */
export function policyKey(policy: string, tenant: string | null): Buffer {
  return prefixed(POLICY_PREFIX, `${policy}\0${tenant ?? ''}`);
}

/** Turns a changelog record into the entry of the local store that it stands for. */
export function storeEntry(record: {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, Uint8Array>>;
}): readonly [Uint8Array, Uint8Array | null] {
  const key = record.key as Uint8Array;
  const admission = record.headers?.[ADMISSION_HEADER];
  if (key[0] !== STATE_PREFIX || record.value === null || admission === undefined) return [key, record.value];
  return [key, joined(admission, record.value)];
}

/** The framed value within an entry of the local store. */
function framedIn(key: Uint8Array, value: Uint8Array): Uint8Array {
  return key[0] === STATE_PREFIX ? parted(asBuffer(value)).value : value;
}

/** Ids of the schemas of these entries. */
export function schemaIdsIn(entries: readonly (readonly [Uint8Array, Uint8Array | null])[]): number[] {
  const ids = new Set<number>();
  for (const [key, value] of entries) {
    const id = value === null ? null : schemaIdOf(framedIn(key, value));
    if (id !== null) ids.add(id);
  }
  return [...ids];
}

/** Key of a state in the changelog and in the local store. */
export function stateKey(key: string): Buffer {
  return prefixed(STATE_PREFIX, key);
}

/** A NUL parts key, collection and subkey; the alphabets of keys and names do not hold it. */
export function collectionKey(key: string, name: string, subkey: string): Buffer {
  return prefixed(COLLECTION_PREFIX, `${key}\0${name}\0${subkey}`);
}

function prefixed(prefix: number, text: string): Buffer {
  const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
  bytes[0] = prefix;
  bytes.write(text, 1);
  return bytes;
}

/** An entry of the local store: the admission window before the framed state. */
export function joined(admission: Uint8Array, value: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 + admission.length + value.length);
  bytes.writeUInt32BE(admission.length, 0);
  bytes.set(admission, 4);
  bytes.set(value, 4 + admission.length);
  return bytes;
}

const SLAB_BYTES = 256 * 1024;

/** What the changelog holds of a key. */
export interface Entry {
  readonly admission: Buffer;
  /** The framed state. */
  readonly value: Buffer;
}

/** Writes entries behind one another into large buffers. */
export class EntryWriter {
  readonly #type: avro.Type;
  readonly #schemaId: number;
  #slab = Buffer.allocUnsafeSlow(0);
  #used = 0;

  constructor(type: avro.Type, schemaId: number) {
    this.#type = type;
    this.#schemaId = schemaId;
  }

  write(admission: Uint8Array, state: unknown): Entry {
    const frameAt = this.#used + admission.length;
    const bodyAt = frameAt + FRAME_BYTES;
    const end = bodyAt > this.#slab.length ? -1 : this.#type.encode(state, this.#slab, bodyAt);
    if (end < 0) {
      // The encoder says by how many bytes the slab was too short.
      const wanted = bodyAt - this.#used + this.#slab.length - end;
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, wanted));
      this.#used = 0;
      return this.write(admission, state);
    }
    const slab = this.#slab;
    const start = this.#used;
    this.#used = end;
    slab.set(admission, start);
    slab[frameAt] = 0;
    slab.writeUInt32BE(this.#schemaId, frameAt + 1);
    return { admission: slab.subarray(start, frameAt), value: slab.subarray(frameAt, end) };
  }
}

/** Takes apart what `joined` made. */
export function parted(bytes: Buffer): Entry {
  const length = bytes.readUInt32BE(0);
  if (length + FRAME_BYTES + 4 > bytes.length) throw new Error('state entry cut short');
  return { admission: bytes.subarray(4, 4 + length), value: bytes.subarray(4 + length) };
}
