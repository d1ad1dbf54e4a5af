import { asBuffer, FRAME_BYTES } from '../avro.ts';

/** Header of a changelog record that holds the key's admission window. */
export const ADMISSION_HEADER = 'admission';

/** Key of the commit record, in the changelog and in the local store. */
export const COMMIT_KEY: Uint8Array = Buffer.from([0]);

/** First byte of the keys of states. */
export const STATE_PREFIX = 1;

/** First byte of the keys of collection entries. */
export const COLLECTION_PREFIX = 2;

/** Turns a changelog record into the entry of the local store that it stands for. */
export function storeEntry(record: {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, Uint8Array>>;
}): readonly [Uint8Array, Uint8Array | null] {
  const key = record.key as Uint8Array;
  const admission = record.headers[ADMISSION_HEADER];
  if (key[0] !== STATE_PREFIX || record.value === null || admission === undefined) return [key, record.value];
  return [key, joined(admission, record.value)];
}

/** The framed value within an entry of the local store. */
export function framedIn(key: Uint8Array, value: Uint8Array): Uint8Array {
  return key[0] === STATE_PREFIX ? parted(asBuffer(value)).value : value;
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

/** Takes apart what `joined` made. */
export function parted(bytes: Buffer): { readonly admission: Buffer; readonly value: Buffer } {
  const length = bytes.readUInt32BE(0);
  if (length + FRAME_BYTES + 4 > bytes.length) throw new Error('state entry cut short');
  return { admission: bytes.subarray(4, 4 + length), value: bytes.subarray(4 + length) };
}
