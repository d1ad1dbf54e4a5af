import type { Table } from '#sdk';
import { columnsOf } from '#runtime/clickhouse/columns.ts';
import { stored } from '#runtime/clickhouse/ddl.ts';

const TIME = /(?:Time|At|since)$/;

/** Inserts records in the order of their offsets, of which each partition has its own. */
export function insertion(table: Table, records: readonly object[]): string {
  const next = new Map<number, number>();
  const text = records.map((record) => {
    const partition = (record as { readonly _partition?: number })._partition ?? 0;
    const offset = next.get(partition) ?? 0;
    next.set(partition, offset + 1);
    const named = new Map<string, unknown>([...Object.entries(record), ['_offset', offset], ['_partition', partition]]);
    const row = Object.fromEntries(columnsOf(table).map(({ name }) => [name, named.get(name)]));
    // Plain integers are seconds to ClickHouse.
    return JSON.stringify(row, (key, value: unknown) =>
      typeof value === 'number' && TIME.test(key) ? new Date(value).toISOString() : value,
    );
  });
  const settings = "date_time_input_format = 'best_effort', async_insert = 0, max_partitions_per_insert_block = 0";
  return `INSERT INTO ${stored(table)} SETTINGS ${settings} FORMAT JSONEachRow ${text.join('\n')}`;
}

/** A time in milliseconds, as SQL. */
export function sqlTime(ms: number): string {
  return `'${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')}'`;
}
