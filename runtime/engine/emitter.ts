import type avro from 'avsc';
import type { AnyProcessor, AnyTopic, AvroRecord, Emission, Schema } from '#sdk';
import { Cause } from '#sdk';
import { asBuffer, compiled, FRAME_BYTES } from '../avro.ts';
import type { LogRecord, NewRecord } from '../log/log.ts';
import type { DecodedEvent } from './reader.ts';
import type { Types } from './types.ts';

/** The event or tick that records are derived from. */
export interface Root {
  readonly record: LogRecord;
  /** Of the records derived. */
  readonly key: Uint8Array;
  /** The event as it was decoded; null where it is none. */
  readonly event: DecodedEvent | null;
  readonly logTime: number;
}

interface Output {
  readonly name: string;
  readonly type: avro.Type;
  readonly id: number;
  /** Type of the record without its cause; null where the record carries none. */
  readonly uncaused: avro.Type | null;
  /** Record whose bytes may be taken over when the emitted value is the event itself. */
  readonly includes: string | null;
}

/** What is folded. */
interface Place {
  readonly topic: string;
  readonly partition: number;
}

const SLAB_BYTES = 256 * 1024;
const CAUSE_FIELDS: ReadonlySet<string> = new Set(Cause.avro.fields.map(({ name }) => name));

/** Encodes what a processor emits: an Avro record is the concatenation of its fields, so the cause goes behind. */
export class Emitter {
  readonly #topic: string;
  readonly #partition: number;
  readonly #outputs = new Map<AnyTopic, Output>();
  readonly #causeType = compiled(Cause.avro);
  /** `processor/version/index` by index, as far as they were asked for. */
  readonly #paths: string[] = [];
  readonly #pathBefore: string;
  #slab = Buffer.allocUnsafe(SLAB_BYTES);
  #used = 0;
  #begin = 0;

  constructor({ name, version }: AnyProcessor, place: Place, topics: readonly AnyTopic[], types: Types) {
    this.#topic = place.topic;
    this.#partition = place.partition;
    this.#pathBefore = `${name}/${version}/`;
    for (const topic of topics) this.#outputs.set(topic, outputOf(topic, types));
  }

  /** The record that is emitted. `index` counts what this processor derived from the root before. */
  record(root: Root, { topic, value }: Emission, index: number): NewRecord {
    const output = this.#outputs.get(topic);
    if (output === undefined) throw new Error(`topic ${topic.name} is not declared as an output`);
    return {
      topic: output.name,
      partition: this.#partition,
      key: root.key,
      value: this.#encode(output, root, value, index),
      timestamp: root.record.timestamp,
    };
  }

  #encode(output: Output, root: Root, value: unknown, index: number): Buffer {
    // The event itself, emitted as it is, keeps the very bytes that were checked when it was read.
    const body = value === root.event?.value ? bodyOf(root, output) : null;
    let at = this.#write(this.#used, (buffer, from) => {
      if (body !== null) {
        if (from + FRAME_BYTES + body.length > buffer.length) return -body.length - FRAME_BYTES;
        buffer.set(body, from + FRAME_BYTES);
        return from + FRAME_BYTES + body.length;
      }
      if (from + FRAME_BYTES > buffer.length) return -FRAME_BYTES;
      return (output.uncaused ?? output.type).encode(value, buffer, from + FRAME_BYTES);
    });
    if (output.uncaused !== null) at = this.#cause(at, root, index);
    this.#slab[this.#begin] = 0;
    this.#slab.writeUInt32BE(output.id, this.#begin + 1);
    this.#used = at;
    return this.#slab.subarray(this.#begin, at);
  }

  /** Writes at the slab's free end, in a new slab when the old one is too short. */
  #write(start: number, write: (buffer: Buffer, from: number) => number): number {
    this.#begin = start;
    let end = write(this.#slab, start);
    for (let size = SLAB_BYTES; end < 0; size *= 2) {
      this.#slab = Buffer.allocUnsafe(size);
      this.#begin = 0;
      end = write(this.#slab, 0);
    }
    return end;
  }

  #cause(bodyEnd: number, root: Root, index: number): number {
    const begin = this.#begin;
    const cause = {
      causeTopic: this.#topic,
      causePartition: this.#partition,
      causeOffset: root.record.offset,
      causePath: (this.#paths[index] ??= `${this.#pathBefore}${index}`),
      logTime: root.logTime,
    };
    const end = this.#causeType.encode(cause, this.#slab, bodyEnd);
    if (end >= 0) return end;
    const larger = Buffer.allocUnsafe(Math.max(SLAB_BYTES, (bodyEnd - begin) * 2));
    this.#slab.copy(larger, 0, begin, bodyEnd);
    this.#slab = larger;
    this.#begin = 0;
    return this.#causeType.encode(cause, larger, bodyEnd - begin);
  }
}

/** The bytes of an event in its current version, without their frame, where this output may take them over. */
function bodyOf({ event, record }: Root, { includes }: Output): Buffer | null {
  if (event === null || !event.current || includes !== event.type.record.name) return null;
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
