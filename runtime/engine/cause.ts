import { LONG_BYTES_MAX, writeLong } from '../avro-numbers.ts';
import type { Root } from './emitter.ts';

/** What a cause says, but for the step. */
export type Origin = Pick<Root, 'topic' | 'partition' | 'offset' | 'path' | 'logTime'>;

/**
 * Writes causes as their Avro record has them, a topic, a partition, an offset, a path and a log time. But for the
 * offset and the time they are the same again and again, so what is written of them is kept.
 */
export class CauseWriter {
  readonly #step: string;
  /** Of the topic and partition that were written last. */
  #topic = '';
  #partition = -1;
  #place = Buffer.alloc(0);
  /** `processor/version/index` by index, as far as they were asked for. */
  readonly #paths: Buffer[] = [];

  constructor({ name, version }: { readonly name: string; readonly version: number }) {
    this.#step = `${name}/${version}/`;
  }

  /** Gives where it ends; -1 where the buffer has too little room behind `from`. */
  write(buffer: Buffer, from: number, root: Origin, index: number): number {
    const place = this.#placeOf(root);
    const path = this.#pathOf(root, index);
    if (from + place.length + path.length + 2 * LONG_BYTES_MAX > buffer.length) return -1;
    buffer.set(place, from);
    const pathAt = writeLong(buffer, from + place.length, root.offset);
    buffer.set(path, pathAt);
    return writeLong(buffer, pathAt + path.length, root.logTime);
  }

  #placeOf({ topic, partition }: Origin): Buffer {
    if (topic !== this.#topic || partition !== this.#partition) {
      const bytes = Buffer.alloc(LONG_BYTES_MAX);
      this.#place = Buffer.concat([written(topic), bytes.subarray(0, writeLong(bytes, 0, partition))]);
      this.#topic = topic;
      this.#partition = partition;
    }
    return this.#place;
  }

  #pathOf({ path }: Origin, index: number): Buffer {
    if (path !== '') return written(`${path}>${this.#step}${index}`);
    return (this.#paths[index] ??= written(`${this.#step}${index}`));
  }
}

/** Text as Avro has it: its length in bytes before it. */
function written(text: string): Buffer {
  const bytes = Buffer.alloc(LONG_BYTES_MAX);
  return Buffer.concat([bytes.subarray(0, writeLong(bytes, 0, Buffer.byteLength(text))), Buffer.from(text)]);
}
