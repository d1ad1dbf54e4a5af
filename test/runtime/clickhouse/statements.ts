import type { Derived, Table } from '#sdk';
import { objectsOf, qualifiedObjects, shardedObjects } from '#runtime/clickhouse/objects.ts';
import { HERE, type Place } from '#runtime/clickhouse/place.ts';
import { planTables } from '#runtime/clickhouse/table-plan.ts';

/** What an empty database is told. */
export function statementsOf(
  tables: readonly Table[],
  derived: readonly Derived[] = [],
  place: Place = HERE,
): string[] {
  const declared = objectsOf(tables, derived);
  const objects = qualifiedObjects(place.sharded ? shardedObjects(declared) : declared, place);
  return planTables(objects, new Map(), place).flatMap(({ statements }) => statements);
}
