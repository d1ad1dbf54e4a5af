import type { Admission, AnyProcessor, ClockTicked, Context, Envelope, EventType, Refusal, Step } from '#sdk';
import { Committed, deadLetters, type Emission, lateEvents } from '#sdk';
import { frame } from '../avro.ts';
import type { Headers, LogRecord, NewRecord } from '../log/log.ts';
import type { PartitionStore } from '../state/store.ts';
import { admit, NO_ADMISSION } from './admission.ts';
import { Deadlines } from './deadlines.ts';
import { Emitter, type Root } from './emitter.ts';
import { COMMIT_KEY } from './entries.ts';
import { type ChangelogPlace, type KeyEntry, KeyedState } from './keyed.ts';
import { deadLetterOf, lateEventOf } from './letters.ts';
import type { Content, DecodedEvent, Unreadable } from './reader.ts';
import { Policies } from './policies.ts';
import type { Types } from './types.ts';

/** What a fold has counted since it began. */
export interface FoldCounts {
  events: number;
  duplicates: number;
  late: number;
  deadLettered: number;
  emitted: number;
}

type AnyStep = Step<unknown, never>;

/** Where a fold stands. */
export interface FoldPosition {
  readonly nextOffset: number;
  readonly logTime: number;
  readonly tick: number;
}

const NOTHING_COUNTED: FoldCounts = { events: 0, duplicates: 0, late: 0, deadLettered: 0, emitted: 0 };

export const FOLD_START: FoldPosition = { nextOffset: 0, logTime: 0, tick: -1 };

/** What a fold reads. */
export interface FoldPlace {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

/** One processor over one partition. Synchronous and pure but for its own state. */
export class Fold {
  readonly processor: AnyProcessor;
  readonly partition: number;
  readonly changelogTopic: string;
  readonly keyed: KeyedState;
  readonly counts: FoldCounts = { ...NOTHING_COUNTED };
  /** Set when an invariant broke: from then on the fold stands still. */
  failure: Error | null = null;
  nextOffset: number;
  logTime: number;
  /** What the last taken commit says of `nextOffset`. */
  committedOffset: number;
  #tick: number;
  #outputs: NewRecord[] = [];
  #outputBytes = 0;
  #advanced = false;
  #committed: Buffer | null = null;
  /** Trace of the record that is taken in now. */
  #trace: Headers | null = null;
  readonly #topic: string;
  readonly #topicId: string;
  readonly #types: Types;
  readonly #emitter: Emitter;
  readonly #deadlines = new Deadlines();
  readonly #policies: Policies;
  readonly #handlers = new Map<string, string>();

  constructor(
    processor: AnyProcessor,
    { topic, topicId, partition }: FoldPlace,
    types: Types,
    store: PartitionStore,
    at: FoldPosition,
  ) {
    this.processor = processor;
    this.partition = partition;
    this.changelogTopic = changelogTopic(processor);
    this.keyed = new KeyedState(processor, types, store);
    this.nextOffset = at.nextOffset;
    this.committedOffset = at.nextOffset;
    this.logTime = at.logTime;
    this.#tick = at.tick;
    this.#topic = topic;
    this.#topicId = topicId;
    this.#types = types;
    this.#policies = new Policies(processor);
    this.#emitter = new Emitter(
      processor,
      { topic, partition },
      [...processor.outputs, deadLetters, lateEvents],
      types,
    );
    for (const [name, type] of Object.entries(processor.inputs as Record<string, EventType<Envelope>>)) {
      this.#handlers.set(type.record.name, name);
    }
  }

  /** Finds when each key of a restored state is due, before anything is folded; others get their turn meanwhile. */
  async findDeadlines(turn: () => Promise<void>): Promise<void> {
    const { deadline } = this.processor;
    if (deadline === undefined) return;
    for (const states of this.keyed.stored()) {
      for (const [key, state] of states) this.#deadlines.set(key, deadline(state, this.#policies.of(key)));
      await turn();
    }
  }

  /** Takes one record of the partition in. Throws when an invariant breaks. */
  take(record: LogRecord, content: Content, trace: Headers | null = null): void {
    if (record.offset < this.nextOffset) return;
    this.nextOffset = record.offset + 1;
    this.#advanced = true;
    this.#trace = trace;
    if (content === null) return;
    if ('type' in content) this.#event(record, content);
    else if ('number' in content) this.#ticked(record, content);
    else if (this.processor.gatekeeper === true) this.#unreadable(record, content);
  }

  /** Goes over offsets that hold no record, such as the log's own markers. */
  skipTo(offset: number): void {
    if (this.failure === null) this.nextOffset = Math.max(this.nextOffset, offset);
  }

  /** True when there is something to commit. */
  get advanced(): boolean {
    return this.#advanced && this.failure === null;
  }

  /** Bytes of the outputs that wait for a commit. */
  get outputBytes(): number {
    return this.#outputBytes;
  }

  /** Records since the last call: outputs, changelog, and the commit record that speaks of them. */
  takeCommit(): NewRecord[] {
    const records = this.#outputs;
    this.#outputs = [];
    this.#outputBytes = 0;
    this.#advanced = false;
    const { changelogTopic: topic, partition, logTime: timestamp } = this;
    for (const change of this.keyed.takeChanges(topic, partition, timestamp)) records.push(change);
    this.#committed = this.#position();
    this.committedOffset = this.nextOffset;
    records.push({ topic, partition, key: COMMIT_KEY, value: this.#committed, timestamp });
    return records;
  }

  /** Writes what the last taken commit holds into the local store; that commit must be durable. */
  async save(place: ChangelogPlace): Promise<void> {
    if (this.#committed !== null) await this.keyed.save(place, this.#committed);
  }

  /**
   * Goes on in another engine, and counts anew. False where its state is not the changelog's: it stood still, has not
   * committed, or the changelog stands elsewhere. Every commit goes further than the one before it, so where the last
   * one is its own, nobody has folded since.
   */
  goesOn({ nextOffset }: Pick<FoldPosition, 'nextOffset'> = { nextOffset: this.committedOffset }): boolean {
    if (this.failure !== null || this.#advanced || this.committedOffset !== nextOffset) return false;
    Object.assign(this.counts, NOTHING_COUNTED);
    return true;
  }

  #position(): Buffer {
    const { nextOffset, logTime } = this;
    const value = {
      nextOffset,
      logTime,
      tick: this.#tick,
      version: this.processor.version,
      topicId: this.#topicId,
    };
    return frame(this.#types.typeOf(Committed), this.#types.idOf(Committed), value);
  }

  #event(record: LogRecord, content: DecodedEvent): void {
    const { type, value: event } = content;
    const handler = this.#handlers.get(type.record.name);
    if (handler === undefined) return;
    const root = { record, key: record.key as Uint8Array, event: content, logTime: this.logTime };
    const entry = this.keyed.entry(content.key);
    const { outcome, admission } = admit(entry.window, event);
    if (outcome === 'duplicate') {
      this.counts.duplicates++;
      this.#refuse(root, entry, { reason: 'duplicate', event }, admission);
      return;
    }
    this.keyed.touch(entry);
    const beyondLateness = this.logTime > 0 && this.logTime - event.eventTime > this.processor.latenessMs;
    if (outcome === 'beyond' || beyondLateness) {
      this.counts.late++;
      const index = this.#refuse(root, entry, { reason: 'late', event }, admission);
      const code = outcome === 'beyond' ? 'beyond_admission' : 'beyond_lateness';
      this.#emit(
        root,
        [lateEventOf(record, event, { code, processor: this.processor, eventType: type.record.name })],
        index,
      );
      return;
    }
    this.counts.events++;
    const apply = this.processor.apply[handler] as (state: unknown, event: unknown, context: unknown) => AnyStep;
    this.#step(root, entry, apply(entry.state, event, this.#context(entry, root, admission)), 0);
  }

  #refuse(root: Root, entry: KeyEntry, refusal: Refusal, admission: Admission): number {
    if (this.processor.refused === undefined) return 0;
    const step = this.processor.refused(entry.state, refusal, this.#context(entry, root, admission)) as AnyStep;
    return this.#step(root, entry, step, 0);
  }

  #ticked(record: LogRecord, tick: ClockTicked): void {
    if (tick.number <= this.#tick) return;
    this.#tick = tick.number;
    this.logTime = Math.max(this.logTime, tick.time);
    const { deadline, expire } = this.processor;
    if (deadline === undefined || expire === undefined) return;
    let index = 0;
    for (let due = this.#deadlines.take(this.logTime); due; due = this.#deadlines.take(this.logTime)) {
      const entry = this.keyed.entry(due.key);
      const root = { record, key: Buffer.from(due.key), event: null, logTime: this.logTime };
      const step = expire(entry.state, due.at, this.#context(entry, root, NO_ADMISSION)) as AnyStep;
      index = this.#step(root, entry, step, index);
      const next = deadline(entry.state, this.#policies.of(entry.key));
      if (next !== null && next <= due.at) {
        throw new Error(
          `deadline_stuck: ${this.processor.name} left the deadline of ${due.key} at ${next}; expire must move it on`,
        );
      }
    }
  }

  /** Takes a step's outcome over; gives the index of the next record derived from the same root. */
  #step(root: Root, entry: KeyEntry, step: AnyStep, index: number): number {
    if (step.state !== entry.state) {
      entry.state = step.state;
      this.keyed.touch(entry);
    }
    if (step.changes !== undefined && step.changes.length > 0) this.keyed.change(entry, step.changes);
    if (this.processor.deadline !== undefined)
      this.#deadlines.set(entry.key, this.processor.deadline(entry.state, this.#policies.of(entry.key)));
    return step.emits === undefined ? index : this.#emit(root, step.emits, index);
  }

  #emit(root: Root, emits: readonly Emission[], index: number): number {
    if (emits.length === 0) return index;
    let next = index;
    for (const emission of emits) {
      const output = this.#emitter.record(root, emission, next++);
      this.#outputs.push(this.#trace === null ? output : { ...output, headers: this.#trace });
      this.#outputBytes += output.value?.length ?? 0;
    }
    this.counts.emitted += emits.length;
    return next;
  }

  #unreadable(record: LogRecord, { code, detail }: Unreadable): void {
    this.counts.deadLettered++;
    const place = { topic: this.#topic, partition: this.partition };
    const letter = deadLetterOf(record, place, { code, detail, origin: this.processor.name, time: this.logTime });
    this.#emit({ record, key: record.key ?? NO_KEY, event: null, logTime: this.logTime }, [letter], 0);
  }

  #context(entry: KeyEntry, root: Root, admission: Admission): Context<never> {
    const meta = {
      key: entry.key,
      logTime: this.logTime,
      partition: this.partition,
      offset: root.record.offset,
      admission,
    };
    const inForce = this.#policies.of(entry.key);
    if (this.processor.collections === undefined) return { meta, ...inForce } as Context<never>;
    return { ...this.keyed.entries(entry), meta, ...inForce } as Context<never>;
  }
}

const NO_KEY = new Uint8Array();

/** The compacted topic that holds a processor's state and positions. */
export function changelogTopic(processor: Pick<AnyProcessor, 'name'>): string {
  return `fleet.${processor.name}.changelog`;
}
