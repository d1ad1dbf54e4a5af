import type { Log, LogRecord, Transactor } from '../log/log.ts';
import { readPartition } from '../log/read-partition.ts';
import type { HashOf } from './batch.ts';
import type { Edge } from './target.ts';

/** The compacted topic that remembers, for each table, the newest batch and what was done before it. */
export const SINK_TOPIC = 'fleet.sink';

/** What is persisted before an insert. That it is there means that the batch before it is in the table. */
export interface Pending {
  /** Next offset of each partition, before this batch. */
  readonly positions: ReadonlyMap<number, number>;
  /** The batch; empty when nothing is pending. */
  readonly edges: readonly Edge[];
  /** CRC32C of the batch, in the order of the edges. */
  readonly hash: number;
  /** What the hash covers; whole rows, unless an earlier version wrote it. */
  readonly hashes?: HashOf;
}

/** The persisted edges of every table. A newer sink on the same log fences an older one. */
export class Edges {
  readonly #transactor: Transactor;
  readonly #now: () => number;
  readonly #newest: ReadonlyMap<string, Pending>;
  /** What waits for the commit that is under way, by table; they share the next one. */
  #waiting = new Map<string, Pending>();
  #next: Promise<void> | null = null;
  /** Never rejects. */
  #underWay: Promise<unknown> = Promise.resolve();

  private constructor(transactor: Transactor, newest: ReadonlyMap<string, Pending>, now: () => number) {
    this.#transactor = transactor;
    this.#newest = newest;
    this.#now = now;
  }

  /** Takes over from an earlier sink, then reads what it left. */
  static async open(log: Log, now: () => number): Promise<Edges> {
    await log.ensureTopics([{ name: SINK_TOPIC, partitions: 1, cleanup: 'compact' }]);
    // Fencing comes first: what is read afterwards cannot change any more.
    const transactor = await log.transactor(SINK_TOPIC);
    return new Edges(transactor, await newestOf(log), now);
  }

  /** What an earlier life left for a table. */
  of(table: string): Pending {
    return this.#newest.get(table) ?? { positions: new Map(), edges: [], hash: 0 };
  }

  /**
   * Resolves when it is durable. Tables that persist while a commit is under way share the next one, since each costs
   * several answers of the cluster. Rejects with `fenced` once another sink has taken over.
   */
  persist(table: string, pending: Pending): Promise<void> {
    this.#waiting.set(table, pending);
    this.#next ??= this.#underWay.then(() => this.#commit());
    return this.#next;
  }

  #commit(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    this.#next = null;
    const place = { topic: SINK_TOPIC, partition: 0, timestamp: this.#now() };
    const done = this.#transactor.commit(
      Array.from(waiting, ([table, pending]) => ({ ...place, key: Buffer.from(table), value: encode(pending) })),
    );
    this.#underWay = done.catch(() => undefined);
    return done.then(() => undefined);
  }
}

async function newestOf(log: Log): Promise<Map<string, Pending>> {
  const newest = new Map<string, Pending>();
  const end = await log.endOffset(SINK_TOPIC, 0);
  for await (const records of readPartition(log, { topic: SINK_TOPIC, partition: 0, offset: 0 }, end)) {
    for (const record of records) remember(newest, record);
  }
  return newest;
}

function remember(newest: Map<string, Pending>, { key, value, offset }: LogRecord): void {
  if (key === null) return;
  const table = Buffer.from(key).toString();
  if (value === null) newest.delete(table);
  else newest.set(table, decode(value, offset));
}

/** Numbers only, as compact JSON: a person may read the topic. */
interface Written {
  /** 1 hashed values alone. */
  readonly format: 1 | 2;
  readonly positions: readonly (readonly [partition: number, next: number])[];
  readonly edges: readonly (readonly [partition: number, first: number, last: number, count: number])[];
  readonly hash: number;
}

function encode({ positions, edges, hash }: Pending): Buffer {
  const written: Written = {
    format: 2,
    positions: [...positions],
    edges: edges.map(({ partition, first, last, count }) => [partition, first, last, count]),
    hash,
  };
  return Buffer.from(JSON.stringify(written));
}

function decode(value: Uint8Array, offset: number): Pending {
  const written = JSON.parse(Buffer.from(value).toString()) as Written;
  if (written.format !== 1 && written.format !== 2) {
    throw new Error(
      `${SINK_TOPIC} holds a record of an unknown format at offset ${offset}; run the version that wrote it`,
    );
  }
  const edges = written.edges.map(([partition, first, last, count]) => ({ partition, first, last, count }));
  const { hash } = written;
  return { positions: new Map(written.positions), edges, hash, hashes: written.format === 1 ? 'values' : 'rows' };
}
