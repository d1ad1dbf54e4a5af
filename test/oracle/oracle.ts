import { type Judged, Seen } from './admission.ts';
import { type AvroJson, declared, decode, today } from './avro.ts';
import { ledger } from './ledger.ts';
import { twin } from './twin.ts';

/** A record of `fleet.events`, as anyone may read it. */
export interface Record_ {
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, Uint8Array>>;
}

export type Values = Readonly<Record<string, unknown>>;

/** The envelope, and whatever the record has besides. */
export type Event = Values & {
  readonly tenant: string;
  readonly device: string;
  readonly eventId: string;
  readonly eventTime: number;
  readonly deviceTime: number | null;
  readonly receivedAt: number;
  readonly source: string;
  readonly epoch: number | null;
  readonly sequence: number | null;
  readonly historical: boolean;
};

/** What one processor must make of the events of one device. */
export interface Rules {
  readonly name: string;
  readonly version: number;
  readonly latenessMs: number;
  readonly gatekeeper: boolean;
  /** Full names of the records that it reads. */
  readonly reads: readonly string[];
  /** The rules for one device, from its first event on. */
  begin(): {
    /** What it emits for an admitted event: topic and value. */
    admitted(type: string, event: Event, judged: Judged): readonly (readonly [topic: string, value: Values])[];
    /** What it emits for one that it never gets to see. */
    refused(
      reason: 'duplicate' | 'late',
      event: Event,
      judged: Judged,
    ): readonly (readonly [topic: string, value: Values])[];
  };
}

/** A record that must stand in a derived topic. */
export interface Derived {
  readonly processor: string;
  readonly key: Buffer;
  readonly value: Values;
}

/** For each derived topic, what must stand in each of its partitions, in order for each processor. */
export type Expected = ReadonlyMap<string, readonly Derived[]>;

/** All processors that the platform runs. */
export const RULES: readonly Rules[] = [ledger, twin];

/** Computes what must be derived from one partition, in a single pass: no batches, no state store, no restart. */
export function expected(
  partition: number,
  records: readonly Record_[],
  schemas: ReadonlyMap<number, AvroJson>,
  rules: readonly Rules[] = RULES,
): Expected {
  const derived = new Map<string, Derived[]>();
  const readings = records.map((record) => understood(record, schemas));
  for (const processor of rules) {
    const pass = begin(processor, partition);
    records.forEach((record, i) => {
      for (const [topic, key, value] of pass(record, readings[i] as Reading)) {
        const all = derived.get(topic);
        const one = { processor: processor.name, key, value };
        if (all === undefined) derived.set(topic, [one]);
        else all.push(one);
      }
    });
  }
  return derived;
}

type Reading =
  | { readonly kind: 'event'; readonly type: string; readonly event: Event }
  | { readonly kind: 'tick'; readonly number: number; readonly time: number }
  | { readonly kind: 'unreadable'; readonly code: string }
  | { readonly kind: 'other' };

const EVENTS = new Set(RULES.flatMap(({ reads }) => reads));
const TICK = 'fleetstream.platform.ClockTicked';

function understood({ key, value }: Record_, schemas: ReadonlyMap<number, AvroJson>): Reading {
  if (value === null || value.length < 5 || value[0] !== 0) return { kind: 'unreadable', code: 'not_framed' };
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  const schema = schemas.get(bytes.readUInt32BE(1)) as { namespace: string; name: string } | undefined;
  if (schema === undefined) return { kind: 'unreadable', code: 'schema_unknown' };
  const type = `${schema.namespace}.${schema.name}`;
  const record = declared.get(type);
  if (record === undefined || (type !== TICK && !EVENTS.has(type))) return { kind: 'other' };
  let read: Values;
  try {
    read = today(decode(schema, bytes, 5), record) as Values;
  } catch {
    return { kind: 'unreadable', code: 'not_decodable' };
  }
  if (type === TICK) return { kind: 'tick', number: read['number'] as number, time: read['time'] as number };
  const event = read as Event;
  if (key === null || !isText(key, `${event.tenant}/${event.device}`))
    return { kind: 'unreadable', code: 'key_mismatch' };
  if (!sound(event)) return { kind: 'unreadable', code: 'envelope_invalid' };
  return { kind: 'event', type, event };
}

/** Whether the bytes are that text, in UTF-8. */
function isText(bytes: Uint8Array, text: string): boolean {
  let i = 0;
  for (; i < text.length && text.charCodeAt(i) < 128; i++) if (bytes[i] !== text.charCodeAt(i)) return false;
  return i === text.length ? bytes.length === i : Buffer.from(text).equals(bytes);
}

function sound({ tenant, device, eventId, sequence }: Event): boolean {
  const names = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(tenant) && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(device);
  return names && /^[0-9a-f]{32}$/.test(eventId) && (sequence === null || sequence >= 0);
}

type Emitted = readonly [topic: string, key: Buffer, value: Values];

const NOTHING: readonly Emitted[] = [];

function begin(rules: Rules, partition: number): (record: Record_, reading: Reading) => readonly Emitted[] {
  const devices = new Map<string, { seen: Seen; rules: ReturnType<Rules['begin']> }>();
  let logTime = 0;
  let tick = -1;

  const event = (record: Record_, type: string, happened: Event): readonly (readonly [string, Values])[] => {
    const name = `${happened.tenant}/${happened.device}`;
    const device = devices.get(name) ?? { seen: new Seen(), rules: rules.begin() };
    devices.set(name, device);
    const judged = device.seen.judge(happened);
    if (judged.outcome === 'duplicate') return device.rules.refused('duplicate', happened, judged);
    const tooOld = logTime > 0 && happened.eventTime < logTime - rules.latenessMs;
    if (judged.outcome === 'new' && !tooOld) return device.rules.admitted(type, happened, judged);
    const code = judged.outcome === 'beyond' ? 'beyond_admission' : 'beyond_lateness';
    return [
      ...device.rules.refused('late', happened, judged),
      ['fleet.late', late(rules, code, type, happened, record)],
    ];
  };

  return (record, reading) => {
    if (reading.kind === 'tick' && reading.number > tick) {
      tick = reading.number;
      logTime = Math.max(logTime, reading.time);
    }
    if (reading.kind === 'other' || reading.kind === 'tick') return NOTHING;
    if (reading.kind === 'unreadable' ? !rules.gatekeeper : !rules.reads.includes(reading.type)) return NOTHING;
    const key = Buffer.from(record.key ?? []);
    if (reading.kind === 'unreadable')
      return [['fleet.dead-letters', key, deadLetter(rules, partition, logTime, reading.code, record)]];
    return event(record, reading.type, reading.event).map(([topic, value], i) => [
      topic,
      key,
      {
        ...value,
        causeTopic: 'fleet.events',
        causePartition: partition,
        causeOffset: record.offset,
        causePath: `${rules.name}/${rules.version}/${i}`,
        logTime,
      },
    ]);
  };
}

function late(rules: Rules, code: string, eventType: string, event: Event, { value }: Record_): Values {
  const { tenant, device, eventId, eventTime, receivedAt } = event;
  const about = { tenant, device, eventId, eventTime, receivedAt };
  return {
    ...about,
    processor: rules.name,
    code,
    horizonMs: rules.latenessMs,
    eventType,
    value: Buffer.from(value as Uint8Array),
  };
}

function deadLetter(
  rules: Rules,
  partition: number,
  time: number,
  code: string,
  { offset, key, value, headers }: Record_,
): Values {
  const parts = key === null ? [] : Buffer.from(key).toString('utf8').split('/');
  const [tenant, device] = parts.length === 2 ? (parts as [string, string]) : [null, null];
  const where = { path: null, address: null, topic: 'fleet.events', partition, offset };
  const original = { key: key === null ? null : Buffer.from(key), value: Buffer.from(value ?? []), headers };
  return { tenant, device, origin: rules.name, time, code, ...where, ...original };
}
