import { crc32c } from '@node-rs/crc32';
import type { AvroRecord, Table } from '#sdk';
import { schemaIdOf } from '../avro.ts';
import type { LogRecord } from '../log/log.ts';
import type { Registry } from '../registry/registry.ts';
import { bodyOf, container, type Framed, rawContainer } from './container.ts';
import type { Pending } from './edges.ts';
import type { Container, Edge } from './target.ts';

/** A record of the log with its partition. */
export interface Placed extends LogRecord {
  readonly partition: number;
}

/** A record that can never go into the table. */
export interface RefusedRow {
  readonly record: Placed;
  readonly code: 'value_unframed' | 'schema_unknown' | 'schema_foreign' | 'row_refused';
  readonly detail: string;
}

/** What records are for a table. */
export interface Sorted {
  /** Their values are framed, and their schemas known, unless the table is raw. */
  readonly rows: readonly Placed[];
  readonly refused: readonly RefusedRow[];
}

/** Puts a record of the log into its partition. A plain literal, since a spread costs more than all the rest. */
export function placed(partition: number, { offset, key, value, headers, timestamp }: LogRecord): Placed {
  return { partition, offset, key, value, headers, timestamp };
}

/** Tells rows from what is none. It remembers the schemas that it met; the registry gave each, so they are few. */
export class Sorter {
  readonly #registry: Registry;
  readonly #schemas = new Map<number, AvroRecord>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Tombstones are neither, but in a raw table, which holds every record. Rejects when the registry is away. */
  async sort(table: Table, records: readonly Placed[]): Promise<Sorted> {
    if (table.raw) return { rows: records, refused: [] };
    const rows: Placed[] = [];
    const refused: RefusedRow[] = [];
    const wanted = table.from.value;
    for (const record of records) {
      if (record.value === null) continue;
      const id = schemaIdOf(record.value);
      if (id === null) {
        refused.push({ record, code: 'value_unframed', detail: 'the value has no schema id before it' });
        continue;
      }
      const schema = this.#schemas.get(id) ?? (await this.#ask(id));
      if (schema === null) {
        refused.push({ record, code: 'schema_unknown', detail: `the registry has no schema ${id}` });
      } else if (schema.name !== wanted.avro.name || schema.namespace !== wanted.avro.namespace) {
        refused.push({ record, code: 'schema_foreign', detail: `schema ${id} is ${schema.name}, not ${wanted.name}` });
      } else {
        rows.push(record);
      }
    }
    return { rows, refused };
  }

  /** One container for each schema id, ascending; one for all of a raw table. The rows have been sorted out before. */
  containers(table: Table, rows: readonly Placed[]): Container[] {
    if (table.raw) return [rawOf(table, rows)];
    const bySchema = new Map<number, Framed[]>();
    for (const row of rows as readonly Framed[]) {
      const id = schemaIdOf(row.value) as number;
      const same = bySchema.get(id);
      if (same === undefined) bySchema.set(id, [row]);
      else same.push(row);
    }
    const ascending = [...bySchema].sort(([a], [b]) => a - b);
    return ascending.map(([id, same]) => container(this.#schemas.get(id) as AvroRecord, same));
  }

  async #ask(id: number): Promise<AvroRecord | null> {
    const schema = await this.#registry.schemaOf(id);
    if (schema !== null) this.#schemas.set(id, schema);
    return schema;
  }
}

/** What was hashed is what is sent, so it is made once. */
const rawMade = new WeakMap<readonly Placed[], Container>();

function rawOf(table: Table, rows: readonly Placed[]): Container {
  const made = rawMade.get(rows) ?? rawContainer(table, rows);
  rawMade.set(rows, made);
  return made;
}

/** First and last offset of each partition. The records of a partition stand together, in the order of their offsets. */
export function edgesOf(records: readonly Placed[]): Edge[] {
  const edges: Edge[] = [];
  for (let from = 0; from < records.length; ) {
    const { partition, offset } = records[from] as Placed;
    let to = from + 1;
    while (to < records.length && (records[to] as Placed).partition === partition) to++;
    edges.push({ partition, first: offset, last: (records[to - 1] as Placed).offset, count: to - from });
    from = to;
  }
  return edges;
}

/** What a hash covers: values alone, as the first version did, or all that goes into a row of the table. */
export type HashOf = 'values' | 'rows';

/**
 * CRC32C of all that goes into rows: the values, one after the other; of a raw table, where keys, headers and
 * timestamps are columns too, the rows as they are sent.
 */
export function hashOf(table: Table, records: readonly Placed[], of: HashOf = 'rows'): number {
  // One call for the batch: the way into native code costs more than the copy.
  if (of === 'rows' && table.raw) return crc32c(bodyOf(rawOf(table, records)));
  const values: Uint8Array[] = [];
  for (const { value } of records) if (value !== null) values.push(value);
  return crc32c(Buffer.concat(values));
}

/** Whether records read again are those of a batch. */
export function isSameBatch(
  table: Table,
  records: readonly Placed[],
  { edges, hash, hashes }: Pick<Pending, 'edges' | 'hash' | 'hashes'>,
): boolean {
  const flat = ({ partition, first, last, count }: Edge) => [partition, first, last, count].join();
  return edgesOf(records).map(flat).join(';') === edges.map(flat).join(';') && hashOf(table, records, hashes) === hash;
}

/** The same rows of the same log always have the same token. */
export function tokenOf(logId: string, table: Table, edges: readonly Edge[]): string {
  const places = edges.map(({ partition, first, last }) => `${partition}:${first}-${last}`);
  return `${logId}/${table.name}/${table.from.name}/${places.join(',')}`;
}

/** Rows, and bytes of their values. */
export function sizeOf(found: ReadonlyMap<number, readonly Placed[]>): [rows: number, bytes: number] {
  let [rows, bytes] = [0, 0];
  for (const records of found.values()) {
    rows += records.length;
    for (const { value } of records) bytes += value?.length ?? 0;
  }
  return [rows, bytes];
}
