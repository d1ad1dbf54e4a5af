import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Table, View } from '#sdk';
import { columnsFrom } from './columns.ts';
import {
  alterTable,
  CREATE_DATABASE,
  createLatestView,
  createTable,
  createView,
  DATABASE,
  type Existing,
  stored,
  storedName,
} from './ddl.ts';
import type { ClickHouseEngine } from './engine.ts';
import { identifier, literal } from './sql.ts';
import { type Batch, type Container, type Target, TargetError } from './target.ts';

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
} as const;

/** Tables in the ClickHouse of this process. */
export class EmbeddedTarget implements Target {
  readonly #engine: ClickHouseEngine;
  #files = 0;

  /** Closing the target leaves the engine open. */
  constructor(engine: ClickHouseEngine) {
    this.#engine = engine;
  }

  async prepare(tables: readonly Table[], views: readonly View[]): Promise<void> {
    await this.#run(CREATE_DATABASE);
    for (const table of tables) {
      const existing = await this.#existing(table);
      for (const sql of existing === null ? [createTable(table)] : alterTable(table, existing)) await this.#run(sql);
      const latest = createLatestView(table);
      if (latest !== null) await this.#run(latest);
    }
    for (const view of views) await this.#run(createView(view));
  }

  async insert(batch: Batch): Promise<void> {
    for (const [index, container] of batch.containers.entries()) {
      await this.#withFile(container, (file) => this.#run(insertion(batch, container, file, tokened(batch, index))));
    }
  }

  async complete(batch: Batch): Promise<void> {
    const missing = `WHERE (\`_partition\`, \`_offset\`) NOT IN (${held(batch)})`;
    for (const [index, container] of batch.containers.entries()) {
      await this.#withFile(container, async (file) => {
        // With the token, so that a late repetition of the insert finds it used.
        await this.#run(insertion(batch, container, file, tokened(batch, index), missing));
        // A part may be lost whose token is remembered, so what is still missing goes in without one.
        await this.#run(insertion(batch, container, file, { insert_deduplicate: 0 }, missing));
      });
    }
  }

  async watermarks(table: Table): Promise<ReadonlyMap<number, number>> {
    const sql = `SELECT \`_partition\` AS p, max(\`_offset\`) AS o FROM ${stored(table)} GROUP BY p`;
    const rows = await this.#rows<{ p: number; o: string }>(sql);
    return new Map(rows.map(({ p, o }) => [p, Number(o)]));
  }

  async close(): Promise<void> {}

  async #existing(table: Table): Promise<Existing | null> {
    const name = literal(storedName(table));
    const where = `database = ${literal(DATABASE)} AND`;
    const keys = 'engine, sorting_key AS sortingKey, partition_key AS partitionKey';
    const [found] = await this.#rows<Omit<Existing, 'columns'>>(
      `SELECT ${keys} FROM system.tables WHERE ${where} name = ${name}`,
    );
    if (found === undefined) return null;
    const sql = `SELECT name, type FROM system.columns WHERE ${where} table = ${name} ORDER BY position`;
    const columns = await this.#rows<{ name: string; type: string }>(sql);
    return { ...found, columns: new Map(columns.map(({ name: column, type }) => [column, type])) };
  }

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

/** The packages of the client and of the engine each have their own class of ClickHouseError, so its code tells. */
function refusal(error: unknown): unknown {
  const { code, message } = error as { readonly code?: unknown; readonly message: string };
  if (typeof code !== 'string' || !ROW_REFUSED.has(code)) return error;
  return new TargetError('row_refused', message, { cause: error });
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

/** Places that the table has, of those that the batch may have. */
function held({ table, edges }: Batch): string {
  const ranges = edges.map(({ partition, first, last }) => {
    return `(\`_partition\` = ${partition} AND \`_offset\` BETWEEN ${first} AND ${last})`;
  });
  return `SELECT \`_partition\`, \`_offset\` FROM ${stored(table)} WHERE ${ranges.join(' OR ')}`;
}
