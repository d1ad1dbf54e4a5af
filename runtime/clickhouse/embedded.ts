import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Derived, Rollup, Table } from '#sdk';
import type { Archive } from '../log/archive/log.ts';
import { alignRollups, type Realigned } from './alignment.ts';
import { archiveOf } from './archive.ts';
import { columnsFrom } from './columns.ts';
import { createDatabase, stored } from './ddl.ts';
import type { ClickHouseEngine } from './engine.ts';
import { isRollup } from './objects.ts';
import { HERE } from './place.ts';
import { identifier, literal } from './sql.ts';
import type { Sql } from './live.ts';
import { applyChanges, heldPlaces, planModel, refusal, safe, watermarksOf } from './tables.ts';
import type { TableChange } from './table-plan.ts';
import type { Batch, Container, TableAdmin, Target } from './target.ts';

/** Sent with every insert, whatever the defaults of the version at hand. */
const SETTINGS = {
  async_insert: 0,
  max_threads: 1,
  max_insert_threads: 1,
  // Store-and-forward devices bring rows of many months at once.
  max_partitions_per_insert_block: 0,
  // One block for each container: a token covers blocks by their number, and rows then go in together.
  max_block_size: 1_000_000,
  min_insert_block_size_rows: 1_000_000,
  min_insert_block_size_bytes: 0,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  input_format_parallel_parsing: 0,
  // As `UNREMEMBERED`, for what asks which rows are there already.
  use_query_condition_cache: 0,
} as const;

/** Tables in the ClickHouse of this process. */
export class EmbeddedTarget implements Target, TableAdmin {
  readonly #engine: ClickHouseEngine;
  readonly #sql: Sql = { run: (query) => this.#run(query), rows: (query) => this.#rows(query) };
  /** Those that were prepared. */
  #rollups: readonly Rollup[] = [];
  #files = 0;

  /** Closing the target leaves the engine open. */
  constructor(engine: ClickHouseEngine) {
    this.#engine = engine;
  }

  async prepare(tables: readonly Table[], derived: readonly Derived[]): Promise<void> {
    this.#rollups = derived.filter(isRollup);
    await this.apply(safe(await this.plan(tables, derived)));
  }

  plan(tables: readonly Table[], derived: readonly Derived[]): Promise<readonly TableChange[]> {
    return planModel(this.#sql, { tables, derived });
  }

  async apply(changes: readonly TableChange[]): Promise<void> {
    await this.#run(createDatabase());
    await applyChanges(this.#sql, changes);
  }

  async insert(batch: Batch): Promise<void> {
    for (const [index, container] of batch.containers.entries()) {
      await this.#withFile(container, (file) => this.#run(insertion(batch, container, file, tokened(batch, index))));
    }
  }

  async complete(batch: Batch): Promise<void> {
    const missing = `WHERE (\`_partition\`, \`_offset\`) NOT IN (${heldPlaces(batch.table, batch.edges)})`;
    for (const [index, container] of batch.containers.entries()) {
      await this.#withFile(container, async (file) => {
        // With the token, so that a late repetition of the insert finds it used.
        await this.#run(insertion(batch, container, file, tokened(batch, index), missing));
        // A part may be lost whose token is remembered, so what is still missing goes in without one.
        await this.#run(insertion(batch, container, file, { insert_deduplicate: 0 }, missing));
      });
    }
  }

  async align(table: Table): Promise<readonly Realigned[]> {
    return alignRollups(this.#sql, this.#rollups, table, HERE);
  }

  async watermarks(table: Table): Promise<ReadonlyMap<number, number>> {
    return watermarksOf(this.#sql, table);
  }

  /** The records in a raw table. */
  archive(table: Table): Archive {
    return archiveOf(table, HERE, async (query) => {
      const session = this.#engine.connect();
      try {
        return (await session.queryAsync(query, { format: 'RowBinary' })).bytes();
      } finally {
        session.close();
      }
    });
  }

  async close(): Promise<void> {}

  /** The engine takes binary input by a file only. */
  async #withFile(container: Container, work: (file: string) => Promise<void>): Promise<void> {
    const file = join(this.#engine.incoming, `${this.#files++}.avro`);
    try {
      await writeFile(file, container.bytes);
      await work(file);
    } finally {
      await rm(file, { force: true });
    }
  }

  async #run(query: string): Promise<void> {
    try {
      await this.#engine.client.command({ query });
    } catch (error) {
      throw refusal(error);
    }
  }

  async #rows<T>(query: string): Promise<T[]> {
    const result = await this.#engine.client.query({ query, format: 'JSONEachRow' });
    return result.json<T>();
  }
}

function tokened({ token }: Batch, index: number): Readonly<Record<string, string | number>> {
  return {
    insert_deduplicate: 1,
    deduplicate_insert: 'enable',
    deduplicate_insert_select: 'force_enable',
    insert_deduplication_token: `${token}#${index}`,
  };
}

/** Columns and types are named, so that a container of an older schema fills what it has and no more. */
function insertion(
  { table }: Batch,
  { record }: Container,
  file: string,
  dedup: Readonly<Record<string, string | number>>,
  where = '',
): string {
  const columns = columnsFrom(table, record);
  const names = columns.map(({ name }) => identifier(name)).join(', ');
  const structure = columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ');
  const settings = Object.entries({ ...SETTINGS, ...dedup }).map(([name, value]) => {
    return `${name} = ${typeof value === 'string' ? literal(value) : value}`;
  });
  const source = `file(${literal(file)}, Avro, ${literal(structure)})`;
  return `INSERT INTO ${stored(table)} (${names}) SELECT ${names} FROM ${source} ${where} SETTINGS ${settings.join(', ')}`;
}
