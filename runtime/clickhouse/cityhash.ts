// CityHash128 of version 1.0.2, whose results ClickHouse keeps for its checksums; later versions give others.

const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;
const K3 = 0xc949d7c7509e6557n;
const MURMUR = 0x9ddfea08eb382d69n;

type Pair = readonly [low: bigint, high: bigint];

/** Hashes at least eight bytes, as every framed block has. */
export function cityHash128(bytes: Buffer): Pair {
  const { length } = bytes;
  if (length < 8) throw new Error(`cityHash128 takes 8 bytes or more, not ${length}`);
  if (length < 16)
    return murmur(bytes.subarray(0, 0), word(bytes, 0) ^ u64(BigInt(length) * K0), word(bytes, length - 8) ^ K1);
  const rest = bytes.subarray(16);
  const [low, high] = [word(bytes, 0) ^ K3, word(bytes, 8)];
  return rest.length < 128 ? murmur(rest, low, high) : long(rest, low, high);
}

function long(bytes: Buffer, low: bigint, high: bigint): Pair {
  let [x, y] = [low, high];
  let z = u64(BigInt(bytes.length) * K1);
  let v0 = u64(rotate(y ^ K1, 49n) * K1 + word(bytes, 0));
  let v1 = u64(rotate(v0, 42n) * K1 + word(bytes, 8));
  let w0 = u64(rotate(u64(y + z), 35n) * K1 + x);
  let w1 = u64(rotate(u64(x + word(bytes, 88)), 53n) * K1);
  // Two rounds of 64 bytes at a time; what is left is below 128.
  const end = bytes.length - (bytes.length % 128);
  for (let at = 0; at < end; at += 64) {
    x = u64(rotate(u64(x + y + v0 + word(bytes, at + 16)), 37n) * K1) ^ w1;
    y = u64(rotate(u64(y + v1 + word(bytes, at + 48)), 42n) * K1) ^ v0;
    z = rotate(z ^ w0, 33n);
    [v0, v1] = weak(bytes, at, u64(v1 * K1), u64(x + w0));
    [w0, w1] = weak(bytes, at + 32, u64(z + w1), y);
    [x, z] = [z, x];
  }
  y = u64(y + rotate(w0, 37n) * K0 + z);
  x = u64(x + rotate(u64(v0 + z), 49n) * K0);
  // The tail goes in by pieces of 32 bytes from the end, the last of which may reach back into what was hashed.
  for (let at = bytes.length; at > end; ) {
    at -= 32;
    y = u64(rotate(u64(y - x), 42n) * K0 + v1);
    w0 = u64(w0 + word(bytes, at + 16));
    x = u64(rotate(x, 49n) * K0 + w0);
    w0 = u64(w0 + v0);
    [v0, v1] = weak(bytes, at, v0, v1);
  }
  x = mix(x, v0);
  y = mix(y, w0);
  return [u64(mix(u64(x + v1), w1) + y), mix(u64(x + w1), u64(y + v1))];
}

function murmur(bytes: Buffer, low: bigint, high: bigint): Pair {
  const { length } = bytes;
  let [a, b] = [low, high];
  let c: bigint;
  let d: bigint;
  if (length <= 16) {
    a = u64(shifted(u64(a * K1)) * K1);
    c = u64(b * K1 + short(bytes));
    d = shifted(u64(a + (length >= 8 ? word(bytes, 0) : c)));
  } else {
    c = mix(u64(word(bytes, length - 8) + K1), a);
    d = mix(u64(b + BigInt(length)), u64(c + word(bytes, length - 16)));
    a = u64(a + d);
    for (let at = 0; at < length - 16; at += 16) {
      a = u64((a ^ u64(shifted(u64(word(bytes, at) * K1)) * K1)) * K1);
      b ^= a;
      c = u64((c ^ u64(shifted(u64(word(bytes, at + 8) * K1)) * K1)) * K1);
      d ^= c;
    }
  }
  a = mix(a, c);
  b = mix(d, b);
  return [a ^ b, mix(b, a)];
}

function short(bytes: Buffer): bigint {
  const { length } = bytes;
  const size = BigInt(length);
  if (length > 8) {
    const last = word(bytes, length - 8);
    return mix(word(bytes, 0), rotate(u64(last + size), size)) ^ last;
  }
  if (length >= 4) return mix(size + (BigInt(bytes.readUInt32LE(0)) << 3n), BigInt(bytes.readUInt32LE(length - 4)));
  if (length === 0) return K2;
  const y = BigInt(bytes.readUInt8(0)) + (BigInt(bytes.readUInt8(length >> 1)) << 8n);
  const z = size + (BigInt(bytes.readUInt8(length - 1)) << 2n);
  return u64(shifted(u64(y * K2) ^ u64(z * K3)) * K2);
}

function weak(bytes: Buffer, at: number, a: bigint, b: bigint): Pair {
  const last = word(bytes, at + 24);
  const first = u64(a + word(bytes, at));
  const sum = u64(first + word(bytes, at + 8) + word(bytes, at + 16));
  const turned = rotate(u64(b + first + last), 21n) + rotate(sum, 44n);
  return [u64(sum + last), u64(turned + first)];
}

function mix(low: bigint, high: bigint): bigint {
  const a = shifted(u64((low ^ high) * MURMUR));
  return u64(shifted(u64((high ^ a) * MURMUR)) * MURMUR);
}

function shifted(value: bigint): bigint {
  return value ^ (value >> 47n);
}

function rotate(value: bigint, bits: bigint): bigint {
  return u64((value >> bits) | (value << (64n - bits)));
}

function word(bytes: Buffer, at: number): bigint {
  return bytes.readBigUInt64LE(at);
}

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
