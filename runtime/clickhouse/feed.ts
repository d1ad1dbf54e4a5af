import type { Table } from '#sdk';
import { type FetchRequest, LogError } from '../log/log.ts';
import { readPartition } from '../log/read-partition.ts';
import { untilDone } from './retry.ts';
import { edgesOf, hashOf, isSameBatch, type Placed, placed, type RefusedRow, sizeOf, tokenOf } from './batch.ts';
import type { Pending } from './edges.ts';
import type { FeedContext } from './feed-context.ts';
import { edgeMismatch, logMismatch, TargetError } from './target.ts';

/** How long a fetch may wait when nothing comes, which is also how long `stop` may have to wait. */
const IDLE_MS_MAX = 500;
/** How long after its edges were formed the target is sure to remember the token: it does of the last ten thousand inserts. */
const TOKEN_TRUSTED_MS = 60_000;

interface Gathered {
  readonly records: readonly Placed[];
  /** Next offset of each partition behind them. */
  readonly positions: ReadonlyMap<number, number>;
}

/** Feeds one table from its topic: one batch at a time, each persisted by its edges before it is inserted. */
export class Feed {
  readonly table: Table;
  rows = 0;
  refused = 0;
  batches = 0;
  /** Since when the target or the log has not answered, in the clock's time; null when all is well. */
  waitingSince: number | null = null;
  /** Timestamp of the oldest record that has been read and is not in the table yet; null when none is. */
  oldest: number | null = null;
  /** Next offset of each partition; what lies before is in the table. */
  positions: ReadonlyMap<number, number>;
  /** First offset of each partition that may be read again, be it after a crash; none before that is known. */
  needed: ReadonlyMap<number, number> = new Map();
  readonly #context: FeedContext;
  #flushedAt = Number.NEGATIVE_INFINITY;

  constructor(table: Table, context: FeedContext) {
    this.table = table;
    this.#context = context;
    this.positions = new Map(Array.from({ length: context.partitions }, (_, partition) => [partition, 0]));
  }

  /** Finishes what an earlier life began, then feeds until told to stop, and nothing is left to read or time is over. */
  async run(): Promise<void> {
    const { edges, stopping, late } = this.#context;
    await this.#recover();
    while (!late()) {
      // Asked for first: what comes during a last fetch that finds nothing is read by one more.
      const last = stopping();
      const gathered = await this.#gather();
      if (gathered.records.length > 0) await this.#flush(gathered);
      else {
        this.positions = new Map(gathered.positions);
        if (last) break;
      }
    }
    // Nothing is pending, so the next start need not look.
    const done = { positions: this.positions, edges: [], hash: 0 };
    await this.#untilDone('edge_not_persisted', () => edges.persist(this.table.name, done));
  }

  /** Within a partition rows go in by ascending offset, also now: so the watermark tells what is missing. */
  async #recover(): Promise<void> {
    const { target, edges } = this.#context;
    const pending = edges.of(this.table.name);
    for (const [partition, next] of pending.positions) this.#advance(partition, next);
    const watermarks = await this.#untilDone('target_away', () => target.watermarks(this.table));
    for (const [partition, position] of this.positions) {
      const held = (watermarks.get(partition) ?? -1) + 1;
      if (held > 0) await this.#reaches(partition, held);
      // The target lost rows, or never had them.
      await this.#complete(partition, held, position);
    }
    await this.#finish(pending);
    // The target has rows of which the log of edges knows nothing.
    for (const [partition, position] of this.positions) {
      await this.#complete(partition, position, (watermarks.get(partition) ?? -1) + 1);
    }
    // What was inserted before a crash, and what was completed now, may have reached the roll-ups not at all, or twice.
    await this.#align();
    this.needed = pending.positions;
  }

  /** Throws where the log ends before what the table holds of it. */
  async #reaches(partition: number, held: number): Promise<void> {
    const { log } = this.#context;
    const end = await this.#untilDone('log_away', () => log.endOffset(this.table.from.name, partition));
    if (held > end) throw logMismatch(this.table, partition, held - 1, end);
  }

  async #align(): Promise<void> {
    const { target, report } = this.#context;
    for (const each of await this.#untilDone('target_away', () => target.align(this.table)))
      report('rollup_realigned', { table: this.table.name, ...each });
  }

  async #finish(pending: Pending): Promise<void> {
    const { edges } = pending;
    if (edges.length === 0) return;
    const records: Placed[] = [];
    for (const { partition, first, last } of edges) records.push(...(await this.#read(partition, first, last + 1)));
    if (!isSameBatch(this.table, records, pending)) throw edgeMismatch(this.table, edges);
    await this.#put(records, 'complete');
    await this.#context.step('completed');
    for (const { partition, last } of edges) this.#advance(partition, last + 1);
  }

  /** Reads from <= offset < to again, and inserts what is not there. */
  async #complete(partition: number, from: number, to: number): Promise<void> {
    if (from >= to) return;
    const { report, bytesMax } = this.#context;
    for (let offset = from; offset < to; ) {
      const records = await this.#read(partition, offset, to, bytesMax);
      // Where there is nothing to read, a marker of the log took the offset.
      if (records.length > 0 && offset === from)
        report('table_behind', { table: this.table.name, partition, from, to });
      if (records.length > 0) await this.#put(records, 'complete');
      offset = records.length > 0 ? (records.at(-1) as Placed).offset + 1 : to;
    }
    this.#advance(partition, to);
  }

  /** The records with from <= offset < to; no more than about `bytesMax`, where that is given. */
  async #read(partition: number, from: number, to: number, bytesMax = Number.POSITIVE_INFINITY): Promise<Placed[]> {
    const { log } = this.#context;
    const topic = this.table.from.name;
    const records: Placed[] = [];
    let bytes = 0;
    // Beyond the log's end there is nothing to wait for.
    const end = Math.min(to, await this.#untilDone('log_away', () => log.endOffset(topic, partition)));
    const patient = { fetch: (request: FetchRequest) => this.#untilDone('log_away', () => log.fetch(request)) };
    const start = { topic, partition, offset: from };
    for await (const part of readPartition(patient, start, end, this.#context.bytesMax)) {
      for (const record of part) {
        records.push(placed(partition, record));
        bytes += record.value?.length ?? 0;
      }
      if (bytes >= bytesMax) break;
    }
    return records;
  }

  /** Waits for a first record, then takes what comes until a flush is due again, up to the bounds. */
  async #gather(): Promise<Gathered> {
    const { clock, flushMsMax, stopping } = this.#context;
    const next = new Map(this.positions);
    const found = new Map<number, Placed[]>();
    let full = await this.#fetchAll(next, found, stopping() ? 0 : IDLE_MS_MAX);
    // The pause is between two flushes, so a row that comes alone need not wait for others.
    const pauseMs = this.#flushedAt + flushMsMax - clock.now();
    if (found.size > 0 && !full && !stopping() && pauseMs > 0) {
      await clock.sleep(pauseMs);
      full = await this.#fetchAll(next, found, 0);
    }
    const partitions = [...found.keys()].sort((a, b) => a - b);
    return { records: partitions.flatMap((partition) => found.get(partition) as Placed[]), positions: next };
  }

  /** Fetches until nothing is left or the batch is full, which it tells. */
  async #fetchAll(next: Map<number, number>, found: Map<number, Placed[]>, waitMs: number): Promise<boolean> {
    const { log, rowsMax, bytesMax } = this.#context;
    const topic = this.table.from.name;
    let [rows, bytes] = sizeOf(found);
    for (let waitMsMax = waitMs; rows < rowsMax && bytes < bytesMax; waitMsMax = 0) {
      const positions = Array.from(next, ([partition, offset]) => ({ topic, partition, offset }));
      const request = { positions, bytesMax: bytesMax - bytes, waitMsMax };
      const fetched = await this.#untilDone('log_away', () => log.fetch(request));
      if (fetched.length === 0) return false;
      for (const { partition, records, next: onward } of fetched) {
        next.set(partition, onward);
        if (records.length === 0) continue;
        const list = found.get(partition) ?? [];
        found.set(partition, list);
        for (const record of records) {
          list.push(placed(partition, record));
          rows++;
          bytes += record.value?.length ?? 0;
        }
      }
    }
    return true;
  }

  async #flush({ records, positions }: Gathered): Promise<void> {
    const { clock, edges, step } = this.#context;
    this.#flushedAt = clock.now();
    const pending = { positions: this.positions, edges: edgesOf(records), hash: hashOf(this.table, records) };
    this.oldest = records.reduce((least, { timestamp }) => Math.min(least, timestamp), Number.POSITIVE_INFINITY);
    await step('edge.forming');
    await this.#untilDone('edge_not_persisted', () => edges.persist(this.table.name, pending));
    // What the batch before it held is in the table, and this one is read again where it is not known to be.
    this.needed = pending.positions;
    await step('edge.persisted');
    await this.#put(records, 'insert', this.#flushedAt);
    await step('inserted');
    this.oldest = null;
    this.positions = new Map(positions);
  }

  /** Since when the edges may be known to another sink, which then may have inserted them. */
  #put(records: readonly Placed[], how: 'insert' | 'complete', since = this.#context.clock.now()): Promise<void> {
    const put = () => this.#putNow(records, how, since);
    return this.#context.observer?.batch(this.table, records, put) ?? put();
  }

  async #putNow(records: readonly Placed[], how: 'insert' | 'complete', since: number): Promise<void> {
    const { sorter } = this.#context;
    const { rows, refused } = await this.#untilDone('registry_away', () => sorter.sort(this.table, records));
    await this.#refuse(refused);
    if (rows.length > 0) await this.#putRows(rows, how, since);
    this.batches++;
  }

  /** Halves what the target refuses until the row stands alone that it means. */
  async #putRows(rows: readonly Placed[], how: 'insert' | 'complete', since: number): Promise<void> {
    const { log, target, sorter, limit, clock } = this.#context;
    const edges = edgesOf(rows);
    const batch = {
      table: this.table,
      edges,
      containers: sorter.containers(this.table, rows),
      token: tokenOf(log.id, this.table, edges),
    };
    let isAligned = true;
    // Frozen or kept waiting for so long, another sink may have inserted more than the target remembers tokens of.
    const now = () => {
      const isOld = clock.now() - since > TOKEN_TRUSTED_MS;
      if (isOld) isAligned = false;
      return target[isOld ? 'complete' : how](batch);
    };
    const refusal = await this.#untilDone('target_away', async () => {
      try {
        await limit(now);
        return null;
      } catch (error) {
        if (error instanceof TargetError && error.code === 'row_refused') return error;
        throw error;
      }
    });
    if (!isAligned) await this.#align();
    if (refusal === null) return void (this.rows += rows.length);
    if (rows.length === 1) {
      await this.#refuse([{ record: rows[0] as Placed, code: 'row_refused', detail: refusal.message }]);
      return;
    }
    const middle = rows.length >> 1;
    // Parts of a batch have been tried before, so each looks first at what is there.
    await this.#putRows(rows.slice(0, middle), 'complete', since);
    await this.#putRows(rows.slice(middle), 'complete', since);
  }

  async #refuse(refused: readonly RefusedRow[]): Promise<void> {
    if (refused.length === 0) return;
    await this.#untilDone('log_away', () => this.#context.deadLetter(this.table, refused));
    this.refused += refused.length;
  }

  /** Nothing more is read meanwhile, so that a dependency that is away costs no memory. */
  async #untilDone<T>(code: string, work: () => Promise<T>): Promise<T> {
    const { clock, report, abandoned } = this.#context;
    const attempt = () => {
      if (abandoned()) throw new LogError('ownership_lost', `the sink has given ${this.table.name} up`);
      return work();
    };
    const result = await untilDone(attempt, async ({ message }, retryMs) => {
      this.waitingSince ??= clock.now();
      report(code, { table: this.table.name, error: message, retryMs });
      await clock.sleep(retryMs);
    });
    this.waitingSince = null;
    return result;
  }

  #advance(partition: number, next: number): void {
    this.positions = new Map(this.positions).set(partition, Math.max(this.positions.get(partition) ?? 0, next));
  }
}
