import { type AnyProcessor, deadLetters, type Emission, type Envelope, emit, lateEvents } from '#sdk';
import { asBuffer } from '../avro.ts';
import type { LogRecord } from '../log/log.ts';

/** Why a record is given up, by whom, and when. */
interface GivenUp {
  readonly code: string;
  readonly detail: string;
  readonly origin: string;
  /** Log time, in ms. */
  readonly time: number;
}

/** The dead letter of a record that nobody can read: its bytes as they were. */
export function deadLetterOf(
  record: LogRecord,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  { code, detail, origin, time }: GivenUp,
): Emission {
  const [tenant, device] = keyParts(record.key);
  return emit(deadLetters, {
    tenant,
    device,
    origin,
    time,
    code,
    detail,
    path: null,
    address: null,
    topic,
    partition,
    offset: record.offset,
    key: record.key === null ? null : asBuffer(record.key),
    value: asBuffer(record.value ?? new Uint8Array()),
    headers: Object.fromEntries(Object.entries(record.headers).map(([name, bytes]) => [name, asBuffer(bytes)])),
  });
}

/** The account of an event that came beyond a horizon and changed no state. */
export function lateEventOf(
  record: LogRecord,
  event: Envelope,
  {
    code,
    processor,
    eventType,
  }: { readonly code: string; readonly processor: AnyProcessor; readonly eventType: string },
): Emission {
  return emit(lateEvents, {
    tenant: event.tenant,
    device: event.device,
    eventId: event.eventId,
    eventTime: event.eventTime,
    receivedAt: event.receivedAt,
    processor: processor.name,
    code,
    // Who takes events of any age still cannot tell those of a life long past from duplicates.
    horizonMs: Math.min(processor.latenessMs, LONG_MAX),
    eventType,
    value: asBuffer(record.value as Uint8Array),
  });
}

/** The largest that avsc writes. */
const LONG_MAX = Number.MAX_SAFE_INTEGER - 1;

function keyParts(key: Uint8Array | null): readonly [string | null, string | null] {
  if (key === null) return [null, null];
  const [tenant, device, ...more] = asBuffer(key).toString('utf8').split('/');
  if (tenant === undefined || device === undefined || more.length > 0) return [null, null];
  return [tenant, device];
}
