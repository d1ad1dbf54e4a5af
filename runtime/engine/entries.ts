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

/** Of the first slab; each one more is twice as large, up to the bound: many folds write little. */
const SLAB_BYTES_MIN = 8 * 1024;
const SLAB_BYTES_MAX = 256 * 1024;

/** Bytes of the slab that follows one of so many, in which so many must have room. */
export function nextSlabBytes(last: number, least: number): number {
  return Math.max(Math.min(SLAB_BYTES_MAX, Math.max(SLAB_BYTES_MIN, 2 * last)), least);
}

/** What the changelog holds of a key. */
export interface Entry {
  readonly admission: Buffer;
  /** The framed state. */
  readonly value: Buffer;
}

/** A record type under its id in the registry. */
export interface Written {
  readonly type: avro.Type;
  readonly id: number;
}

/** Writes entries and their keys behind one another into large buffers: one of its own each would cost more than its bytes. */
export class EntryWriter {
  #slab = Buffer.allocUnsafeSlow(0);
  #used = 0;

  /** A framed state with its admission window before it. */
  state(admission: Uint8Array, written: Written, state: unknown): Entry {
    const end = this.#framed(admission.length, written, state);
    const [slab, start] = [this.#slab, this.#used];
    const frameAt = start + admission.length;
    slab.set(admission, start);
    this.#used = end;
    return { admission: slab.subarray(start, frameAt), value: slab.subarray(frameAt, end) };
  }

  /** A framed value. */
  value(written: Written, value: unknown): Buffer {
    const end = this.#framed(0, written, value);
    const start = this.#used;
    this.#used = end;
    return this.#slab.subarray(start, end);
  }

  /** Key of a collection's entry. */
  key(prefix: Buffer, subkey: string): Buffer {
    // UTF-8 takes at most three bytes for a unit of UTF-16.
    const most = prefix.length + 3 * subkey.length;
    if (this.#used + most > this.#slab.length) this.#renew(most);
    const [slab, start] = [this.#slab, this.#used];
    slab.set(prefix, start);
    this.#used = writeUtf8(slab, subkey, start + prefix.length);
    return slab.subarray(start, this.#used);
  }

  /** Writes a frame and its body so many bytes behind what is used; gives where it ends. */
  #framed(before: number, { type, id }: Written, value: unknown): number {
    for (;;) {
      const slab = this.#slab;
      const frameAt = this.#used + before;
      const bodyAt = frameAt + FRAME_BYTES;
      const end = bodyAt > slab.length ? -1 : type.encode(value, slab, bodyAt);
      if (end >= 0) {
        slab[frameAt] = 0;
        slab.writeUInt32BE(id, frameAt + 1);
        return end;
      }
      // The encoder says by how many bytes the slab was too short.
      this.#renew(bodyAt - this.#used + slab.length - end);
    }
  }

  #renew(bytes: number): void {
    this.#slab = Buffer.allocUnsafeSlow(nextSlabBytes(this.#slab.length, bytes));
    this.#used = 0;
  }
}

/** Writes text; gives where it ends. What is not ASCII, or long, is left to the platform. */
function writeUtf8(bytes: Buffer, text: string, from: number): number {
  if (text.length > SHORT_MAX) return from + bytes.write(text, from);
  let i = 0;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) break;
    bytes[from + i] = code;
  }
  return i === text.length ? from + i : from + bytes.write(text, from);
}

const SHORT_MAX = 32;

/** Takes apart what `joined` made. */
export function parted(bytes: Buffer): Entry {
  const length = bytes.readUInt32BE(0);
  if (length + FRAME_BYTES + 4 > bytes.length) throw new Error('state entry cut short');
  return { admission: bytes.subarray(4, 4 + length), value: bytes.subarray(4 + length) };
}
