import { type Rollup, SPANS, type Table } from '#sdk';
import { alter, create, drop, qualified } from './ddl.ts';
import type { Sql } from './live.ts';
import { minuteOf, periodOf, rollupQuery, statesTable, storedName } from './objects.ts';
import type { Place } from './place.ts';
import { UNREMEMBERED } from './sql.ts';

/** A month or day of a roll-up that did not hold what its table does, and was added up again. */
export interface Realigned {
  readonly rollup: string;
  readonly period: string;
  /** Rows of the table that it counted, and those that it counts now. */
  readonly before: number;
  readonly after: number;
}

/**
 * Adds up again those months or days of the roll-ups of a table that do not count exactly its rows. A roll-up is fed
 * by each insert on its own, so one that was cut off half-way, was repeated after its token was forgotten, or brought
 * back rows that were lost, leaves it short or counts twice. A period that the table no longer has stays as it is.
 * Nothing may be inserted meanwhile.
 */
export async function alignRollups(
  sql: Sql,
  rollups: readonly Rollup[],
  table: Table,
  place: Place,
): Promise<readonly Realigned[]> {
  const done: Realigned[] = [];
  for (const rollup of rollups.filter(({ from }) => from.name === table.name)) {
    const wanted = await countsOf(sql, wantedCounts(rollup, place));
    const held = await countsOf(sql, heldCounts(rollup, place));
    for (const [period, { rows, offsets }] of wanted) {
      const before = held.get(period);
      if (before?.rows === rows && before.offsets === offsets) continue;
      await addUp(sql, rollup, period, place);
      done.push({
        rollup: rollup.name,
        period,
        before: Number(before?.rows ?? 0) / SPAN_COUNT,
        after: Number(rows) / SPAN_COUNT,
      });
    }
  }
  return done;
}

/** Each row is counted once in each. */
const SPAN_COUNT = Object.keys(SPANS).length;

interface Counts {
  readonly period: string;
  readonly rows: string;
  readonly offsets: string;
}

async function countsOf(sql: Sql, query: string): Promise<ReadonlyMap<string, Counts>> {
  return new Map((await sql.rows<Counts>(query)).map((counts) => [counts.period, counts]));
}

/** By period, as text: sums of offsets grow beyond what a number holds. */
function wantedCounts(rollup: Rollup, place: Place): string {
  const times = rollup.each?.rows ?? '1';
  return `
    SELECT
      toString(${periodOf(rollup.from)}(${minuteOf(rollup)})) AS period,
      toString(${SPAN_COUNT} * sum(toUInt64(${times}))) AS rows,
      toString(${SPAN_COUNT} * sum(toInt64(${times}) * _offset)) AS offsets
    FROM ${qualified(storedName(rollup.from), place)}
    GROUP BY period
    HAVING rows != '0'`;
}

function heldCounts({ name, from }: Rollup, place: Place): string {
  return `
    SELECT
      toString(${periodOf(from)}(start)) AS period,
      toString(sum(rows)) AS rows,
      toString(sum(offsets)) AS offsets
    FROM ${qualified(name, place)}
    GROUP BY period`;
}

/** Beside the states, which are replaced at once: a reader sees the old period or the new one. */
async function addUp(sql: Sql, rollup: Rollup, period: string, place: Place): Promise<void> {
  const aside = { ...statesTable(rollup), name: `${rollup.name}_again` };
  // On a cluster too, it stands on the one replica that is asked.
  const here = { ...place, cluster: null };
  const condition = `WHERE ${periodOf(rollup.from)}(${minuteOf(rollup)}) = ${Number(period)}`;
  const query = rollupQuery(rollup, qualified(storedName(rollup.from), place), condition);
  await sql.run(drop('TABLE', aside.name, here));
  for (const statement of create(aside, here)) await sql.run(statement);
  await sql.run(`INSERT INTO ${qualified(aside.name, here)} ${query} SETTINGS ${MEMORY}`);
  await sql.run(alter(rollup.name, [`REPLACE PARTITION ${Number(period)} FROM ${qualified(aside.name, here)}`], here));
  await sql.run(drop('TABLE', aside.name, here));
}

/** A period of minutes may be more than fits in memory, and then goes over the disk. The rows are read, not remembered. */
const MEMORY = `max_bytes_before_external_group_by = 134217728, max_threads = 1, max_insert_threads = 1, ${UNREMEMBERED}`;
