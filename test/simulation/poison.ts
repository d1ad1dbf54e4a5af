import { compiled, frame } from '#runtime/avro.ts';
import type { NewRecord } from '#runtime/log/log.ts';
import { IngressReported } from '#sdk';
import type { Chance } from './chance.ts';
import type { Ids } from './workload.ts';

/** Ways in which bytes on the topic may be wrong. Each but the last two is a dead letter. */
export const POISONS = [
  'tombstone',
  'empty',
  'wrong_magic',
  'unknown_id',
  'cut_short',
  'trailing_bytes',
  'huge_count',
  'huge_string',
  'wrong_union_index',
  'long_beyond_safe',
  'other_key',
  'no_key',
  'random_bytes',
  'foreign_key_bytes',
  'type_that_nobody_reads',
] as const;

/** A broken record beside a good one, on its partition. */
export function poisoned(chance: Chance, kind: (typeof POISONS)[number], good: NewRecord, ids: Ids): NewRecord {
  const value = Buffer.from(good.value as Uint8Array);
  const headers = chance.hit(0.5)
    ? { 'content-type': Buffer.from('application/avro'), trace: Buffer.from([0, 255]) }
    : {};
  const broken = { ...good, headers };
  const cut = chance.int(5, value.length - 1);
  switch (kind) {
    case 'tombstone':
      return { ...broken, value: null };
    case 'empty':
      return { ...broken, value: Buffer.alloc(chance.int(0, 4)) };
    case 'wrong_magic':
      return { ...broken, value: Buffer.concat([Buffer.from([1]), value.subarray(1)]) };
    case 'unknown_id':
      return { ...broken, value: Buffer.concat([Buffer.from([0, 0xff, 0, 0, chance.int(0, 255)]), value.subarray(5)]) };
    case 'cut_short':
      return { ...broken, value: value.subarray(0, cut) };
    case 'trailing_bytes':
      return { ...broken, value: Buffer.concat([value, Buffer.alloc(chance.int(1, 3))]) };
    case 'huge_count':
      return { ...broken, value: telemetryWith(ids, Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f])) };
    case 'huge_string':
      return {
        ...broken,
        value: Buffer.concat([value.subarray(0, 5), Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f]), value.subarray(5)]),
      };
    case 'wrong_union_index':
      return { ...broken, value: telemetryWith(ids, Buffer.alloc(0), 7) };
    case 'long_beyond_safe':
      return { ...broken, value: telemetryWith(ids, Buffer.alloc(0), 0, true) };
    case 'other_key':
      return { ...broken, key: Buffer.from('acme/another') };
    case 'no_key':
      return { ...broken, key: null };
    case 'random_bytes':
      return { ...broken, value: Buffer.from(Array.from({ length: chance.int(0, 60) }, () => chance.int(0, 255))) };
    case 'foreign_key_bytes':
      return { ...broken, key: Buffer.from([0xff, 0x00, 0x2f]) };
    case 'type_that_nobody_reads': {
      const { id } = ids.get('IngressReported') as { id: number };
      const report = { connector: 'mqtt', instance: '1', time: 0, status: 'STARTED' };
      return { ...broken, key: null, value: frame(compiled(IngressReported.avro), id, report) };
    }
  }
}

/** A telemetry event written field by field, wrong in one place. */
function telemetryWith(ids: Ids, mapBytes: Buffer, deviceTimeBranch = 0, long = false): Buffer {
  const { id } = ids.get('TelemetryReported') as { id: number };
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  const text = (value: string) => Buffer.concat([Buffer.from([value.length * 2]), Buffer.from(value)]);
  const eventTime = long ? Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]) : Buffer.from([2]);
  return Buffer.concat([
    head,
    ...['acme', 'd0', '0'.repeat(32)].map(text),
    eventTime,
    Buffer.from([deviceTimeBranch * 2]),
    Buffer.from([2, 0]),
    text('mqtt'),
    Buffer.from([0, 0, 0, 0, 0, 0, 0, 2]),
    mapBytes.length > 0 ? mapBytes : Buffer.from([0]),
    Buffer.from([0]),
  ]);
}
