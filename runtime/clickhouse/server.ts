import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { Derived, Rollup, Table } from '#sdk';
import type { Archive } from '../log/archive/log.ts';
import { alignRollups, type Realigned } from './alignment.ts';
import { archiveOf } from './archive.ts';
import { columnsFrom } from './columns.ts';
import { container, rowsIn } from './container.ts';
import { createDatabase, stored } from './ddl.ts';
import { isRollup, localName, storedName } from './objects.ts';
import type { Place } from './place.ts';
import { identifier, literal, UNREMEMBERED } from './sql.ts';
import type { Sql } from './live.ts';
import { applyChanges, heldPlaces, planModel, refusal, safe, watermarksOf } from './tables.ts';
import type { TableChange } from './table-plan.ts';
import { type Batch, type Container, type TableAdmin, type Target, TargetError } from './target.ts';

/** A request that takes longer is given up; the token makes its repetition harmless. */
const REQUEST_MS_MAX = 120_000;

/** Sent with every insert, whatever the server's profile says. */
const INSERT_SETTINGS = {
  async_insert: 0,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_insert_threads: 1,
  // Store-and-forward devices bring rows of many months at once.
  max_partitions_per_insert_block: 0,
  // One block for each container: a token covers blocks by their number, and rows then go in together.
  max_insert_block_size: 1_000_000,
  min_insert_block_size_rows: 1_000_000,
  min_insert_block_size_bytes: 0,
} as const;

/** An insert is answered once each shard has its part, under the same token. */
const SHARDED_SETTINGS = { distributed_foreground_insert: 1 } as const;

/** Where the server is, and whose tables these are. */
export interface ServerOptions extends Omit<Place, 'sharded'> {
  /** Of its HTTP interface, with user and password: `https://user:password@host:8443`. */
  readonly url: string;
}

/** Tables in a ClickHouse server, or in the replicas of a cluster, over HTTP. */
export class ServerTarget implements Target, TableAdmin {
  /** Whether the cluster has several shards is known once it was asked. */
  #place: Place;
  readonly #client: ClickHouseClient;
  readonly #sql: Sql;
  /** Those that were prepared. */
  #rollups: readonly Rollup[] = [];

  constructor(options: ServerOptions) {
    const { database, cluster } = options;
    this.#place = { database, cluster, sharded: false };
    // Of no database: that of the tables may not be there yet, and every name is said with it.
    this.#client = createClient({
      url: options.url,
      application: 'fleetstream',
      request_timeout: REQUEST_MS_MAX,
      log: { level: ClickHouseLogLevel.OFF },
    });
    this.#sql = speak(this.#client, cluster);
  }

  async prepare(tables: readonly Table[], derived: readonly Derived[]): Promise<void> {
    this.#rollups = derived.filter(isRollup);
    await this.apply(safe(await this.plan(tables, derived), this.#place));
  }

  async plan(tables: readonly Table[], derived: readonly Derived[]): Promise<readonly TableChange[]> {
    await this.#askShards();
    return planModel(this.#sql, { tables, derived }, this.#place);
  }

  async apply(changes: readonly TableChange[]): Promise<void> {
    const { database } = this.#place;
    const [found] = await this.#sql.rows(`SELECT 1 FROM system.databases WHERE name = ${literal(database)}`);
    // Whoever may make tables need not have the right to make a database.
    if (found === undefined) await this.#sql.run(createDatabase(this.#place));
    await applyChanges(this.#sql, changes);
  }

  async insert(batch: Batch): Promise<void> {
    for (const [index, part] of batch.containers.entries()) await this.#put(batch, part, `${batch.token}#${index}`);
  }

  async complete(batch: Batch): Promise<void> {
    await this.#sync(batch.table);
    for (const [index, part] of batch.containers.entries()) {
      // With the token, so that an insert that is still under way does not repeat it.
      const before = await this.#missing(batch, part);
      if (before === null) continue;
      await this.#put(batch, before, `${batch.token}#${index}`);
      // A part may be lost whose token is remembered, so what is still missing goes in with another one.
      const after = await this.#missing(batch, part);
      if (after !== null) await this.#put(batch, after, `${batch.token}#${index}/${randomUUID()}`);
    }
  }

  async align(table: Table): Promise<readonly Realigned[]> {
    // A month is added up beside its states on one server, which has not the states of other shards.
    if (this.#place.sharded) return [];
    await this.#sync(table);
    return alignRollups(this.#sql, this.#rollups, table, this.#place);
  }

  async watermarks(table: Table): Promise<ReadonlyMap<number, number>> {
    await this.#sync(table);
    return watermarksOf(this.#sql, table, this.#place);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  /** The records in a raw table, which need not be prepared. Closing the target closes it too. */
  async archive(table: Table): Promise<Archive> {
    await this.#askShards();
    return archiveOf(table, this.#place, async (query) => {
      await this.#sync(table);
      return asked(async () => buffer((await this.#client.exec({ query: `${query} FORMAT RowBinary` })).stream));
    });
  }

  async #askShards(): Promise<void> {
    const { cluster } = this.#place;
    if (cluster !== null) this.#place = { ...this.#place, sharded: (await shardsOf(this.#sql, cluster)) > 1 };
  }

  /** What is read next shows every row that any replica has acknowledged. */
  async #sync(table: Table): Promise<void> {
    const { database, cluster, sharded } = this.#place;
    if (cluster === null) return;
    const name = sharded
      ? ` ON CLUSTER ${identifier(cluster)} ${identifier(database)}.${identifier(localName(storedName(table)))}`
      : ` ${stored(table, this.#place)}`;
    await this.#sql.run(`SYSTEM SYNC REPLICA${name} LIGHTWEIGHT`);
  }

  /** Those rows of a container that the table lacks; null when it has all. */
  async #missing({ table, edges }: Batch, part: Container): Promise<Container | null> {
    const held = await this.#sql.rows<Held>(`${heldPlaces(table, edges, this.#place)} SETTINGS ${UNREMEMBERED}`);
    const places = new Set(held.map(({ _partition, _offset }) => `${_partition}/${_offset}`));
    const rows = rowsIn(part).filter(({ partition, offset }) => !places.has(`${partition}/${offset}`));
    return rows.length === 0 ? null : container(part.record, rows);
  }

  async #put({ table }: Batch, part: Container, token: string): Promise<void> {
    const names = columnsFrom(table, part.record).map(({ name }) => identifier(name));
    const sent = this.#place.sharded ? { ...INSERT_SETTINGS, ...SHARDED_SETTINGS } : INSERT_SETTINGS;
    const settings = Object.entries(sent).map(([name, value]) => `${name} = ${value}`);
    settings.push(`insert_deduplication_token = ${literal(token)}`);
    const into = `${stored(table, this.#place)} (${names.join(', ')})`;
    const query = `INSERT INTO ${into} SETTINGS ${settings.join(', ')} FORMAT Avro`;
    try {
      await asked(async () => {
        const values = Readable.from([part.bytes], { objectMode: false });
        const { stream } = await this.#client.exec({ query, values });
        // The connection is free for the next request once the answer is read.
        await finished(stream.resume());
      });
    } catch (error) {
      // The server's Avro reader gives what it cannot read no number of its own, so a reader of ours tells.
      if ((error as { readonly code?: unknown }).code === STD_EXCEPTION) rowsIn(part);
      throw error;
    }
  }
}

const STD_EXCEPTION = '1001';

function speak(client: ClickHouseClient, cluster: string | null): Sql {
  const settings = cluster === null ? {} : REPLICA_SETTINGS;
  return {
    async run(query) {
      await asked(() => client.command({ query, clickhouse_settings: settings }));
    },
    rows: (query) => asked(async () => (await client.query({ query, format: 'JSONEachRow' })).json()),
  };
}

/** How many shards a cluster has. Rejects with `cluster_unknown`. */
async function shardsOf(sql: Sql, cluster: string): Promise<number> {
  const where = `WHERE cluster = ${literal(cluster)}`;
  const [found] = await sql.rows<{ shards: number }>(
    `SELECT toUInt32(uniqExact(shard_num)) AS shards FROM system.clusters ${where}`,
  );
  if (found !== undefined && found.shards > 0) return found.shards;
  const next = 'set it to a name in its system.clusters';
  throw new TargetError(
    'cluster_unknown',
    `clickhouse.cluster is ${cluster}: the server knows no such cluster; ${next}`,
  );
}

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    if (typeof code !== 'string' || !DENIED.has(code)) throw refusal(error);
    const next = 'correct user and password of clickhouse.url, or grant that user what the sink needs';
    throw new TargetError('target_denied', `${message.split('\n')[0]}; ${next}`, { cause: error });
  }
}

/** A row as it is asked for by its place. */
interface Held {
  readonly _partition: number;
  readonly _offset: number | string;
}

/** How long one waits for replicas, in seconds. One that is away makes a change of tables when it is back. */
const REPLICA_SETTINGS = {
  receive_timeout: 60,
  distributed_ddl_task_timeout: 15,
  distributed_ddl_output_mode: 'null_status_on_timeout',
} as const;

/** Error codes of ClickHouse that only a person can mend. */
const DENIED = new Set([
  '192', // UNKNOWN_USER
  '193', // WRONG_PASSWORD
  '194', // REQUIRED_PASSWORD
  '497', // ACCESS_DENIED
  '516', // AUTHENTICATION_FAILED
]);
