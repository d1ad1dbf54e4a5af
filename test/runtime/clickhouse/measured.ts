import type { Table } from '#sdk';
import { tables, Telemetry } from '#schemas';
import { avroType, frame } from '#runtime/avro.ts';
import { container } from '#runtime/clickhouse/container.ts';
import type { Batch } from '#runtime/clickhouse/target.ts';

/** One row of `telemetry`, as far as the tests of what is made of it care. */
export interface Measured {
  readonly partition: number;
  readonly offset: number;
  readonly device: string;
  /** Milliseconds since `START`. */
  readonly time: number;
  readonly logTime: number;
  readonly sequence: number | null;
  readonly metrics: Readonly<Record<string, number>>;
}

export const START = Date.UTC(2026, 9, 31, 22, 0);
export const telemetryTable = tables.telemetry as Table;
const type = avroType(Telemetry.avro);

export function eventIdOf({ partition, offset }: Measured): string {
  return (((offset * 7919 + partition) % 65_537) + 1).toString(16).padStart(32, '0');
}

/** Its bytes in the topic. */
export function telemetryValue(schemaId: number, row: Measured): Buffer {
  const { partition, offset, device, time, logTime, sequence, metrics } = row;
  return frame(type, schemaId, {
    tenant: 'acme',
    device,
    eventId: eventIdOf(row),
    eventTime: START + time,
    deviceTime: START + time,
    receivedAt: START + logTime,
    clockSuspect: false,
    source: 'mqtt',
    sourceAddress: null,
    region: null,
    epoch: 1,
    sequence,
    historical: false,
    correlationId: null,
    keyId: null,
    payloadBytes: 40,
    metrics,
    labels: {},
    causeTopic: 'fleet.events',
    causePartition: partition,
    causeOffset: offset,
    causePath: 'ledger/1/0',
    logTime: START + logTime,
  });
}

/** One insert of them. */
export function telemetryBatch(rows: readonly Measured[], token: string): Batch {
  const records = rows.map((row) => ({ partition: row.partition, offset: row.offset, value: telemetryValue(1, row) }));
  const byPartition = Map.groupBy(rows, ({ partition }) => partition);
  const edges = [...byPartition].map(([partition, own]) => {
    const offsets = own.map(({ offset }) => offset);
    return { partition, first: Math.min(...offsets), last: Math.max(...offsets), count: own.length };
  });
  return { table: telemetryTable, edges, containers: [container(Telemetry.avro, records)], token };
}
