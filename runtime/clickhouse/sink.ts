import { DeadLettered, deadLetters, type Table } from '#sdk';
import { compiled, frame } from '../avro.ts';
import type { Log } from '../log/log.ts';
import type { Registry } from '../registry/registry.ts';
import { type RefusedRow, Sorter } from './batch.ts';
import { Edges } from './edges.ts';
import { Feed } from './feed.ts';
import type { FeedContext } from './feed-context.ts';
import type { SinkObserver } from './observer.ts';
import type { Target } from './target.ts';

/** Inserts in flight at once, over all tables. */
const INSERTS_MAX = 2;
/** Rows of one insert; beyond this an insert gets slower by the row. */
const ROWS_MAX = 20_000;
/** Bytes of the values of one insert, and what each table may hold in memory. */
const BYTES_MAX = 4 * 1024 * 1024;
/** How long a row may wait for others. */
const FLUSH_MS_MAX = 250;

/** What a sink needs and may be told. */
export interface SinkOptions {
  readonly log: Log;
  readonly registry: Registry;
  readonly target: Target;
  /** Already prepared in the target. Their topics hold only what this project encoded. */
  readonly tables: readonly Table[];
  /** Partitions of every topic. */
  readonly partitions: number;
  readonly flushMsMax?: number;
  readonly rowsMax?: number;
  readonly bytesMax?: number;
  readonly insertsMax?: number;
  readonly clock?: { now(): number; sleep(ms: number): Promise<void> };
  /** Called between any two steps of the commit path; a crash test dies here. */
  readonly step?: (name: string) => void | Promise<void>;
  /** Told of retries, refused rows and tables that are behind. */
  readonly report?: (code: string, detail: Readonly<Record<string, unknown>>) => void;
  readonly observer?: SinkObserver | undefined;
}

/** How a table stands. */
export interface TableStats {
  readonly table: string;
  /** Put into the table by this life of the sink. */
  readonly rows: number;
  /** Gone to the dead letters. */
  readonly refused: number;
  readonly batches: number;
  /** Since when (ms, the sink's clock) something it needs has been away; null when all is well. */
  readonly waitingSince: number | null;
  /** Timestamp (ms, the log's) of the oldest record that has been read and is not in the table yet; null when none is. */
  readonly oldest: number | null;
  /** Next offset of each partition; what lies before is in the table. */
  readonly positions: ReadonlyMap<number, number>;
}

/** Keeps tables equal to their topics. */
export interface Sink {
  stats(): readonly TableStats[];
  /** Records of its topic that are not in a table yet. */
  lag(): Promise<ReadonlyMap<string, number>>;
  /** Of each topic, the first offset of each partition that a table may read again; a partition that is not there may be whole. */
  needed(): ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Flushes what can be read, then ends; once `late` is given, what is under way is the last. */
  stop(late?: AbortSignal): Promise<void>;
  /** Ends without a flush, as soon as what is under way has been answered: another sink may have taken over. */
  abandon(): Promise<void>;
  /** Resolves after `stop`; rejects when a table can go no further: `edge_mismatch`, `log_mismatch`, `fenced`; or, with `ownership_lost`, after `abandon`. */
  readonly done: Promise<void>;
}

/** Begins to feed tables from their topics, each record exactly once. */
export async function startSink(options: SinkOptions): Promise<Sink> {
  const { log, registry, target, tables, partitions, clock = WALL, step = () => {}, report = () => {} } = options;
  // Whether the processor that writes a topic ever ran, or runs, is not asked.
  const topics = new Set([...tables.map(({ from }) => from), deadLetters]);
  await log.ensureTopics(Array.from(topics, ({ name, cleanup }) => ({ name, partitions, cleanup })));
  const edges = await Edges.open(log, () => clock.now());
  await registry.register(DeadLettered.avro);
  let stopping = false;
  let late: AbortSignal | undefined;
  let abandoned = false;
  const context: FeedContext = {
    log,
    target,
    edges,
    partitions,
    clock,
    step,
    report,
    sorter: new Sorter(registry),
    rowsMax: options.rowsMax ?? ROWS_MAX,
    bytesMax: options.bytesMax ?? BYTES_MAX,
    flushMsMax: options.flushMsMax ?? FLUSH_MS_MAX,
    limit: limiter(options.insertsMax ?? INSERTS_MAX),
    deadLetter: (table, refused) => deadLetter(options, clock.now(), table, refused),
    stopping: () => stopping,
    late: () => late?.aborted ?? false,
    observer: options.observer,
    abandoned: () => abandoned,
  };
  const feeds = tables.map((table) => new Feed(table, context));
  const runs = feeds.map((feed) =>
    feed.run().catch((error: unknown) => {
      // One table that cannot be trusted stops all: half of the truth is none.
      stopping = true;
      throw error;
    }),
  );
  const done = Promise.allSettled(runs).then((ends) => {
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  });
  done.catch((error: unknown) => {
    if (!abandoned) report('sink_stopped', { error: (error as Error).message });
  });
  return {
    stats: () => feeds.map(statsOf),
    lag: () => lagsOf(log, feeds),
    needed: () => neededBy(feeds),
    stop: async (signal) => {
      late = signal;
      stopping = true;
      await done;
    },
    abandon: async () => {
      abandoned = true;
      await done.catch(() => undefined);
    },
    done,
  };
}

const WALL = {
  now: () => Date.now(),
  sleep: (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms)),
};

function statsOf({ table, rows, refused, batches, waitingSince, oldest, positions }: Feed): TableStats {
  return { table: table.name, rows, refused, batches, waitingSince, oldest, positions };
}

function neededBy(feeds: readonly Feed[]): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const byTopic = Map.groupBy(feeds, ({ table }) => table.from.name);
  return new Map(
    Array.from(byTopic, ([topic, ofTopic]) => {
      const partitions = [...(ofTopic[0] as Feed).needed.keys()];
      return [topic, new Map(partitions.map((each) => [each, leastNeeded(ofTopic, each)]))];
    }),
  );
}

/** 0 as long as one of the tables does not know. */
function leastNeeded(feeds: readonly Feed[], partition: number): number {
  return Math.min(...feeds.map(({ needed }) => needed.get(partition) ?? 0));
}

async function lagsOf(log: Log, feeds: readonly Feed[]): Promise<ReadonlyMap<string, number>> {
  return new Map(await Promise.all(feeds.map(async (feed) => [feed.table.name, await lagOf(log, feed)] as const)));
}

async function lagOf(log: Log, { table, positions }: Feed): Promise<number> {
  let lag = 0;
  for (const [partition, next] of positions) lag += (await log.endOffset(table.from.name, partition)) - next;
  return lag;
}

function limiter(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

const deadLettered = compiled(DeadLettered.avro);

async function deadLetter(
  { log, registry, report }: SinkOptions,
  time: number,
  table: Table,
  refused: readonly RefusedRow[],
) {
  for (const { record, code, detail } of refused) {
    const { partition, offset } = record;
    report?.(code, { table: table.name, topic: table.from.name, partition, offset, detail });
  }
  // A dead letter that no table takes would only beget another one.
  if (table.from.name === deadLetters.name) return;
  const id = await registry.register(DeadLettered.avro);
  const letters = refused.map(({ record: { partition, offset, key, value, headers }, code, detail }) => {
    const place = {
      topic: table.from.name,
      partition,
      offset,
      key: bytes(key),
      value: bytes(value) ?? Buffer.alloc(0),
    };
    const why = {
      origin: `sink/${table.name}`,
      time,
      code,
      detail,
      path: null,
      address: null,
      tenant: null,
      device: null,
    };
    const copied = Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, bytes(header)]));
    const framed = frame(deadLettered, id, { ...why, ...place, headers: copied });
    return { topic: deadLetters.name, partition, key, value: framed, timestamp: time };
  });
  await log.append(letters);
}

function bytes(value: Uint8Array | null): Buffer | null {
  return value === null ? null : Buffer.from(value);
}
