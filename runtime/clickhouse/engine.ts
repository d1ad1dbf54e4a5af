import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import type { Session } from 'chdb';
import { TargetError } from './target.ts';

/** Memory (bytes) that all inserts, merges and queries may take together; caches are part of it. */
const MEMORY_BYTES_MAX = 700 * 1024 * 1024;
const MARK_CACHE_BYTES = 32 * 1024 * 1024;
/** Threads that merge parts; inserts and queries want the other core. */
const MERGE_THREADS = 1;

type ClientOptions = NonNullable<Parameters<typeof createClient>[0]>;

/** Where the engine keeps its things, and what it may take. */
export interface EngineOptions {
  /** Folder of this engine alone; created when it is not there. */
  readonly path: string;
  readonly memoryBytesMax?: number;
}

/** ClickHouse in this process. One data folder a process, and one process a data folder. */
export interface ClickHouseEngine {
  /** For statements that this process writes itself. */
  readonly client: ClickHouseClient;
  /** Folder for files that the engine reads at once and that are then dropped. */
  readonly incoming: string;
  /** A connection with settings of its own; costs about a millisecond. Close it after its query has ended. */
  connect(): Session;
  /** Waits for what is running. */
  close(): Promise<void>;
}

/** Starts ClickHouse in this process. Rejects with `chdb_missing` where the optional package is not installed. */
export async function openEngine({
  path,
  memoryBytesMax = MEMORY_BYTES_MAX,
}: EngineOptions): Promise<ClickHouseEngine> {
  const { chdb, createChdbConnection } = await load();
  const data = join(path, 'data');
  const incoming = join(path, 'incoming');
  const config = join(path, 'config.xml');
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true });
  await mkdir(data, { recursive: true });
  await writeFile(config, configuration(incoming, memoryBytesMax));
  // The first connection of a process brings the configuration; those after it share the engine.
  const first = new chdb.Session(data, { connectionArgs: [`--config-file=${config}`] });
  // As it comes, that database shows every file of the machine as a table.
  await first.queryAsync('DROP DATABASE IF EXISTS default; CREATE DATABASE default ENGINE = Memory');
  // The two packages declare the same interface with optional members of different strictness.
  const connection = createChdbConnection({ path: data }) as unknown as NonNullable<ClientOptions['connection']>;
  const client = createClient({ connection });
  return {
    client,
    incoming,
    connect: () => new chdb.Session(data),
    async close() {
      await client.close();
      first.close();
      await chdb.drainPending();
    },
  };
}

async function load() {
  try {
    const { default: chdb } = await import('chdb');
    const { createChdbConnection } = await import('chdb/connection');
    return { chdb, createChdbConnection };
  } catch (cause) {
    const next = 'it comes with `npm install` on Linux (glibc) and macOS; elsewhere run without tables';
    throw new TargetError('chdb_missing', `the package chdb, ClickHouse in this process, cannot be loaded; ${next}`, {
      cause,
    });
  }
}

function configuration(incoming: string, memoryBytesMax: number): string {
  const settings: Readonly<Record<string, string | number>> = {
    user_files_path: incoming,
    max_server_memory_usage: memoryBytesMax,
    mark_cache_size: MARK_CACHE_BYTES,
    index_mark_cache_size: MARK_CACHE_BYTES / 4,
    primary_index_cache_size: MARK_CACHE_BYTES,
    query_condition_cache_size: MARK_CACHE_BYTES / 4,
    mmap_cache_size: 64,
    background_pool_size: MERGE_THREADS,
    background_merges_mutations_concurrency_ratio: 2,
    background_schedule_pool_size: 2,
    background_move_pool_size: 1,
    background_fetches_pool_size: 1,
    background_common_pool_size: 2,
    background_buffer_flush_schedule_pool_size: 1,
    background_message_broker_schedule_pool_size: 1,
    background_distributed_schedule_pool_size: 1,
    timezone: 'UTC',
  };
  const lines = Object.entries(settings).map(([name, value]) => `  <${name}>${escaped(String(value))}</${name}>`);
  // With few merges at once, a mutation must not wait for as many free ones as a server has.
  const merges = [
    'number_of_free_entries_in_pool_to_execute_mutation',
    'number_of_free_entries_in_pool_to_lower_max_size_of_merge',
    'number_of_free_entries_in_pool_to_execute_optimize_entire_partition',
  ].map((name) => `    <${name}>1</${name}>`);
  return ['<clickhouse>', ...lines, '  <merge_tree>', ...merges, '  </merge_tree>', '</clickhouse>', ''].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
