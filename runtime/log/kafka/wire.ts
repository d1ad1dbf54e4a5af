import { LogError } from '../log.ts';

/** Reads the big-endian primitives of the Kafka protocol. Throws `record_corrupt` where the bytes end too early. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  /** An int64 that a number must hold: offsets, and times in milliseconds. */
  safeInt64(): number {
    const at = this.#take(8);
    const value = this.#bytes.readInt32BE(at) * 2 ** 32 + this.#bytes.readUInt32BE(at + 4);
    if (!Number.isSafeInteger(value)) throw malformed(`${value} is beyond what a number holds exactly`);
    return value;
  }

  /** A string that is not null. */
  string(): string {
    const length = this.int16();
    if (length < 0) throw malformed('a name is null');
    const at = this.#take(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  /** A view; null bytes are empty. */
  bytes(): Buffer {
    const length = Math.max(0, this.int32());
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** A null array is empty. */
  array<T>(item: () => T): T[] {
    const count = this.int32();
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(item());
    return items;
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) {
      throw malformed(`${this.#bytes.length} bytes end before what byte ${at} begins`);
    }
    this.#at = at + length;
    return at;
  }
}

/** Writes into a buffer that has the exact size. */
export class WireWriter {
  readonly bytes: Buffer;
  #at = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  int8(value: number): this {
    this.#at = this.bytes.writeInt8(value, this.#at);
    return this;
  }

  int16(value: number): this {
    this.#at = this.bytes.writeInt16BE(value, this.#at);
    return this;
  }

  int32(value: number): this {
    this.#at = this.bytes.writeInt32BE(value, this.#at);
    return this;
  }

  int64(value: number): this {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number that can be sent`);
    this.#at = this.bytes.writeBigInt64BE(BigInt(value), this.#at);
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    this.int16(Buffer.byteLength(value));
    this.#at += this.bytes.write(value, this.#at);
    return this;
  }

  blob(value: Uint8Array): this {
    this.int32(value.length);
    this.bytes.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  /** Everything, once all of it is written. */
  finish(): Buffer {
    if (this.#at !== this.bytes.length) throw new RangeError(`${this.#at} of ${this.bytes.length} bytes are written`);
    return this.bytes;
  }
}

/** Bytes that a string takes. */
export function stringBytes(value: string | null): number {
  return 2 + (value === null ? 0 : Buffer.byteLength(value));
}

function malformed(message: string): LogError {
  return new LogError(
    'record_corrupt',
    `the broker's answer is malformed: ${message}; see that a broker answers there`,
  );
}
