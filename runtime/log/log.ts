/** Headers of a record, as Kafka has them. */
export type Headers = Readonly<Record<string, Uint8Array>>;

/** What is given to the log. */
export interface NewRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Uint8Array | null;
  /** Null is a tombstone in a compacted topic. */
  readonly value: Uint8Array | null;
  readonly headers?: Headers;
  /** Milliseconds since 1970; informative only, no fold reads it. */
  readonly timestamp: number;
}

/** A record as it stands in the log. */
export interface LogRecord {
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Headers;
  readonly timestamp: number;
}

/** A topic as the log must hold it. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly cleanup: 'delete' | 'compact';
}

/** Where to read on. */
export interface Position {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to read. */
  readonly offset: number;
}

/** Consecutive records of one partition. Offsets grow, and may have gaps. */
export interface Fetched {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly LogRecord[];
  /** Where to read on: beyond the last record, or beyond a gap. */
  readonly next: number;
}

/** What to fetch, and how long to wait for it. */
export interface FetchRequest {
  readonly positions: readonly Position[];
  /** Soft bound over all partitions; a single larger record still comes. */
  readonly bytesMax: number;
  /** How long to wait when there is nothing to read. */
  readonly waitMsMax: number;
}

/** One of those who share the partitions of a topic, as the log knows it. */
export interface GroupMember {
  readonly group: string;
  readonly member: string;
  /** Counts the shares that were made; a commit under an older one is refused. */
  readonly generation: number;
}

/** What a member holds until it ends. */
export interface Share {
  readonly member: GroupMember;
  readonly partitions: readonly number[];
  /** Resolves when it ends: others come or go, or the group takes this member for dead. It never rejects. */
  readonly ended: Promise<void>;
}

/** Those who share the partitions of a topic among them. */
export interface Group {
  /**
   * Waits for a share, however long the log is away. What was held before must be committed or given up by then.
   * Rejects with `log_refused` once nobody wants it any more.
   */
  join(isUnwanted?: () => boolean): Promise<Share>;
  leave(): Promise<void>;
}

/** How far a member has read: what the log's own tools show as the lag of its group. */
export interface Progress {
  readonly member: GroupMember;
  readonly positions: readonly Position[];
}

/** What of a partition may be forgotten: both must hold of a record. */
export interface Forgettable {
  /** Nobody reads below this offset again. */
  readonly below: number;
  /** Its timestamp is smaller, in ms since 1970. */
  readonly before: number;
}

/** A log that forgets when it is told to. */
export interface Forgetful {
  /**
   * Forgets records from the start of a partition up to the first that must stay, or fewer; gives the start. Rejects
   * with `log_refused`, or `log_denied` where this user may not.
   */
  forget(topic: string, partition: number, forgettable: Forgettable): Promise<number>;
}

/** Writes several records at once, or none, on behalf of a named writer. */
export interface Transactor {
  /**
   * Resolves when all records are durable; they can be read at once, or a moment later. Commits go one after the other,
   * in the order of the calls. Tells of each partition where it ends behind the last of them; of one whose answer was
   * lost, and which is written nevertheless, it may tell nothing. Rejects with `fenced` once a newer transactor has the
   * id, and with `ownership_lost` once the member no longer belongs to its group.
   */
  commit(records: readonly NewRecord[], progress?: Progress): Promise<readonly Position[]>;
}

/** The log: topics of ordered, durable, partitioned records. Three houses stand behind it. */
export interface Log {
  /** Creates what is missing. Rejects with `partitions_changed` where a topic has another partition count. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Resolves, with the offsets in the order of the records, when they are durable. Rejects with `log_refused` when the log cannot take them now. */
  append(records: readonly NewRecord[]): Promise<readonly number[]>;
  /** Only durable records of finished transactions are read. An offset below the log's start reads from the start. */
  fetch(request: FetchRequest): Promise<readonly Fetched[]>;
  /** No record below this offset is there any more, or ever was. */
  startOffset(topic: string, partition: number): Promise<number>;
  /** The offset after the last readable record. */
  endOffset(topic: string, partition: number): Promise<number>;
  /**
   * The offset after the last record, once every transaction that began before the call has ended: nothing below it is
   * still to come. Told the member whose partition it is now, it ends what an earlier writer left open there, which
   * fences that one; rejects with `ownership_lost` when the member no longer belongs to its group.
   */
  settledEnd(topic: string, partition: number, owner?: GroupMember): Promise<number>;
  /**
   * Identity of a topic as it is now: one that was deleted and made again under the same name has another, and where
   * this log has used the one before, the call rejects with `topic_recreated`.
   */
  topicId(topic: string): Promise<string>;
  /** Takes the id over: an earlier transactor of it is fenced from here on. */
  transactor(id: string): Promise<Transactor>;
  /** Identity of this log: state derived from another log does not fit. */
  readonly id: string;
  close(): Promise<void>;
}

/** Of each partition, the offset behind the last of these records. */
export function endsOf(records: readonly NewRecord[], offsets: readonly number[]): readonly Position[] {
  const ends = new Map<string, Map<number, Position>>();
  for (let i = records.length - 1; i >= 0; i--) {
    const { topic, partition } = records[i] as NewRecord;
    let ofTopic = ends.get(topic);
    if (ofTopic === undefined) ends.set(topic, (ofTopic = new Map()));
    if (!ofTopic.has(partition)) ofTopic.set(partition, { topic, partition, offset: (offsets[i] as number) + 1 });
  }
  return [...ends.values()].flatMap((ofTopic) => [...ofTopic.values()]);
}

/** A refusal by the log, with a stable code. */
export class LogError extends Error {
  readonly code:
    | 'fenced'
    | 'ownership_lost'
    | 'partitions_changed'
    | 'log_refused'
    | 'log_denied'
    | 'record_corrupt'
    | 'topic_recreated'
    | 'processor_owned'
    | 'unknown_topic';

  constructor(code: LogError['code'], message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.name = 'LogError';
    this.code = code;
  }
}
