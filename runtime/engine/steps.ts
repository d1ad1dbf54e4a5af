import type { Admission, AnyProcessor, Context, Emission, Refusal, Step } from '#sdk';
import { deadLetters, lateEvents } from '#sdk';
import type { Headers, NewRecord } from '../log/log.ts';
import type { PartitionStore } from '../state/store.ts';
import { NO_ADMISSION } from './admission.ts';
import { Deadlines } from './deadlines.ts';
import { Emitter, type Root } from './emitter.ts';
import { type KeyEntry, KeyedState } from './keyed.ts';
import { Policies, type ReadPolicy } from './policies.ts';
import type { Types } from './types.ts';

/** What a fold has counted since it began. */
export interface FoldCounts {
  events: number;
  duplicates: number;
  late: number;
  deadLettered: number;
  emitted: number;
}

/** Keys that are visited at a tick after a policy changed. */
export const REVISITED_MAX = 1_000;

/** Before any commit. */
const BYTES_A_CHANGE_FIRST = 4096;

export const NOTHING_COUNTED: FoldCounts = { events: 0, duplicates: 0, late: 0, deadLettered: 0, emitted: 0 };

type AnyStep = Step<unknown, never>;

/** What the clock says, and where it says so. */
export type TickRoot = Omit<Root, 'key' | 'event' | 'logTime'>;

/** Where the steps of one processor are taken. */
export interface StepsPlace {
  readonly partition: number;
  /** Of the log. */
  readonly partitions: number;
}

/** The steps of one processor over one partition: state, deadlines, policies, and the outputs that wait for a commit. */
export class Steps {
  readonly processor: AnyProcessor;
  readonly keyed: KeyedState;
  readonly policies: Policies;
  readonly counts: FoldCounts = { ...NOTHING_COUNTED };
  logTime: number;
  tick: number;
  heardSince: number;
  revisitFrom: string | null;
  /** Trace of the record that is taken in now. */
  trace: Headers | null = null;
  #outputs: NewRecord[] = [];
  #outputBytes = 0;
  /** States and entries that a step changed since the last commit, each as often as it was. */
  #changes = 0;
  #bytesAChange = BYTES_A_CHANGE_FIRST;
  readonly #emitter: Emitter;
  readonly #deadlines = new Deadlines();
  /** Deadline of the key that took the last step. */
  #due: number | null = null;

  constructor(
    processor: AnyProcessor,
    place: StepsPlace,
    types: Types,
    store: PartitionStore,
    at: Pick<Steps, 'logTime' | 'tick' | 'heardSince' | 'revisitFrom'>,
  ) {
    this.processor = processor;
    this.keyed = new KeyedState(processor, types, store);
    this.policies = new Policies(processor);
    this.logTime = at.logTime;
    this.tick = at.tick;
    this.heardSince = at.heardSince;
    this.revisitFrom = at.revisitFrom;
    this.#emitter = new Emitter(processor, place, [...processor.outputs, deadLetters, lateEvents], types);
  }

  /** Finds when each key of a restored state is due, before anything is folded; others get their turn meanwhile. */
  async findDeadlines(turn: () => Promise<void>): Promise<void> {
    const { deadline } = this.processor;
    if (deadline === undefined) return;
    for (const states of this.keyed.stored()) {
      for (const [key, state] of states) this.#deadlines.set(key, deadline(state, this.policies.of(key)));
      await turn();
    }
  }

  /** Bytes of the outputs that wait. */
  get outputBytes(): number {
    return this.#outputBytes;
  }

  /** About the bytes of changes that wait; what is changed twice is written once, so it is rather too many. */
  get changedBytes(): number {
    return this.#changes * this.#bytesAChange;
  }

  /** Changes of state that wait, as records of the changelog. */
  takeChanges(topic: string, partition: number): NewRecord[] {
    const records = this.keyed.takeChanges(topic, partition, this.logTime);
    let bytes = 0;
    for (const { value } of records) bytes += value?.length ?? 0;
    if (records.length > 0) this.#bytesAChange = Math.max(1, bytes / records.length);
    this.#changes = 0;
    return records;
  }

  takeOutputs(): NewRecord[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    this.#outputBytes = 0;
    return outputs;
  }

  /** Gives an event to the handler of that name. */
  apply(root: Root, entry: KeyEntry, handler: string, event: unknown, admission: Admission): void {
    this.counts.events++;
    const apply = this.processor.apply[handler] as (state: unknown, event: unknown, context: unknown) => AnyStep;
    this.#step(root, entry, apply(entry.state, event, this.#context(entry, root, admission)), 0);
  }

  /** Tells of an event that was kept from its handler; gives the index of the next record derived from it. */
  refuse(root: Root, entry: KeyEntry, refusal: Refusal, admission: Admission): number {
    if (this.processor.refused === undefined) return 0;
    const step = this.processor.refused(entry.state, refusal, this.#context(entry, root, admission)) as AnyStep;
    return this.#step(root, entry, step, 0);
  }

  /** Moves log time, fires what is due, and visits keys that are still to meet a policy. */
  pass(tick: { readonly number: number; readonly time: number }, at: TickRoot): void {
    this.tick = tick.number;
    this.logTime = Math.max(this.logTime, tick.time);
    this.#revisit(at, this.#expire(at));
  }

  /** Takes a change of a policy over. */
  decide({ policy, value, bytes }: ReadPolicy): void {
    const place = this.policies.change({ policy, value });
    if (place === null) return;
    this.keyed.keep(place, bytes);
    const { deadline, revisit } = this.processor;
    if (revisit !== undefined) this.revisitFrom = '';
    if (deadline === undefined) return;
    for (const { key, entry } of this.keyed.all())
      this.#deadlines.set(key, deadline(entry.state, this.policies.of(key)));
  }

  /** Gives records to topics; gives the index of the next one derived from the same root. */
  emit(root: Root, emits: readonly Emission[], index: number): number {
    if (emits.length === 0) return index;
    let next = index;
    for (const emission of emits) {
      const output = this.#emitter.record(root, emission, next++);
      this.#outputs.push(this.trace === null ? output : { ...output, headers: { ...output.headers, ...this.trace } });
      this.#outputBytes += output.value?.length ?? 0;
    }
    this.counts.emitted += emits.length;
    return next;
  }

  #expire(at: TickRoot): number {
    const { deadline, expire, name } = this.processor;
    if (deadline === undefined || expire === undefined) return 0;
    let index = 0;
    const root = rootAt(at, this.logTime);
    for (let due = this.#deadlines.take(this.logTime); due; due = this.#deadlines.take(this.logTime)) {
      const entry = this.keyed.entry(due.key);
      root.key = due.key;
      const step = expire(entry.state, due.at, this.#context(entry, root, NO_ADMISSION)) as AnyStep;
      index = this.#step(root, entry, step, index);
      const next = this.#due;
      if (next !== null && next <= due.at) {
        throw new Error(`deadline_stuck: ${name} left the deadline of ${due.key} at ${next}; expire must move it on`);
      }
    }
    return index;
  }

  #revisit(at: TickRoot, first: number): void {
    const { revisit } = this.processor;
    if (this.revisitFrom === null || revisit === undefined) return;
    let index = first;
    const root = rootAt(at, this.logTime);
    const keys = this.keyed.keysFrom(this.revisitFrom, REVISITED_MAX + 1);
    for (const key of keys.slice(0, REVISITED_MAX)) {
      const entry = this.keyed.entry(key);
      root.key = key;
      const step = revisit(entry.state, this.#context(entry, root, NO_ADMISSION)) as AnyStep;
      index = this.#step(root, entry, step, index);
    }
    this.revisitFrom = keys[REVISITED_MAX] ?? null;
  }

  /** Takes a step's outcome over; gives the index of the next record derived from the same root. */
  #step(root: Root, entry: KeyEntry, step: AnyStep, index: number): number {
    if (step.state !== entry.state) {
      entry.state = step.state;
      this.keyed.touch(entry);
      this.#changes++;
    }
    if (step.changes !== undefined && step.changes.length > 0) {
      this.keyed.change(entry, step.changes);
      this.#changes += step.changes.length;
    }
    const { deadline } = this.processor;
    if (deadline !== undefined) {
      this.#due = deadline(entry.state, this.policies.of(entry.key));
      this.#deadlines.set(entry.key, this.#due);
    }
    return step.emits === undefined ? index : this.emit(root, step.emits, index);
  }

  #context(entry: KeyEntry, { partition, offset }: Root, admission: Admission): Context<never> {
    const { logTime, heardSince } = this;
    const meta = { key: entry.key, logTime, heardSince, partition, offset, admission };
    const { policies, versions } = this.policies.of(entry.key);
    if (this.processor.collections === undefined) return { meta, policies, versions } as Context<never>;
    return { ...this.keyed.entries(entry), meta, policies, versions } as Context<never>;
  }
}

/** For one key after the other: each is read until its step is over. */
function rootAt(at: TickRoot, logTime: number): Root & { key: string } {
  const { topic, partition, offset, path, timestamp, record, epoch } = at;
  return { topic, partition, offset, path, timestamp, key: '', event: null, record, logTime, epoch };
}
