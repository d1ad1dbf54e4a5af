import type { AnyProcessor, Envelope, EventType, AnyPolicy, Schema } from '#sdk';
import {
  ClockTicked,
  DEVICE_PATTERN,
  IngressReported,
  keyOf,
  PolicyChanged,
  PolicySnapshotBegan,
  PolicySnapshotEnded,
  TENANT_PATTERN,
  TicksPassed,
} from '#sdk';
import { asBuffer, schemaIdOf } from '../avro.ts';
import { shortText } from '../avro-texts.ts';
import type { LogRecord } from '../log/log.ts';
import { EPOCH_HEADER, FROM_HEADER } from './emitter.ts';
import { type ReadPolicy, schemaIdWithin, valueOf } from './policies.ts';
import { stageInput } from './stages.ts';
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

/** A record between two stages, which waits for its epoch before it is decoded. */
export interface Staged {
  readonly staged: true;
  readonly epoch: number;
  /** Partition that was folded when it was derived. */
  readonly from: number;
  readonly key: string;
  readonly value: Uint8Array;
}

/** A set of all policies begins, or is complete. */
export interface Snapshot {
  readonly snapshot: number;
  /** Null at its end. */
  readonly policies: number | null;
}

/** A connector began or ended listening. */
export interface Ingress {
  readonly ingress: IngressReported;
}

/** What a record says; null where no processor here asks for it. */
export type Content =
  | DecodedEvent
  | ClockTicked
  | ReadPolicy
  | Snapshot
  | Ingress
  | Staged
  | TicksPassed
  | Unreadable
  | null;

/** Reads the records of `fleet.events`: each is decoded once, for all processors that run together. */
export class Reader {
  readonly #types: Types;
  readonly #events = new Map<string, EventType<Envelope>>();
  /** Names of the records between two stages. */
  readonly #staged = new Set<string>();
  readonly #policies = new Map<string, AnyPolicy>();
  /** Devices whose names were found to be such, by their keys. */
  readonly #sound = new Map<string, Pick<Envelope, 'tenant' | 'device'>>();

  constructor(types: Types, processors: readonly AnyProcessor[]) {
    this.#types = types;
    for (const processor of processors) {
      for (const policy of Object.values((processor.policies ?? {}) as Record<string, AnyPolicy>)) {
        this.#policies.set(policy.name, policy);
      }
      const stage = stageInput(processor);
      if (stage !== null) {
        this.#staged.add(stage.topic.value.name);
        continue;
      }
      for (const type of Object.values(processor.inputs as Record<string, EventType<Envelope>>)) {
        this.#events.set(type.record.name, type);
      }
    }
  }

  /** Schema ids among the records that the registry is still to be asked for. */
  unasked(records: readonly LogRecord[]): number[] {
    const ids = new Set<number>();
    let known = -1;
    for (const { value } of records) {
      const id = value === null ? null : schemaIdOf(value);
      // Most are of the type before.
      if (id === null || id === known) continue;
      if (this.#types.isUnasked(id)) ids.add(id);
      else known = id;
    }
    return [...ids];
  }

  /** The same of the policies that they hold: first of the changes, then of their values. */
  unaskedWithin(records: readonly LogRecord[]): number[] {
    const ids = new Set<number>();
    for (const { key, value } of records) {
      // What is told to every partition has no key.
      if (key !== null || value === null) continue;
      for (const bytes of this.#policiesIn(value)) {
        const id = schemaIdOf(bytes);
        const policy = this.#decoded(PolicyChanged, bytes);
        const within = policy === null || !this.#policies.has(policy.policy) ? null : schemaIdWithin(policy);
        for (const each of [id, within]) if (each !== null && this.#types.isUnasked(each)) ids.add(each);
      }
    }
    return [...ids];
  }

  /** Reads a change of a policy; null where it is none. */
  policy(bytes: Uint8Array): ReadPolicy | null {
    const content = this.#readPolicy(bytes);
    return 'policy' in content ? content : null;
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
      const type = this.#events.get(name);
      if (type !== undefined) return this.#event(record, type, id, value);
      return this.#staged.has(name) ? stagedOf(record, value) : this.#platform(name, value);
    } catch (error) {
      return { code: 'not_decodable', detail: `the bytes are no ${name}: ${(error as Error).message}` };
    }
  }

  /** What the platform tells every partition; null where it is nothing of the kind. */
  #platform(name: string, value: Uint8Array): Content {
    switch (name) {
      case ClockTicked.name:
        return this.#types.decode(ClockTicked, value);
      case PolicyChanged.name:
        return this.#readPolicy(value);
      case PolicySnapshotBegan.name: {
        const { snapshot, count } = this.#types.decode(PolicySnapshotBegan, value);
        return { snapshot, policies: count };
      }
      case PolicySnapshotEnded.name:
        return { snapshot: this.#types.decode(PolicySnapshotEnded, value).snapshot, policies: null };
      case IngressReported.name:
        return { ingress: this.#types.decode(IngressReported, value) };
      case TicksPassed.name:
        return this.#types.decode(TicksPassed, value);
      default:
        return null;
    }
  }

  /** Changes of policies: the record itself, or what a fold before tells on. */
  #policiesIn(value: Uint8Array): readonly Uint8Array[] {
    const passed = this.#decoded(TicksPassed, value);
    if (passed === null) return this.#decoded(PolicyChanged, value) === null ? [] : [value];
    return [...passed.ticks.flatMap(({ policies }) => policies), ...passed.policies];
  }

  /** A record of that name; null where the bytes are none that can be read yet. */
  #decoded<T>(schema: Schema<T>, value: Uint8Array): T | null {
    const id = schemaIdOf(value);
    if (id === null || this.#types.nameOf(id) !== schema.name) return null;
    try {
      return this.#types.decode(schema, value);
    } catch {
      return null;
    }
  }

  /** A policy that is none in the eyes of its declaration changes nothing, wherever it is read. */
  #readPolicy(value: Uint8Array): ReadPolicy | Unreadable {
    const policy = this.#types.decode(PolicyChanged, value);
    try {
      return { policy, value: valueOf(policy, this.#policies.get(policy.policy), this.#types), bytes: asBuffer(value) };
    } catch (error) {
      return { code: 'policy_invalid', detail: `${policy.policy}: ${(error as Error).message}` };
    }
  }

  #event(record: LogRecord, type: EventType<Envelope>, id: number, value: Uint8Array): DecodedEvent | Unreadable {
    const event = this.#types.decode(type.record, value);
    const key = record.key === null ? '' : textOfKey(record.key);
    const wrong = this.#wrongKeyOf(event, key) ?? wrongIn(event);
    if (wrong !== null) return wrong;
    return { type, value: event, key, current: this.#types.isCurrent(type.record, id) };
  }

  /** What would break keys. The same devices come again and again, and were looked at before. */
  #wrongKeyOf(event: Envelope, key: string): Unreadable | null {
    const { tenant, device } = event;
    const known = this.#sound.get(key);
    if (known !== undefined && known.tenant === tenant && known.device === device) return null;
    if (!isKeyOf(event, key)) return { code: 'key_mismatch', detail: `the key is not ${keyOf(event)}` };
    if (!TENANT_PATTERN.test(tenant)) return invalid(`tenant must match ${TENANT_PATTERN.source}`);
    if (!DEVICE_PATTERN.test(device)) return invalid(`device must match ${DEVICE_PATTERN.source}`);
    if (this.#sound.size >= SOUND_MAX) this.#sound.clear();
    this.#sound.set(key, { tenant, device });
    return null;
  }
}

/** Keys remembered as sound. */
const SOUND_MAX = 50_000;

function digitsIn(header: Uint8Array | undefined): number | null {
  const text = header === undefined ? '' : asBuffer(header).toString();
  return /^\d{1,16}$/.test(text) ? Number(text) : null;
}

function stagedOf({ key, headers }: LogRecord, value: Uint8Array): Staged | Unreadable {
  const [epoch, from] = [digitsIn(headers[EPOCH_HEADER]), digitsIn(headers[FROM_HEADER])];
  if (key === null || epoch === null || from === null) return { code: 'not_staged', detail: 'it has no key or epoch' };
  return { staged: true, epoch, from, key: asBuffer(key).toString(), value };
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

/** What in an envelope would break admission; connectors never write it, other producers may. */
function wrongIn({ eventId, sequence }: Envelope): Unreadable | null {
  if (!EVENT_ID_PATTERN.test(eventId)) return invalid(`eventId must match ${EVENT_ID_PATTERN.source}`);
  return sequence !== null && sequence < 0 ? invalid('sequence must not be negative') : null;
}

function invalid(detail: string): Unreadable {
  return { code: 'envelope_invalid', detail };
}

const EVENT_ID_PATTERN = /^[0-9a-f]{32}$/;

/** Whatever stands in a key, as text that is a device's key where it is one. */
function textOfKey(key: Uint8Array): string {
  return shortText(asBuffer(key), 0, key.length) ?? asBuffer(key).toString('latin1');
}
