import type avro from 'avsc';
import type { AnyProcessor, AnyTopic, AvroRecord, Emission, Repartition, Schema } from '#sdk';
import { Cause } from '#sdk';
import { asBuffer, compiled, FRAME_BYTES } from '../avro.ts';
import type { LogRecord, NewRecord } from '../log/log.ts';
import { partitionOf } from '../log/partition.ts';
import { CauseWriter } from './cause.ts';
import { nextSlabBytes } from './entries.ts';
import type { DecodedEvent } from './reader.ts';
import type { Types } from './types.ts';

/** What records are derived from: an event or tick, by where it stands in the log of events. */
export interface Root {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** How what is folded was derived from it; empty where it is folded itself. */
  readonly path: string;
  readonly timestamp: number;
  /** Of the records derived; as text where it was not read as bytes, since most deadlines derive nothing. */
  readonly key: Uint8Array | string;
  /** The event as it was decoded, and its record; null where it is none. */
  readonly event: DecodedEvent | null;
  readonly record: LogRecord | null;
  readonly logTime: number;
  /** Number of the tick that ends the epoch that it belongs to. */
  readonly epoch: number;
}

interface Output {
  readonly name: string;
  readonly type: avro.Type;
  readonly id: number;
  /** Type of the record without its cause; null where the record carries none. */
  readonly uncaused: avro.Type | null;
  /** Gives the key anew between two stages; null where the root's is kept. */
  readonly keyOf: ((value: never) => string) | null;
  /** Record whose bytes may be taken over when the emitted value is the event itself. */
  readonly includes: string | null;
}

/** Header of a record between two stages: digits of the number of the tick that ends its epoch. */
export const EPOCH_HEADER = 'epoch';
/** The same of the partition that was folded when it was derived. */
export const FROM_HEADER = 'from';

/** Which of how many partitions is folded. */
interface Place {
  readonly partition: number;
  readonly partitions: number;
}

const CAUSE_FIELDS: ReadonlySet<string> = new Set(Cause.avro.fields.map(({ name }) => name));

/** Encodes what a processor emits: an Avro record is the concatenation of its fields, so the cause goes behind. */
export class Emitter {
  readonly #partition: number;
  /** The same in digits. */
  readonly #from: Buffer;
  /** Of every topic that is derived. */
  readonly #partitions: number;
  readonly #outputs = new Map<AnyTopic, Output>();
  readonly #causes: CauseWriter;
  #slab = Buffer.alloc(0);
  #used = 0;
  #begin = 0;

  constructor(processor: AnyProcessor, place: Place, topics: readonly AnyTopic[], types: Types) {
    this.#partition = place.partition;
    this.#from = Buffer.from(String(place.partition));
    this.#partitions = place.partitions;
    this.#causes = new CauseWriter(processor);
    for (const topic of topics) this.#outputs.set(topic, outputOf(topic, types));
  }

  /** The record that is emitted. `index` counts what this processor derived from the root before. */
  record(root: Root, { topic, value }: Emission, index: number): NewRecord {
    const output = this.#outputs.get(topic);
    if (output === undefined) throw new Error(`topic ${topic.name} is not declared as an output`);
    const bytes = this.#encode(output, root, value, index);
    const { timestamp } = root;
    if (output.keyOf === null) {
      const key = typeof root.key === 'string' ? Buffer.from(root.key) : root.key;
      return { topic: output.name, partition: this.#partition, key, value: bytes, timestamp };
    }
    const key = Buffer.from(output.keyOf(value as never));
    const partition = partitionOf(key, this.#partitions);
    const headers = { [EPOCH_HEADER]: Buffer.from(String(root.epoch)), [FROM_HEADER]: this.#from };
    return { topic: output.name, partition, key, value: bytes, headers, timestamp };
  }

  #encode(output: Output, root: Root, value: unknown, index: number): Buffer {
    this.#begin = this.#used;
    // The event itself, emitted as it is, keeps the very bytes that were checked when it was read.
    const body = value === root.event?.value ? bodyOf(root, output) : null;
    let at = body === null ? this.#encoded(output, value) : this.#copied(body);
    if (output.uncaused !== null) at = this.#cause(at, root, index);
    this.#slab[this.#begin] = 0;
    this.#slab.writeUInt32BE(output.id, this.#begin + 1);
    this.#used = at;
    return this.#slab.subarray(this.#begin, at);
  }

  /** Writes a body behind the place of its frame; gives where it ends. */
  #encoded({ uncaused, type }: Output, value: unknown): number {
    for (;;) {
      const from = this.#begin + FRAME_BYTES;
      const missing = from - this.#slab.length;
      const end = missing > 0 ? -missing : (uncaused ?? type).encode(value, this.#slab, from);
      if (end >= 0) return end;
      // The encoder says by how many bytes the slab was too short.
      this.#renew(this.#slab.length - this.#begin - end);
    }
  }

  #copied(body: Buffer): number {
    if (this.#begin + FRAME_BYTES + body.length > this.#slab.length) this.#renew(FRAME_BYTES + body.length);
    this.#slab.set(body, this.#begin + FRAME_BYTES);
    return this.#begin + FRAME_BYTES + body.length;
  }

  #renew(bytes: number): void {
    this.#slab = Buffer.allocUnsafeSlow(nextSlabBytes(this.#slab.length, bytes));
    this.#begin = 0;
  }

  #cause(bodyEnd: number, root: Root, index: number): number {
    let at = bodyEnd;
    let end = this.#causes.write(this.#slab, at, root, index);
    for (let room = CAUSE_BYTES; end < 0; room *= 2) {
      const [before, begin] = [this.#slab, this.#begin];
      this.#renew(at - begin + room);
      before.copy(this.#slab, 0, begin, at);
      at -= begin;
      end = this.#causes.write(this.#slab, at, root, index);
    }
    return end;
  }
}

/** More than most causes take. */
const CAUSE_BYTES = 1024;

/** The bytes of an event in its current version, without their frame, where this output may take them over. */
function bodyOf({ event, record }: Root, { includes }: Output): Buffer | null {
  if (event === null || record === null || !event.current || includes !== event.type.record.name) return null;
  return asBuffer(record.value as Uint8Array).subarray(FRAME_BYTES);
}

function outputOf(topic: AnyTopic, types: Types): Output {
  const schema = topic.value as Schema<unknown>;
  const { avro: record } = schema;
  return {
    name: topic.name,
    type: types.typeOf(schema),
    id: types.idOf(schema),
    uncaused: record.derived ? compiled(withoutCause(record)) : null,
    keyOf: 'keyOf' in topic ? (topic as Repartition<unknown>).keyOf : null,
    includes: record.includes === undefined ? null : `${record.namespace}.${record.includes}`,
  };
}

const uncaused = new WeakMap<AvroRecord, AvroRecord>();

function withoutCause(record: AvroRecord): AvroRecord {
  const known = uncaused.get(record);
  if (known !== undefined) return known;
  const rest = { ...record, fields: record.fields.filter(({ name }) => !CAUSE_FIELDS.has(name)) };
  uncaused.set(record, rest);
  return rest;
}
