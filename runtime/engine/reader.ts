import type { AnyProcessor, Envelope, EventType } from '#sdk';
import { ClockTicked, DEVICE_PATTERN, keyOf, TENANT_PATTERN } from '#sdk';
import { asBuffer, schemaIdOf, shortText } from '../avro.ts';
import type { LogRecord } from '../log/log.ts';
import type { Types } from './types.ts';

/** An event of the log, decoded once for all processors that run together. */
export interface DecodedEvent {
  readonly type: EventType<Envelope>;
  readonly value: Envelope;
  /** `tenant/device`. */
  readonly key: string;
  /** True when its bytes are of the record's current version. */
  readonly current: boolean;
}

/** A record of the log that nobody can read. */
export interface Unreadable {
  readonly code: string;
  readonly detail: string;
}

/** What a record says; null where no processor here asks for it. */
export type Content = DecodedEvent | ClockTicked | Unreadable | null;

/** Reads the records of `fleet.events`: each is decoded once, for all processors that run together. */
export class Reader {
  readonly #types: Types;
  readonly #events = new Map<string, EventType<Envelope>>();

  constructor(types: Types, processors: readonly AnyProcessor[]) {
    this.#types = types;
    for (const processor of processors) {
      for (const type of Object.values(processor.inputs as Record<string, EventType<Envelope>>)) {
        this.#events.set(type.record.name, type);
      }
    }
  }

  /** Schema ids among the records that the registry is still to be asked for. */
  unasked(records: readonly LogRecord[]): number[] {
    const ids = new Set<number>();
    for (const { value } of records) {
      const id = value === null ? null : schemaIdOf(value);
      if (id !== null && this.#types.isUnasked(id)) ids.add(id);
    }
    return [...ids];
  }

  /** What the records with from <= index < to say. */
  readAll(records: readonly LogRecord[], from: number, to: number): Content[] {
    const contents: Content[] = [];
    for (let i = from; i < to; i++) contents.push(this.#read(records[i] as LogRecord));
    return contents;
  }

  #read(record: LogRecord): Content {
    const { value } = record;
    const id = value === null ? null : schemaIdOf(value);
    if (value === null || id === null) {
      return { code: 'not_framed', detail: 'the value does not begin with a zero byte and a schema id' };
    }
    const name = this.#types.nameOf(id);
    if (name === null) return { code: 'schema_unknown', detail: `the registry has no schema ${id}` };
    try {
      if (name === ClockTicked.name) return this.#types.decode(ClockTicked, value);
      const type = this.#events.get(name);
      if (type === undefined) return null;
      return this.#event(record, type, id, value);
    } catch (error) {
      return { code: 'not_decodable', detail: `the bytes are no ${name}: ${(error as Error).message}` };
    }
  }

  #event(record: LogRecord, type: EventType<Envelope>, id: number, value: Uint8Array): DecodedEvent | Unreadable {
    const event = this.#types.decode(type.record, value);
    const key = record.key === null ? '' : textOfKey(record.key);
    if (!isKeyOf(event, key)) return { code: 'key_mismatch', detail: `the key is not ${keyOf(event)}` };
    const wrong = wrongIn(event);
    if (wrong !== null) return { code: 'envelope_invalid', detail: wrong };
    return { type, value: event, key, current: this.#types.isCurrent(type.record, id) };
  }
}

/** Event time of the last event among them. */
export function lastEventTime(contents: readonly Content[]): number | null {
  for (let i = contents.length - 1; i >= 0; i--) {
    const content = contents[i] as Content;
    if (content !== null && 'type' in content) return content.value.eventTime;
  }
  return null;
}

/** The same as comparing with `keyOf`, without making that string for every event. */
function isKeyOf({ tenant, device }: Envelope, key: string): boolean {
  if (key.length !== tenant.length + 1 + device.length || key[tenant.length] !== '/') return false;
  return key.startsWith(tenant) && key.endsWith(device);
}

/** What in an envelope would break keys or admission; connectors never write it, other producers may. */
function wrongIn({ tenant, device, eventId, sequence }: Envelope): string | null {
  if (!TENANT_PATTERN.test(tenant)) return `tenant must match ${TENANT_PATTERN.source}`;
  if (!DEVICE_PATTERN.test(device)) return `device must match ${DEVICE_PATTERN.source}`;
  if (!EVENT_ID_PATTERN.test(eventId)) return `eventId must match ${EVENT_ID_PATTERN.source}`;
  return sequence !== null && sequence < 0 ? 'sequence must not be negative' : null;
}

const EVENT_ID_PATTERN = /^[0-9a-f]{32}$/;

/** Whatever stands in a key, as text that is a device's key where it is one. */
function textOfKey(key: Uint8Array): string {
  return shortText(asBuffer(key), 0, key.length) ?? asBuffer(key).toString('latin1');
}
