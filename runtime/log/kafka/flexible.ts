/** Requests and answers of the flexible versions of the Kafka protocol (KIP-482): compact lengths, and tagged fields. */

/** Room before a request: its size, what it is, and the name of the client, which may be longer. */
const HEADER_BYTES = 256;

/** A request as it is sent, without a copy for each header that comes before it. */
export class FlexiblePayload {
  #bytes: Buffer;
  #from: number;

  /** @param from Where it begins; there is room before. */
  constructor(bytes: Buffer, from: number) {
    this.#bytes = bytes;
    this.#from = from;
  }

  get buffer(): Buffer {
    return this.#bytes.subarray(this.#from);
  }

  size(): number {
    return this.#bytes.length - this.#from;
  }

  /** Puts a header before what is there. */
  behind(header: Uint8Array): this {
    if (header.length > this.#from) {
      this.#bytes = Buffer.concat([header, this.buffer]);
      this.#from = 0;
    } else {
      this.#from -= header.length;
      this.#bytes.set(header, this.#from);
    }
    return this;
  }
}

/** Writes a request. Each structure in it ends with `tags`. */
export class FlexibleWriter {
  #bytes: Buffer;
  #at = HEADER_BYTES;

  constructor(bytesFirst: number) {
    this.#bytes = Buffer.allocUnsafe(HEADER_BYTES + bytesFirst);
  }

  int8(value: number): this {
    const at = this.#take(1);
    this.#bytes[at] = value;
    return this;
  }

  int16(value: number): this {
    const at = this.#take(2);
    this.#bytes.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#take(4);
    this.#bytes.writeInt32BE(value, at);
    return this;
  }

  int64(value: bigint | number): this {
    const at = this.#take(8);
    this.#bytes.writeBigInt64BE(BigInt(value), at);
    return this;
  }

  /** 32 digits in hex. */
  uuid(value: string): this {
    const at = this.#take(16);
    this.#bytes.write(value, at, 'hex');
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.#uvarint(0);
    const length = Buffer.byteLength(value);
    this.#uvarint(length + 1);
    const at = this.#take(length);
    this.#bytes.write(value, at);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#uvarint(value.length + 1);
    const at = this.#take(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** Each item ends with its own tags. */
  array<T>(items: readonly T[], write: (item: T) => unknown): this {
    this.#uvarint(items.length + 1);
    for (const item of items) write(item);
    return this;
  }

  /** No tagged field. */
  tags(): this {
    return this.#uvarint(0);
  }

  finish(): FlexiblePayload {
    return new FlexiblePayload(this.#bytes.subarray(0, this.#at), HEADER_BYTES);
  }

  #uvarint(value: number): this {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.int8((rest % 128) | 0x80);
    return this.int8(rest);
  }

  #take(length: number): number {
    const at = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }
}

/** Reads an answer of a flexible version. Throws a RangeError where the bytes end too early. */
export class FlexibleReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#take(1));
  }

  boolean(): boolean {
    return this.int8() !== 0;
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

  /** An int64 that a number must hold. */
  offset(): number {
    const value = Number(this.int64());
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is beyond what a number holds exactly`);
    return value;
  }

  uuid(): string {
    const at = this.#take(16);
    return this.#bytes.toString('hex', at, at + 16);
  }

  string(): string | null {
    const bytes = this.bytes();
    return bytes === null ? null : bytes.toString();
  }

  /** A view. */
  bytes(): Buffer | null {
    const length = this.#uvarint() - 1;
    if (length < 0) return null;
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** A null array is empty. */
  array<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let left = this.#uvarint() - 1; left > 0; left--) items.push(read());
    return items;
  }

  /** Goes over tagged fields; none is asked for. */
  tags(): void {
    for (let left = this.#uvarint(); left > 0; left--) {
      this.#uvarint();
      this.#take(this.#uvarint());
    }
  }

  #uvarint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 35; scale *= 128) {
      const byte = this.#bytes.readUInt8(this.#take(1));
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a length is longer than 5 bytes');
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new RangeError('the answer ends too early');
    this.#at = at + length;
    return at;
  }
}

/** A request of a flexible version as kafkajs's connections send it: its header ends with tagged fields too, which kafkajs does not write. */
export function flexibleRequest(
  apiKey: number,
  apiVersion: number,
  apiName: string,
  bytesFirst: number,
  write: (to: FlexibleWriter) => void,
) {
  return {
    apiKey,
    apiVersion,
    apiName,
    expectResponse: () => true,
    encode: async () => {
      const writer = new FlexibleWriter(bytesFirst).tags();
      write(writer);
      return writer.tags().finish();
    },
  };
}

/** The reader of its answer. */
export function flexibleResponse<T>(read: (from: FlexibleReader) => T) {
  return {
    decode: async (bytes: Buffer) => {
      const reader = new FlexibleReader(bytes);
      reader.tags();
      return read(reader);
    },
    parse: async (decoded: T) => decoded,
  };
}
