import type avro from 'avsc';
import type { AvroRecord } from '#sdk';
import { compiled, FRAME_BYTES } from '../avro.ts';

const SLAB_BYTES = 1024 * 1024;

/** Writes Confluent-framed Avro behind one another into large buffers, since a buffer for each record costs more than its encoding. */
export class FramedWriter {
  readonly #types = new Map<AvroRecord, { readonly type: avro.Type; readonly id: number }>();
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #used = 0;

  /** Makes a record known under its registry id. */
  add(record: AvroRecord, id: number): void {
    this.#types.set(record, { type: compiled(record), id });
  }

  /** Throws when the value is not of the record: whoever made it is broken. */
  write(record: AvroRecord, value: unknown): Buffer {
    const known = this.#types.get(record);
    if (known === undefined) throw new Error(`record ${record.name} was not registered at start`);
    if (this.#used + FRAME_BYTES >= this.#slab.length) this.#renew(0);
    const end = known.type.encode(value, this.#slab, this.#used + FRAME_BYTES);
    if (end < 0) {
      // The encoder says by how many bytes the slab was too short.
      this.#renew(FRAME_BYTES + this.#slab.length - this.#used - end);
      return this.write(record, value);
    }
    const start = this.#used;
    this.#used = end;
    this.#slab[start] = 0;
    this.#slab.writeUInt32BE(known.id, start + 1);
    return this.#slab.subarray(start, end);
  }

  /** JSON Pointer of the first part that is not of the record; empty where none is. */
  pathOfFault(record: AvroRecord, value: unknown): string {
    let found = '';
    const errorHook = (path: string[]) => {
      if (found === '') found = `/${path.join('/')}`;
    };
    this.#types.get(record)?.type.isValid(value, { errorHook });
    return found;
  }

  #renew(bytes: number): void {
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes));
    this.#used = 0;
  }
}
