/** Kafka's default partitioner: murmur2 of the key bytes, made positive, modulo the partition count. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

/** MurmurHash2 as `org.apache.kafka.common.utils.Utils.murmur2` computes it: 32 bits, seed 0x9747b28c. */
export function murmur2(data: Uint8Array): number {
  const M = 0x5bd1e995;
  const length = data.length;
  let h = 0x9747b28c ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    let k = byte(data, i) | (byte(data, i + 1) << 8) | (byte(data, i + 2) << 16) | (byte(data, i + 3) << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  const rest = length - i;
  if (rest >= 3) h ^= byte(data, i + 2) << 16;
  if (rest >= 2) h ^= byte(data, i + 1) << 8;
  if (rest >= 1) h = Math.imul(h ^ byte(data, i), M);
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ (h >>> 15);
}

function byte(data: Uint8Array, index: number): number {
  return data[index] as number;
}
