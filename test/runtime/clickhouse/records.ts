import { schema, type Table, table, topic } from '#sdk';
import { avroType, frame } from '#runtime/avro.ts';

/** A small record with every kind of column. */
export interface Sample {
  readonly tenant: string;
  readonly device: string;
  readonly at: number;
  readonly kind: 'UNKNOWN' | 'GOOD' | 'BAD';
  readonly count: number;
  readonly ratio: number | null;
  readonly seenAt: number | null;
  readonly region: string | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly writes: readonly { readonly path: string; readonly value: string | null }[];
  readonly raw: Uint8Array;
  readonly fine: boolean;
}

const time = { type: 'long', logicalType: 'timestamp-millis' } as const;
const field = { doc: 'It’s a `field`.', dataClass: 'operational' };

/** The fields that an older version of the record lacks come last. */
export const sampleFields = [
  { ...field, name: 'tenant', type: 'string' },
  { ...field, name: 'device', type: 'string' },
  { ...field, name: 'at', type: time },
  {
    ...field,
    name: 'kind',
    type: { type: 'enum', name: 'Kind', symbols: ['UNKNOWN', 'GOOD', 'BAD'], default: 'UNKNOWN' },
    default: 'UNKNOWN',
  },
  { ...field, name: 'count', type: 'long' },
  { ...field, name: 'ratio', type: ['null', 'double'], default: null },
  { ...field, name: 'seenAt', type: ['null', time], default: null },
  { ...field, name: 'region', type: ['null', 'string'], default: null },
  { ...field, name: 'metrics', type: { type: 'map', values: 'double' } },
  {
    ...field,
    name: 'writes',
    type: {
      type: 'array',
      items: {
        type: 'record',
        name: 'Write',
        fields: [
          { ...field, name: 'path', type: 'string' },
          { ...field, name: 'value', type: ['null', 'string'], default: null },
        ],
      },
    },
  },
  { ...field, name: 'raw', type: 'bytes' },
  { ...field, name: 'fine', type: 'boolean', default: true },
] as const;

export const Sample = schema<Sample>({
  type: 'record',
  name: 'Sample',
  namespace: 'test',
  doc: 'A sample.',
  fields: sampleFields,
});

export const samples = topic({ name: 'samples', doc: 'Samples.', value: Sample });

export const sampleTable = table({
  name: 'samples',
  doc: 'Every sample; it’s append-only.',
  from: samples,
  orderBy: ['tenant', 'device', 'at', '_offset'],
  partitionBy: 'at',
  dataClass: 'telemetry',
}) as Table;

export const newestTable = table({
  name: 'newest',
  doc: 'The newest sample of every device.',
  from: samples,
  engine: { kind: 'latest' },
  orderBy: ['tenant', 'device'],
  without: ['raw', 'writes'],
  dataClass: 'telemetry',
}) as Table;

export function sample(number: number): Sample {
  return {
    tenant: 'acme',
    device: `device-${number % 7}`,
    at: Date.UTC(2026, 0, 31, 23, 59, 59, 990) + number,
    kind: number % 2 === 0 ? 'GOOD' : 'BAD',
    count: number,
    ratio: number % 3 === 0 ? null : number / 3,
    seenAt: number % 5 === 0 ? null : Date.UTC(2026, 0, 1) + number,
    region: number % 4 === 0 ? null : 'eu',
    metrics: { temperatureC: number / 2, humidityPct: 40 },
    writes:
      number % 2 === 0
        ? []
        : [
            { path: '/a', value: '1' },
            { path: '/b', value: null },
          ],
    raw: Buffer.from([0, number % 256, 255]),
    fine: number % 2 === 1,
  };
}

const type = avroType(Sample.avro);

export function framed(id: number, number: number): Buffer {
  return frame(type, id, sample(number));
}
