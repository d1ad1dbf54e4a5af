import type { Fetched, GroupMember, Headers, LogRecord, NewRecord, Progress, Transactor } from '../log/log.ts';
import { digest } from './digest.ts';
import type { Fold } from './fold.ts';
import { observed, traceOf } from './observer.ts';
import { COMMIT_MS, COMMIT_RECORDS_MAX, type EngineOptions, SAVE_MS } from './options.ts';
import { patiently } from './patience.ts';
import { openParts, type Parts } from './opening.ts';
import { type Content, lastEventTime, type Reader } from './reader.ts';
import { sourceOf } from './restore.ts';
import { countsOf, lagOf, type ProcessorCounts, type Standing, standingsOf, stateIn } from './standing.ts';
import { isCommitFull, positionsOf, progressOf, type Task } from './tasks.ts';
import type { Types } from './types.ts';

const FETCH_BYTES_MAX = 2 * 1024 * 1024;
/** Records folded before other work of the process gets its turn. */
const SLICE_RECORDS = 128;

/** Reads `fleet.events`, folds it, and commits outputs, changelog and positions together. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #types: Types;
  readonly #reader: Reader;
  readonly #transactor: Transactor;
  /** By partition. */
  readonly #tasks: ReadonlyMap<number, Task>;
  #committing: Promise<void> | null = null;
  #sinceCommit = 0;
  #polls = 0;
  #committedAt: number;
  #savedAt: number;
  #saving: Promise<void> | null = null;
  /** What ends this engine: a commit or save that failed for good. */
  #failure: Error | null = null;
  #stopping = false;
  #running: Promise<void> | null = null;

  private constructor(options: EngineOptions, { types, reader, transactor, tasks }: Parts) {
    this.#options = options;
    this.#types = types;
    this.#reader = reader;
    this.#transactor = transactor;
    this.#tasks = new Map(tasks.map((task) => [task.partition, task]));
    this.#committedAt = options.clock.now();
    this.#savedAt = options.clock.now();
  }

  /**
   * Registers schemas, takes ownership, and restores every fold. What is away is waited for while the engine is wanted.
   * Folds of an engine before, which has stopped in good order, go on where nobody has folded since.
   */
  static async open(options: EngineOptions, before: Engine | null = null): Promise<Engine> {
    const known = before === null ? null : { types: before.#types, tasks: before.#tasks, member: before.member };
    return new Engine(options, await openParts(options, known));
  }

  get member(): GroupMember | undefined {
    return this.#options.member;
  }

  /** By partition. */
  get tasks(): ReadonlyMap<number, Task> {
    return this.#tasks;
  }

  /** Runs until stopped. Rejects when the log fences this engine or fails. */
  run(): Promise<void> {
    this.#running ??= this.#loop();
    return this.#running;
  }

  /** Commits what has been folded, saves, and ends. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await this.#saving;
    await this.commit();
    await this.#committing;
    await this.save();
  }

  /** Ends without a commit; resolves when nothing of it runs any more. */
  async abandon(): Promise<void> {
    this.#stopping = true;
    await Promise.allSettled([this.#running, this.#saving, this.#committing]);
    this.#options.observer?.abandoned();
  }

  /** Fetches once and folds what came. Gives the number of records. */
  async poll(waitMsMax: number): Promise<number> {
    const { log, step, clock } = this.#options;
    const request = {
      positions: positionsOf([...this.#tasks.values()], this.#polls++, (fold) => fold.readFrom()),
      bytesMax: FETCH_BYTES_MAX,
      waitMsMax,
    };
    // With no partition to read there is nothing that would wait.
    if (request.positions.length === 0 && waitMsMax > 0) await clock.sleep(waitMsMax);
    const fetched = await this.#patiently(() => log.fetch(request));
    step?.('fetched');
    let records = 0;
    for (const part of fetched) {
      const folds = this.#foldsOf(part);
      await this.#learn(part.records);
      for (let from = 0; from < part.records.length; from += SLICE_RECORDS) {
        this.#fold(part, folds, from, Math.min(from + SLICE_RECORDS, part.records.length));
        const isFull = folds.some((fold) => fold.isFull);
        if (isFull || isCommitFull(this.#tasks.values())) await this.commit();
        await clock.yield();
        // Who is to end leaves the rest to the next one: it may take seconds.
        if (this.#stopping) return records;
      }
      for (const fold of folds) fold.skipTo(part.next);
      records += part.records.length;
    }
    this.#sinceCommit += records;
    step?.('folded');
    return records;
  }

  /** Commits what has been folded since the last commit. The next one waits for it; folding goes on. */
  async commit(): Promise<void> {
    await this.#committing;
    this.#sinceCommit = 0;
    this.#committedAt = this.#options.clock.now();
    const folds = this.#folds().filter((fold) => fold.advanced);
    if (folds.length === 0) return;
    const records = folds.flatMap((fold) => fold.takeCommit());
    this.#options.step?.('commit.begin');
    this.#committing = this.#commit(folds, records, progressOf(this.#tasks.values(), this.#options.member));
    this.#committing.catch((error: Error) => {
      this.#failure ??= error;
    });
  }

  /** Resolves when the commit in flight is durable. */
  async settled(): Promise<void> {
    await this.#committing;
  }

  /** Waits for the commit in flight, then brings the local stores up to it. */
  async save(): Promise<void> {
    const { log, step } = this.#options;
    const folds = this.#folds().filter(({ failure }) => failure === null);
    const sources = await Promise.all(folds.map(({ processor }) => sourceOf(log, processor)));
    // Folding goes on beside this, so another commit may have begun where one was waited for.
    for (let waited: Promise<void> | null = null; waited !== this.#committing; ) {
      waited = this.#committing;
      await waited;
    }
    // From here to the saves nothing is waited for: a commit that began meanwhile would be saved before it is durable.
    step?.('save.begin');
    this.#savedAt = this.#options.clock.now();
    await Promise.all(folds.map((fold, i) => fold.save(sources[i] as string)));
    step?.('save.done');
  }

  /** Counts of every processor over all partitions. */
  counts(): ReadonlyMap<string, ProcessorCounts> {
    return countsOf(this.#folds());
  }

  /** How far every processor is behind. */
  standings(): Promise<readonly Standing[]> {
    return standingsOf(this.#options.log, [...this.#tasks.values()]);
  }

  /** Records of each topic that the slowest of its processors has not yet folded. */
  lag(): Promise<number> {
    return lagOf(this.#options.log, [...this.#tasks.values()]);
  }

  /** SHA-256 over every key's encoded state, window and collections in key order, for each processor and partition. */
  digests(): ReadonlyMap<string, string> {
    return new Map(this.#folds().map((fold) => [`${fold.processor.name}/${fold.partition}`, digest(fold)]));
  }

  /** The current state of a key, wherever it is; undefined when the processor never met it. */
  stateOf(processor: string, key: string): unknown {
    return stateIn(this.#folds(), processor, key);
  }

  async #loop(): Promise<void> {
    const { clock, commitMs = COMMIT_MS, commitRecordsMax = COMMIT_RECORDS_MAX, saveMs = SAVE_MS } = this.#options;
    while (!this.#stopping) {
      const wait = Math.max(0, Math.min(commitMs, this.#committedAt + commitMs - clock.now()));
      await this.poll(this.#sinceCommit === 0 ? commitMs : wait);
      const due = clock.now() - this.#committedAt >= commitMs || this.#sinceCommit >= commitRecordsMax;
      if (due && this.#sinceCommit > 0) await this.commit();
      if (this.#failure !== null) throw this.#failure;
      await this.#saveWhenDue(saveMs);
    }
  }

  /** Saves beside the folding; only when too much waits does the folding wait too. */
  async #saveWhenDue(saveMs: number): Promise<void> {
    const full = this.#folds().some(({ keyed }) => keyed.wantsSave);
    if (this.#saving !== null) {
      if (full) await this.#saving;
      return;
    }
    if (!full && this.#options.clock.now() - this.#savedAt < saveMs) return;
    this.#saving = this.save()
      .catch((error: Error) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#saving = null;
      });
  }

  #fold(part: Fetched, all: readonly Fold[], from: number, to: number): void {
    const task = this.#tasks.get(part.partition);
    if (task === undefined) return;
    const folds = all.filter(({ failure }) => failure === null);
    const { observer, clock } = this.#options;
    const begun = observer === undefined ? 0 : clock.now();
    const contents = this.#reader.readAll(part.records, from, to);
    const decoded = observer === undefined ? 0 : clock.now();
    for (let i = from; i < to; i++) {
      const record = part.records[i] as LogRecord;
      const content = contents[i - from] as Content;
      const trace = observer?.traced === undefined ? null : traceOf(record);
      if (trace === null || content === null || !('type' in content)) this.#take(folds, record, content, null);
      else observer?.traced?.({ ...part, record, event: content }, () => this.#take(folds, record, content, trace));
    }
    if (observer === undefined) return;
    task.eventTime = lastEventTime(contents) ?? task.eventTime;
    observer.sliced({ records: to - from, decodeMs: decoded - begun, foldMs: clock.now() - decoded });
  }

  /** Those that read this topic and partition. */
  #foldsOf({ topic, partition }: Fetched): readonly Fold[] {
    return this.#tasks.get(partition)?.folds.filter((fold) => fold.topic === topic) ?? [];
  }

  #take(folds: readonly Fold[], record: LogRecord, content: Content, trace: Headers | null): void {
    for (const fold of folds) {
      if (fold.failure !== null) continue;
      try {
        fold.take(record, content, trace);
      } catch (error) {
        this.#fail(fold, record, error as Error);
      }
    }
  }

  /** A broken invariant stops the one fold before it commits; the others go on. */
  #fail(fold: Fold, record: LogRecord, error: Error): void {
    fold.failure = error;
    // Nothing is wrong with the processor where its local copy is damaged: whoever opens it again restores it.
    if ((error as { readonly code?: unknown }).code === 'state_corrupt') {
      this.#failure ??= error;
      return;
    }
    this.#options.report?.('processor_stopped', {
      processor: fold.processor.name,
      partition: fold.partition,
      offset: record.offset,
      error: error.message,
      next: 'mend the processor and start again; it goes on from its last commit',
    });
  }

  async #learn(records: readonly LogRecord[]): Promise<void> {
    for (const id of this.#reader.unasked(records)) await this.#patiently(() => this.#types.learn(id));
    for (let depth = 0; depth < 2; depth++) {
      for (const id of this.#reader.unaskedWithin(records)) await this.#patiently(() => this.#types.learn(id));
    }
  }

  async #commit(folds: readonly Fold[], records: readonly NewRecord[], progress: Progress | undefined): Promise<void> {
    const commit = () => this.#patiently(() => this.#transactor.commit(records, progress));
    const ends = await observed(this.#options.observer, records.length, commit);
    const endOf = new Map(ends.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
    for (const fold of folds) fold.committed(endOf.get(`${fold.changelogTopic}/${fold.partition}`) ?? null);
    this.#options.step?.('commit.done');
  }

  /** A dependency that is away is waited for; being fenced, or an outcome that nobody knows, ends this engine. */
  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return patiently(work, this.#options, () => this.#stopping);
  }

  #folds(): readonly Fold[] {
    return [...this.#tasks.values()].flatMap(({ folds }) => folds);
  }
}
