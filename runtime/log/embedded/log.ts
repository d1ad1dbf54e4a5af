import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Environment, openEnvironment, PagesDamaged } from '../../lmdb/environment.ts';
import {
  endsOf,
  type Fetched,
  type FetchRequest,
  type Forgetful,
  type Forgettable,
  type Log,
  LogError,
  type NewRecord,
  type Position,
  type TopicSpec,
  type Transactor,
} from '../log.ts';
import { openBatch, parseBatchKey } from './batch.ts';
import {
  type Catalog,
  emptyTopic,
  type Partition,
  readCatalog,
  readCleaned,
  type Topic,
  withTopics,
  writeCatalog,
} from './catalog.ts';
import { Compaction } from './compaction.ts';
import { forget } from './forgetting.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** Where the embedded log keeps its files. */
export interface EmbeddedLogOptions {
  /** A folder that belongs to the log alone; made when it is missing. */
  readonly path: string;
}

/** The log's house in a folder. */
export interface FolderLog extends Log, Forgetful {
  /** Every topic that it holds. */
  topics(): readonly TopicSpec[];
  /**
   * Removes the oldest records of a partition, batch by batch, as far as all of a batch may be forgotten; the newest
   * batch stays. Gives the first offset that is left: reading below it reads from there. Rejects with `record_corrupt`
   * at a damaged batch, and with `log_refused` for a compacted topic, whose records are its state.
   */
  forget(topic: string, partition: number, forgettable: Forgettable): Promise<number>;
}

/** Opens the log in a folder, for this process only. Rejects with `folder_in_use`, or with `record_corrupt` when its pages are damaged. */
export async function openEmbeddedLog({ path }: EmbeddedLogOptions): Promise<FolderLog> {
  try {
    const stored = new Map<string, StoredPartition>();
    const environment = await openEnvironment({
      file: join(path, 'log.mdb'),
      databases: ['meta', 'records'],
      initialise: ({ meta }) => writeCatalog(meta, { format: 1, id: randomUUID(), topics: [] }),
      onEntry: (database, key, bytes) => {
        if (database === 'records') note(stored, key, bytes);
      },
    });
    try {
      return new EmbeddedLog(environment, readCatalog(environment.databases.meta, path), stored);
    } catch (error) {
      await environment.close();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof PagesDamaged)) throw error;
    const detail = `${join(path, 'log.mdb')}: ${error.message}; restore it from a backup, or move it away to begin an empty log`;
    throw new LogError('record_corrupt', detail, { cause: error });
  }
}

class EmbeddedLog implements FolderLog {
  readonly id: string;
  readonly #environment: Environment<'meta' | 'records'>;
  readonly #topics = new Map<string, Topic>();
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #compaction: Compaction;
  readonly #epochs = new Map<string, number>();
  #catalog: Catalog;
  #ensuring: Promise<void> = Promise.resolve();
  #forgetting: Promise<void> = Promise.resolve();
  #closed: Promise<void> | null = null;

  constructor(
    environment: Environment<'meta' | 'records'>,
    catalog: Catalog,
    stored: ReadonlyMap<string, StoredPartition>,
  ) {
    const partitionOf = (topic: string, partition: number) => this.#partition(topic, partition);
    this.id = catalog.id;
    this.#catalog = catalog;
    this.#environment = environment;
    this.#reader = new Reader(environment, partitionOf);
    this.#compaction = new Compaction(environment, this.#reader);
    this.#writer = new Writer(environment, partitionOf, (partition) => this.#flushed(partition));
    for (const entry of catalog.topics) {
      const topic = emptyTopic(entry);
      this.#topics.set(entry.name, topic);
      for (const partition of topic.partitions) recover(environment, partition, stored);
    }
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    this.#assertOpen();
    const ensured = this.#ensuring.then(() => this.#ensure(topics));
    this.#ensuring = ensured.catch(() => {});
    return ensured;
  }

  topics(): readonly TopicSpec[] {
    return this.#catalog.topics.map(({ name, partitions, cleanup }) => ({ name, partitions, cleanup }));
  }

  async forget(topic: string, number: number, forgettable: Forgettable): Promise<number> {
    this.#assertOpen();
    const partition = this.#partition(topic, number);
    if (partition.topic.spec.cleanup === 'compact') {
      throw new LogError(
        'log_refused',
        `${topic} is compacted: its newest records are its state, however old they are`,
      );
    }
    const forgotten = this.#forgetting.then(() =>
      forget(this.#environment, this.#reader, partition, forgettable, () => this.#closed !== null),
    );
    this.#forgetting = forgotten.then(
      () => {},
      () => {},
    );
    return forgotten;
  }

  async append(records: readonly NewRecord[]): Promise<readonly number[]> {
    this.#assertOpen();
    return this.#writer.append(records);
  }

  async fetch({ positions, bytesMax, waitMsMax }: FetchRequest): Promise<readonly Fetched[]> {
    this.#assertOpen();
    const found = this.#reader.find(positions, bytesMax);
    if (found.length > 0 || waitMsMax <= 0) return found;
    await this.#arrival(positions, waitMsMax);
    return this.#closed === null ? this.#reader.find(positions, bytesMax) : [];
  }

  async startOffset(topic: string, partition: number): Promise<number> {
    return this.#partition(topic, partition).start;
  }

  async endOffset(topic: string, partition: number): Promise<number> {
    return this.#partition(topic, partition).end;
  }

  /** A transaction is one write here, so none is ever half done. */
  async settledEnd(topic: string, partition: number): Promise<number> {
    return this.endOffset(topic, partition);
  }

  async topicId(topic: string): Promise<string> {
    return `${this.id}/${this.#partition(topic, 0).topic.id}`;
  }

  async transactor(id: string): Promise<Transactor> {
    this.#assertOpen();
    const epoch = (this.#epochs.get(id) ?? 0) + 1;
    this.#epochs.set(id, epoch);
    // What the earlier holder has already given is in the log before the new one reads it.
    await this.#writer.idle();
    return {
      commit: async (records) => {
        if (this.#epochs.get(id) !== epoch)
          throw new LogError('fenced', `a newer writer holds ${id}; this one must stop`);
        return endsOf(records, await this.append(records));
      },
    };
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.all([this.#compaction.close(), this.#writer.idle(), this.#ensuring, this.#forgetting]);
    for (const { partitions } of this.#topics.values()) for (const partition of partitions) wake(partition);
    await this.#environment.close();
  }

  async #ensure(specs: readonly TopicSpec[]): Promise<void> {
    const catalog = withTopics(this.#catalog, specs);
    if (catalog === this.#catalog) return;
    await this.#environment.write(() => writeCatalog(this.#environment.databases.meta, catalog));
    this.#catalog = catalog;
    for (const entry of catalog.topics) {
      const known = this.#topics.get(entry.name);
      if (known?.spec.cleanup === entry.cleanup) continue;
      this.#topics.set(entry.name, known === undefined ? emptyTopic(entry) : Object.assign(known, { spec: entry }));
    }
  }

  #flushed(partition: Partition): void {
    wake(partition);
    this.#compaction.consider(partition);
  }

  async #arrival(positions: readonly Position[], waitMsMax: number): Promise<void> {
    const partitions = positions.map(({ topic, partition }) => this.#partition(topic, partition));
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        for (const { waiting } of partitions) waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMsMax);
      for (const { waiting } of partitions) waiting.add(done);
    });
  }

  #partition(topic: string, partition: number): Partition {
    const found = this.#topics.get(topic)?.partitions[partition];
    if (found === undefined)
      throw new LogError('unknown_topic', `${topic}/${partition} does not exist; call ensureTopics first`);
    return found;
  }

  #assertOpen(): void {
    if (this.#closed !== null) throw new LogError('log_refused', 'the log is closed; open it again');
  }
}

interface StoredPartition {
  readonly first: Buffer;
  last: Buffer;
  bytes: number;
}

function note(stored: Map<string, StoredPartition>, key: Buffer, bytes: number): void {
  if (key.length !== 12) throw new PagesDamaged('the log has a key of another size');
  const [topicId, partition] = parseBatchKey(key);
  const name = `${topicId}/${partition}`;
  const known = stored.get(name);
  if (known === undefined) stored.set(name, { first: Buffer.from(key), last: Buffer.from(key), bytes });
  else {
    known.last = Buffer.from(key);
    known.bytes += bytes;
  }
}

function recover(
  { databases }: Environment<'meta' | 'records'>,
  partition: Partition,
  stored: ReadonlyMap<string, StoredPartition>,
): void {
  const found = stored.get(`${partition.topic.id}/${partition.number}`);
  if (found === undefined) return;
  const bytes = databases.records.getBinary(found.last);
  const batch = bytes === undefined ? null : openBatch(found.last, bytes);
  partition.start = parseBatchKey(found.first)[2];
  partition.damaged = batch === null;
  // One offset beyond the base of a damaged batch, so that reading it tells.
  partition.end = batch?.end ?? parseBatchKey(found.last)[2] + 1;
  partition.next = partition.end;
  partition.bytes = found.bytes;
  partition.cleaned = readCleaned(databases.meta, partition.topic.id, partition.number);
}

function wake({ waiting }: Partition): void {
  for (const done of waiting) done();
}
