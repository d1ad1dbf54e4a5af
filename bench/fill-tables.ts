import type { Table } from '#sdk';
import { tables } from '#schemas';
import { stored } from '#runtime/clickhouse/ddl.ts';
import { type Expressions, FILLS, TWIN } from './fills.ts';

/** A fleet's past, made by ClickHouse itself. */
export interface FilledPast {
  /** Rows of `telemetry`; the other tables have a tenth and less. */
  readonly rows: number;
  readonly toMs: number;
}

const DAYS = 30;
const DAY_MS = 86_400_000;
/** Measurements of a device in the whole time: one each four minutes. */
const EACH = 10_000;
/** As the sink inserts, in blocks of many hours. */
const SETTINGS =
  'max_threads = 1, max_insert_threads = 1, max_partitions_per_insert_block = 0, max_block_size = 500000, ' +
  'min_insert_block_size_rows = 500000';

/** Fills every table day by day; the roll-ups fill themselves. */
export async function fillTables(run: (query: string) => Promise<void>, { rows, toMs }: FilledPast): Promise<void> {
  const devices = Math.max(Math.round(rows / EACH), 1);
  const fromMs = toMs - DAYS * DAY_MS;
  const days = Array.from({ length: DAYS }, (_, day) => day);
  for (const day of days) {
    const begins = fromMs + day * DAY_MS;
    for (const { table, share, columns, lastDays = DAYS } of FILLS) {
      if (day < DAYS - lastDays) continue;
      const count = Math.round((rows * share) / DAYS);
      await run(insertion(table, columns, { begins, count, first: day * count, devices }));
    }
    console.error(`  filled day ${day + 1} of ${DAYS}`);
  }
  await run(`INSERT INTO ${stored(tables.twins)} (${Object.keys(TWIN).join(', ')})
    SELECT ${Object.values(TWIN).join(', ')}
    FROM (SELECT number AS n, number AS device_number, ${toMs} AS at FROM numbers(${devices}))`);
}

interface Day {
  readonly begins: number;
  readonly count: number;
  /** Number of the day's first row. */
  readonly first: number;
  readonly devices: number;
}

function insertion(table: Table, columns: Expressions, { begins, count, first, devices }: Day): string {
  const names = Object.keys(columns).map((name) => `\`${name}\``);
  return `INSERT INTO ${stored(table)} (${names.join(', ')}) SELECT ${Object.values(columns).join(', ')}
    FROM (
      SELECT
        number,
        number + ${first} AS n,
        n % ${devices} AS device_number,
        intDiv(number, ${devices}) AS turn,
        ${devices} AS devices,
        ${begins} AS day_begins,
        ${count} AS rows_of_day,
        ${begins} + intDiv(number * ${DAY_MS}, ${count}) AS at
      FROM numbers(${count})
    ) SETTINGS ${SETTINGS}`;
}
