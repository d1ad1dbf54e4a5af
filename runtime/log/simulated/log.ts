import {
  endsOf,
  type Fetched,
  type FetchRequest,
  type Log,
  LogError,
  type LogRecord,
  type NewRecord,
  type Position,
  type TopicSpec,
  type Transactor,
} from '../log.ts';
import type { SimulatedClock } from './clock.ts';

/** What may go wrong, asked at each operation; a seeded source of chance stands behind it. */
export interface LogFaults {
  /** `refuse`: nothing is written and the caller is told. `unknown`: it is written, and the caller is told that it failed. */
  write(operation: 'append' | 'commit'): 'ok' | 'refuse' | 'unknown';
  /** Offsets left empty before the next record, and behind the last one of a commit, as Kafka's markers leave them. */
  gap(): number;
  /** Most records that a fetch of one partition may give. */
  fetchRecordsMax(): number;
}

const NO_FAULTS: LogFaults = { write: () => 'ok', gap: () => 0, fetchRecordsMax: () => Number.MAX_SAFE_INTEGER };
const NO_HEADERS = Object.freeze({});

interface Partition {
  records: LogRecord[];
  start: number;
  next: number;
  /** Fetches that wait for a record. */
  readonly waiting: Set<() => void>;
}

/** The log's house in memory, which survives the crash of everything around it. */
export class SimulatedLog implements Log {
  readonly id: string;
  faults: LogFaults = NO_FAULTS;
  readonly #clock: SimulatedClock;
  readonly #topics = new Map<string, { readonly spec: TopicSpec; readonly partitions: Partition[] }>();
  readonly #epochs = new Map<string, number>();
  #fetches = 0;

  constructor(clock: SimulatedClock, id = 'simulated') {
    this.#clock = clock;
    this.id = id;
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    for (const spec of topics) {
      const existing = this.#topics.get(spec.name);
      if (existing === undefined) {
        const partitions = Array.from({ length: spec.partitions }, emptyPartition);
        this.#topics.set(spec.name, { spec, partitions });
      } else if (existing.partitions.length !== spec.partitions) {
        const found = existing.partitions.length;
        throw new LogError(
          'partitions_changed',
          `${spec.name} has ${found} partitions, not ${spec.partitions}; keep the count`,
        );
      }
    }
  }

  async append(records: readonly NewRecord[]): Promise<readonly number[]> {
    return this.#write('append', records);
  }

  async transactor(id: string): Promise<Transactor> {
    const epoch = (this.#epochs.get(id) ?? 0) + 1;
    this.#epochs.set(id, epoch);
    return {
      commit: async (records) => {
        await Promise.resolve();
        if (this.#epochs.get(id) !== epoch)
          throw new LogError('fenced', `a newer writer holds ${id}; this one must stop`);
        return endsOf(records, this.#write('commit', records));
      },
    };
  }

  async fetch({ positions, bytesMax, waitMsMax }: FetchRequest): Promise<readonly Fetched[]> {
    await Promise.resolve();
    const found = this.#find(positions, bytesMax);
    if (found.length > 0 || waitMsMax === 0) return found;
    await this.#comes(positions, waitMsMax);
    return this.#find(positions, bytesMax);
  }

  async startOffset(topic: string, partition: number): Promise<number> {
    return this.#partition(topic, partition).start;
  }

  async endOffset(topic: string, partition: number): Promise<number> {
    return this.#partition(topic, partition).next;
  }

  async settledEnd(topic: string, partition: number): Promise<number> {
    return this.endOffset(topic, partition);
  }

  async topicId(topic: string): Promise<string> {
    this.#partition(topic, 0);
    return `${this.id}/${topic}`;
  }

  async close(): Promise<void> {}

  /** Removes what lies below an offset, as a log does whose records are kept for a time. */
  forget(topic: string, partition: number, below: number): void {
    const found = this.#partition(topic, partition);
    found.records = found.records.filter(({ offset }) => offset >= below);
    found.start = Math.max(found.start, Math.min(below, found.next));
  }

  /** Every record of a topic's partition, for checkers. */
  all(topic: string, partition: number): readonly LogRecord[] {
    return this.#topics.get(topic)?.partitions[partition]?.records ?? [];
  }

  #write(operation: 'append' | 'commit', records: readonly NewRecord[]): number[] {
    const fault = this.faults.write(operation);
    if (fault === 'refuse') throw new LogError('log_refused', 'the simulated log refuses; try again');
    for (const { topic, partition } of records) this.#partition(topic, partition);
    const offsets = records.map((record) => {
      const partition = this.#partition(record.topic, record.partition);
      const { key, value, headers = NO_HEADERS, timestamp } = record;
      const offset = partition.next + this.faults.gap();
      // The caller may reuse its memory, as a real log would not notice.
      partition.records.push({ offset, key: copied(key), value: copied(value), headers, timestamp });
      partition.next = offset + 1;
      return offset;
    });
    if (operation === 'commit') this.#mark(records);
    for (const partition of this.#partitionsOf(records)) for (const wake of partition.waiting) wake();
    if (fault === 'unknown') throw new Error('the simulated log wrote, and its answer was lost');
    return offsets;
  }

  #mark(records: readonly NewRecord[]): void {
    for (const partition of this.#partitionsOf(records)) partition.next += this.faults.gap();
  }

  #partitionsOf(records: readonly NewRecord[]): ReadonlySet<Partition> {
    return new Set(records.map(({ topic, partition }) => this.#partition(topic, partition)));
  }

  /** Until something is written to one of these partitions, or the time is over. */
  async #comes(positions: readonly Position[], waitMsMax: number): Promise<void> {
    const partitions = positions.map(({ topic, partition }) => this.#partition(topic, partition));
    const written = Promise.withResolvers<void>();
    const time = this.#clock.wait(waitMsMax);
    for (const { waiting } of partitions) waiting.add(written.resolve);
    await Promise.race([time.over, written.promise]);
    for (const { waiting } of partitions) waiting.delete(written.resolve);
    time.cancel();
  }

  #find(positions: readonly Position[], bytesMax: number): Fetched[] {
    const found: Fetched[] = [];
    let bytes = 0;
    // Each fetch begins at another partition, lest a busy one starve those behind it.
    const first = this.#fetches++ % Math.max(1, positions.length);
    for (const { topic, partition, offset } of [...positions.slice(first), ...positions.slice(0, first)]) {
      if (bytes >= bytesMax) break;
      const { records, next } = this.#partition(topic, partition);
      if (offset >= next) continue;
      const from = firstAtOrAfter(records, offset);
      const most = Math.max(1, this.faults.fetchRecordsMax());
      const part: LogRecord[] = [];
      for (let i = from; i < records.length && part.length < most && bytes < bytesMax; i++) {
        const record = records[i] as LogRecord;
        part.push(record);
        bytes += record.value?.length ?? 0;
      }
      const last = part.at(-1);
      found.push({ topic, partition, records: part, next: last === undefined ? next : last.offset + 1 });
    }
    return found;
  }

  #partition(topic: string, partition: number): Partition {
    const found = this.#topics.get(topic)?.partitions[partition];
    if (found === undefined)
      throw new LogError('unknown_topic', `${topic}/${partition} does not exist; call ensureTopics first`);
    return found;
  }
}

function emptyPartition(): Partition {
  return { records: [], start: 0, next: 0, waiting: new Set() };
}

function firstAtOrAfter(records: readonly LogRecord[], offset: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle] as LogRecord).offset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function copied(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : Buffer.from(bytes);
}
