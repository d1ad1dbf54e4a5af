import type { Derived, Table } from '#sdk';
import { stored } from './ddl.ts';
import { asWritten, readLive, type Sql } from './live.ts';
import { hasQuery, objectsOf, qualifiedObjects, shardedObjects } from './objects.ts';
import { HERE, type Place } from './place.ts';
import { planTables, type TableChange } from './table-plan.ts';
import { type Batch, TargetError } from './target.ts';

/** What a database is to hold. */
export interface Model {
  readonly tables: readonly Table[];
  readonly derived: readonly Derived[];
}

/** What differs between the declarations and the database; changes nothing. */
export async function planModel(sql: Sql, model: Model, place = HERE): Promise<readonly TableChange[]> {
  const declared = objectsOf(model.tables, model.derived);
  const objects = qualifiedObjects(place.sharded ? shardedObjects(declared) : declared, place);
  const queries = objects.flatMap((object) => (hasQuery(object) ? [object.query] : []));
  // The server's own writing of each query is what its system tables will show.
  const written = [...(await asWritten(sql, queries))];
  const asShown = objects.map((object) =>
    hasQuery(object) ? { ...object, query: written.shift() ?? object.query } : object,
  );
  return planTables(asShown, await readLive(sql, place), place);
}

/** The changes of a plan that loses nothing. Throws `table_incompatible` for any other. */
export function safe(changes: readonly TableChange[], { database }: Place = HERE): readonly TableChange[] {
  const lossy = changes.find(({ risk }) => risk === 'loss');
  if (lossy === undefined) return changes;
  const { object, what, from, to, meaning } = lossy;
  const differs = `${database}.${object} differs from its declaration: ${what} ${from ?? 'none'} → ${to}: ${meaning}`;
  const next = 'restore the declaration, or let "fleetstream tables apply --destructive" do it';
  throw new TargetError('table_incompatible', `${differs}; ${next}`);
}

/** Does what a plan says, one statement after the other. */
export async function applyChanges(sql: Sql, changes: readonly TableChange[]): Promise<void> {
  for (const { statements } of changes) for (const statement of statements) await sql.run(statement);
}

/** The highest `_offset` of each partition that has rows. */
export async function watermarksOf(sql: Sql, table: Table, place = HERE): Promise<ReadonlyMap<number, number>> {
  const query = `SELECT \`_partition\` AS p, max(\`_offset\`) AS o FROM ${stored(table, place)} GROUP BY p`;
  const rows = await sql.rows<{ p: number; o: string | number }>(query);
  return new Map(rows.map(({ p, o }) => [p, Number(o)]));
}

/** Error codes of ClickHouse that the same row meets every time. Others may pass: memory, disk, too many parts. */
const ROW_REFUSED = new Set([
  '6', // CANNOT_PARSE_TEXT
  '27', // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  '33', // CANNOT_READ_ALL_DATA
  '53', // TYPE_MISMATCH
  '69', // ARGUMENT_OUT_OF_BOUND
  '70', // CANNOT_CONVERT_TYPE
  '72', // CANNOT_PARSE_NUMBER
  '117', // INCORRECT_DATA
  '128', // TOO_LARGE_ARRAY_SIZE
  '131', // TOO_LARGE_STRING_SIZE
  '190', // SIZES_OF_ARRAYS_DONT_MATCH
  '321', // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  '349', // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  '407', // DECIMAL_OVERFLOW
  '469', // VIOLATED_CONSTRAINT
  '748', // AVRO_EXCEPTION
]);

/** The packages of the client and of the engine each have their own class of ClickHouseError, so its code tells. */
export function refusal(error: unknown): unknown {
  const { code, message } = error as { readonly code?: unknown; readonly message: string };
  if (typeof code !== 'string' || !ROW_REFUSED.has(code)) return error;
  return new TargetError('row_refused', message, { cause: error });
}

/** Places that the table has, of those that the batch may have. */
export function heldPlaces(table: Table, edges: Batch['edges'], place = HERE): string {
  const ranges = edges.map(({ partition, first, last }) => {
    return `(\`_partition\` = ${partition} AND \`_offset\` BETWEEN ${first} AND ${last})`;
  });
  return `SELECT \`_partition\`, \`_offset\` FROM ${stored(table, place)} WHERE ${ranges.join(' OR ')}`;
}
