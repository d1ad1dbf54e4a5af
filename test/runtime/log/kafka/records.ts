import * as fc from 'fast-check';
import type { LogRecord, NewRecord } from '../../../../runtime/log/log.ts';

export type PlainRecord = Pick<NewRecord, 'key' | 'value' | 'headers' | 'timestamp'>;

const bytes = (maxLength: number) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.uint8Array({ maxLength }) },
    // Runs, so that compression has something to do.
    {
      weight: 1,
      arbitrary: fc.tuple(fc.nat(20_000), fc.nat(255)).map(([size, fill]) => new Uint8Array(size).fill(fill)),
    },
  );

/** Records of any shape that the log can hold. */
export const anyRecord: fc.Arbitrary<PlainRecord> = fc.record({
  key: fc.option(fc.uint8Array({ maxLength: 40 })),
  value: fc.option(bytes(300)),
  headers: fc.oneof(
    fc.constant({}),
    fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.uint8Array({ maxLength: 40 }), { maxKeys: 4 }),
  ),
  timestamp: fc.oneof(
    fc.integer({ min: 1_795_472_457_000, max: 1_795_472_458_000 }),
    fc.integer({ min: -1, max: 2 ** 52 }),
  ),
});

/** As plain values, which a test can compare: bytes as hex. */
export function plain(record: PlainRecord | LogRecord) {
  const { key, value, headers = {}, timestamp } = record;
  const names = Object.keys(headers).sort();
  return {
    key: hex(key),
    value: hex(value),
    headers: names.map((name) => [name, hex(headers[name] as Uint8Array)] as const),
    timestamp,
  };
}

export function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
