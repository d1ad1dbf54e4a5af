import type { AnyProcessor } from '#sdk';
import { Committed } from '#sdk';
import { frame } from '../avro.ts';
import type { Headers, LogRecord, NewRecord } from '../log/log.ts';
import type { PartitionStore } from '../state/store.ts';
import { COMMIT_KEY } from './entries.ts';
import { Epochs } from './epochs.ts';
import { Events } from './events.ts';
import { Forward } from './forward.ts';
import type { KeyedState } from './keyed.ts';
import { POLICY_RANGE, type ReadPolicy } from './policies.ts';
import type { Content } from './reader.ts';
import { stageInput } from './stages.ts';
import { type FoldCounts, NOTHING_COUNTED, Steps } from './steps.ts';
import type { Types } from './types.ts';

/** Where a fold stands. */
export type FoldPosition = Pick<Committed, 'nextOffset' | 'logTime' | 'tick' | 'heardSince' | 'revisitFrom'>;

export const FOLD_START: FoldPosition = { nextOffset: 0, logTime: 0, tick: -1, heardSince: 0, revisitFrom: null };

/** What a fold reads. */
export interface FoldPlace {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** Of the log. */
  readonly partitions: number;
  /** The log has forgotten where it began: nothing is folded before a complete set of policies. */
  readonly isInside: boolean;
}

/** What a fold is made with. */
export interface FoldParts {
  readonly types: Types;
  readonly store: PartitionStore;
  readonly at: FoldPosition;
  /** Names of the processors before a second stage. */
  readonly upstreams: readonly string[];
  readonly readPolicy: (bytes: Uint8Array) => ReadPolicy | null;
  readonly waitingBytesMax?: number | undefined;
}

/** One processor over one partition. Synchronous and pure but for its own state. */
export class Fold {
  readonly processor: AnyProcessor;
  readonly topic: string;
  readonly partition: number;
  readonly changelogTopic: string;
  /** Set when an invariant broke: from then on the fold stands still. */
  failure: Error | null = null;
  nextOffset: number;
  /** What the last taken commit says of `nextOffset`. */
  committedOffset: number;
  #committedTick: number;
  #advanced = false;
  #committed: Buffer | null = null;
  /** Of its changelog, behind the last durable commit; null where that is not known. */
  #changelogEnd: number | null = null;
  /** What was forgotten is read again: until then nothing further is taken in. */
  #goesBack = false;
  readonly #topicId: string;
  readonly #types: Types;
  readonly #store: PartitionStore;
  readonly #steps: Steps;
  readonly #intake: Events | Epochs;
  readonly #forward: Forward | null;
  /** Number of the set of policies that is being read, while nothing may be folded before one is complete. */
  #awaited: { snapshot: number | null } | null;

  constructor(processor: AnyProcessor, place: FoldPlace, { types, store, at, ...stage }: FoldParts) {
    this.processor = processor;
    this.topic = place.topic;
    this.partition = place.partition;
    this.changelogTopic = changelogTopic(processor);
    this.nextOffset = at.nextOffset;
    this.committedOffset = at.nextOffset;
    this.#committedTick = at.tick;
    this.#topicId = place.topicId;
    this.#types = types;
    this.#store = store;
    this.#steps = new Steps(processor, place, types, store, at);
    this.#forward = Forward.of(processor, place, types);
    const input = stageInput(processor);
    this.#intake =
      input === null
        ? new Events(this.#steps, place.partition, this.#forward)
        : new Epochs(this.#steps, types, { ...place, ...input, ...stage, forward: this.#forward });
    this.#awaited = place.isInside && processor.policies !== undefined ? { snapshot: null } : null;
  }

  get keyed(): KeyedState {
    return this.#steps.keyed;
  }

  get counts(): FoldCounts {
    return this.#steps.counts;
  }

  get logTime(): number {
    return this.#steps.logTime;
  }

  /** Of a second stage, how far those before it are behind; nothing of a first. */
  get behind(): ReturnType<Epochs['behind']> {
    return this.#intake instanceof Epochs ? this.#intake.behind() : new Map();
  }

  /** Takes over what a restored state says beside its keys; others get their turn meanwhile. */
  async recall(learn: (id: number) => Promise<void>, turn: () => Promise<void>): Promise<void> {
    if (this.processor.policies !== undefined) {
      const policies = Array.from(this.#store.range(...POLICY_RANGE), ([, bytes]) => bytes);
      await this.#steps.policies.recall(policies, this.#types, learn);
    }
    await this.#steps.findDeadlines(turn);
  }

  /** Takes one record of the partition in. Throws when an invariant breaks. */
  take(record: LogRecord, content: Content, trace: Headers | null = null): void {
    if (record.offset < this.nextOffset || this.#goesBack) return;
    this.nextOffset = record.offset + 1;
    if (this.#awaited !== null && !this.#isWhole(this.#awaited, content)) return;
    this.#advanced = true;
    this.#steps.trace = trace;
    this.#intake.take(record, content);
    const again = this.#intake.readsAgain();
    if (again === null) return;
    this.nextOffset = again;
    this.#goesBack = true;
  }

  /** Where to read on; what was read before, and not taken in yet, is passed over. */
  readFrom(): number {
    this.#goesBack = false;
    return this.nextOffset;
  }

  /** Goes over offsets that hold no record, such as the log's own markers. */
  skipTo(offset: number): void {
    if (this.failure === null && !this.#goesBack) this.nextOffset = Math.max(this.nextOffset, offset);
  }

  /** True when there is something to commit. */
  get advanced(): boolean {
    return this.#advanced && this.failure === null;
  }

  /** Bytes of the outputs that wait for a commit. */
  get outputBytes(): number {
    return this.#steps.outputBytes;
  }

  /** About the bytes of the changes of state that wait for a commit. */
  get changedBytes(): number {
    return this.#steps.changedBytes;
  }

  /** True when it goes on only after a commit. */
  get isFull(): boolean {
    return this.#goesBack && this.outputBytes > 0;
  }

  /** Records since the last call: outputs, changelog, and the commit record that speaks of them. */
  takeCommit(): NewRecord[] {
    const { changelogTopic: topic, partition, logTime: timestamp } = this;
    const records = this.#steps.takeOutputs();
    this.#advanced = false;
    for (const passed of this.#forward?.takeRecords(this.#steps.tick, timestamp) ?? []) records.push(passed);
    for (const change of this.#steps.takeChanges(topic, partition)) records.push(change);
    this.committedOffset = Math.min(this.#intake.unfolded() ?? Infinity, this.nextOffset);
    this.#committedTick = this.#steps.tick;
    this.#committed = this.#position();
    records.push({ topic, partition, key: COMMIT_KEY, value: this.#committed, timestamp });
    return records;
  }

  /**
   * Takes note of where the changelog ends behind a commit that is durable; null where the log could not tell. What is
   * below is this fold's own: had another one written there, the commit would have been refused. The log's own end says
   * less, since another may have taken over before it is asked for.
   */
  committed(changelogEnd: number | null): void {
    this.#changelogEnd = changelogEnd;
  }

  /** Writes what the last taken commit holds into the local store; that commit must be durable. */
  async save(logId: string): Promise<void> {
    // Where that is not known, the next commit will tell it.
    if (this.#committed === null || this.#changelogEnd === null) return;
    await this.keyed.save({ logId, changelogOffset: this.#changelogEnd }, this.#committed);
  }

  /**
   * Goes on in another engine, and counts anew. False where its state is not the changelog's: it stood still, has not
   * committed, or the changelog stands elsewhere. Every commit goes further than the one before it, so where the last
   * one is its own, nobody has folded since.
   */
  goesOn(at: Pick<FoldPosition, 'nextOffset' | 'tick'> | null = null): boolean {
    if (this.failure !== null || this.#advanced) return false;
    if (at !== null && (at.nextOffset !== this.committedOffset || at.tick !== this.#committedTick)) return false;
    Object.assign(this.counts, NOTHING_COUNTED);
    return true;
  }

  #position(): Buffer {
    const { logTime, tick, heardSince, revisitFrom } = this.#steps;
    const { version } = this.processor;
    const position = { nextOffset: this.committedOffset, logTime, tick, heardSince, revisitFrom };
    const value = { ...position, version, topicId: this.#topicId };
    return frame(this.#types.typeOf(Committed), this.#types.idOf(Committed), value);
  }

  /** Whether a set of policies has been read from its begin to its end; each is taken over meanwhile. */
  #isWhole(awaited: { snapshot: number | null }, content: Content): boolean {
    if (content === null) return false;
    if ('policy' in content && awaited.snapshot !== null) this.#steps.decide(content);
    if (!('snapshot' in content)) return false;
    if (content.policies !== null) awaited.snapshot = content.snapshot;
    else if (content.snapshot === awaited.snapshot) this.#awaited = null;
    return this.#awaited === null;
  }
}

/** The compacted topic that holds a processor's state and positions. */
export function changelogTopic(processor: Pick<AnyProcessor, 'name'>): string {
  return `fleet.${processor.name}.changelog`;
}
