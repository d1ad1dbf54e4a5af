import { crc32c } from '@node-rs/crc32';

/** The batch with its records, after the header of 61 bytes, replaced and told to be of this codec. */
export function repack(batch: Buffer, codec: number, records: Uint8Array): Buffer {
  const packed = Buffer.concat([batch.subarray(0, 61), records]);
  packed.writeInt16BE((packed.readInt16BE(21) & ~7) | codec, 21);
  return seal(packed);
}

/** Makes the length and the checksum of a batch right again. */
export function seal(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}
