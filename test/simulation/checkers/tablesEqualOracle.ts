import type { Logged, Table } from '#sdk';
import type { SimulatedRow } from '#runtime/clickhouse/simulated.ts';
import type { LogRecord } from '#runtime/log/log.ts';
import { difference } from '../same.ts';
import type { World } from '../world.ts';

/** Every table holds each record of its topic once, with its place. The topics are held against the oracle elsewhere. */
export function tablesEqualOracle(world: World): string | null {
  for (const table of world.tables) {
    const found = wrongIn(world, table);
    if (found !== null) return `table ${table.name}: ${found}`;
  }
  return null;
}

function wrongIn(world: World, table: Table): string | null {
  const { log, target, partitions } = world;
  const rows = new Map<string, SimulatedRow>();
  for (const row of target.rowsOf(table)) {
    const place = `${row._partition}/${row._offset}`;
    if (rows.has(place)) return `row ${place} is there twice`;
    rows.set(place, row);
  }
  for (let partition = 0; partition < partitions; partition++) {
    const records = log.all(table.from.name, partition);
    const values = table.raw ? records.map((record) => logged(table, record)) : world.decoded(table.from, partition);
    for (const [i, { offset }] of records.entries()) {
      const place = `${partition}/${offset}`;
      const row = rows.get(place);
      if (row === undefined) return `row ${place} is missing`;
      rows.delete(place);
      for (const [name, value] of Object.entries(values[i] as object)) {
        const found = difference(row[name], value);
        if (found !== null) return `row ${place}/${name}${found}`;
      }
    }
  }
  const [extra] = rows.keys();
  return extra === undefined ? null : `row ${extra} is of no record`;
}

function logged({ from: { name: topic } }: Table, { timestamp, key, headers, value }: LogRecord): Logged {
  return { topic, timestamp, key, headers, value };
}
