import type { AvroRecord, Table } from '#sdk';
import type { RawRow } from '#runtime/clickhouse/simulated.ts';
import { asBuffer, FRAME_BYTES, schemaIdOf } from '#runtime/avro.ts';
import type { LogRecord } from '#runtime/log/log.ts';
import { difference } from '../same.ts';
import type { World } from '../world.ts';

/** Every table holds each record of its topic once, with its place. The topics are held against the oracle elsewhere. */
export async function tablesEqualOracle(world: World): Promise<string | null> {
  const schemas = new Map<number, string>();
  for (let id = 1; ; id++) {
    const record = await world.registry.schemaOf(id);
    if (record === null) break;
    schemas.set(id, placedText(record));
  }
  for (const table of world.tables) {
    const found = wrongIn(world, table, schemas);
    if (found !== null) return `table ${table.name}: ${found}`;
  }
  return null;
}

/** What stands behind the fields of each record in a container. */
const PLACE = [
  { name: '_partition', type: 'int' },
  { name: '_offset', type: 'long' },
];

/** Text of a record's schema as a container has it; the same few come in every history. */
function placedText(record: AvroRecord): string {
  const known = texts.get(record) ?? JSON.stringify({ ...record, fields: [...record.fields, ...PLACE] });
  texts.set(record, known);
  return known;
}

const texts = new WeakMap<AvroRecord, string>();

function wrongIn(
  { log, target, partitions }: World,
  table: Table,
  schemas: ReadonlyMap<number, string>,
): string | null {
  const rows = Array.from({ length: partitions }, () => new Map<number, RawRow>());
  for (const row of target.rawRowsOf(table)) {
    const ofPartition = rows[row._partition];
    if (ofPartition === undefined) return `row ${row._partition}/${row._offset} is of no partition`;
    if (ofPartition.has(row._offset)) return `row ${row._partition}/${row._offset} is there twice`;
    ofPartition.set(row._offset, row);
  }
  for (const [partition, ofPartition] of rows.entries()) {
    for (const record of log.all(table.from.name, partition)) {
      const row = ofPartition.get(record.offset);
      if (row === undefined) return `row ${partition}/${record.offset} is missing`;
      ofPartition.delete(record.offset);
      const found = table.raw ? rawDiffers(row, table, record) : differs(row, record, schemas);
      if (found !== null) return `row ${partition}/${record.offset} ${found}`;
    }
    const [extra] = ofPartition.keys();
    if (extra !== undefined) return `row ${partition}/${extra} is of no record`;
  }
  return null;
}

/** A row is its record's own bytes, under its schema. */
function differs(row: RawRow, { value }: LogRecord, schemas: ReadonlyMap<number, string>): string | null {
  const bytes = asBuffer(value as Uint8Array);
  if (row.schema !== schemas.get(schemaIdOf(bytes) as number)) return 'is written by another schema than its record';
  return row.isWritten(bytes, FRAME_BYTES) ? null : 'has other bytes than its record';
}

/** A row of a raw table says all that its record holds. */
function rawDiffers(row: RawRow, { from }: Table, { timestamp, key, headers, value }: LogRecord): string | null {
  const written = row.decoded();
  for (const [name, wanted] of Object.entries({ topic: from.name, timestamp, key, headers, value })) {
    const found = difference(written[name], wanted);
    if (found !== null) return `${name}${found}`;
  }
  return null;
}
