import { type Cause, EVENTS_TOPIC, type Repartition, type TicksPassed } from '#sdk';
import type { LogRecord } from '../log/log.ts';
import { NO_ADMISSION } from './admission.ts';
import type { Forward } from './forward.ts';
import type { Content, Staged } from './reader.ts';
import type { ReadPolicy } from './policies.ts';
import type { Steps, StepsPlace } from './steps.ts';
import type { Types } from './types.ts';

/** Bytes of records that wait for their epoch; what is beyond is forgotten, and read again when its turn comes. */
export const WAITING_BYTES_MAX = 64 * 1024 * 1024;

/** Bytes of outputs that are enough for one commit; further epochs wait for the next. */
const OUTPUT_BYTES_MAX = 1024 * 1024;

/** What a second stage is folded with. */
export interface EpochsOptions extends StepsPlace {
  readonly handler: string;
  readonly topic: Repartition<unknown>;
  /** Names of the processors before it. */
  readonly upstreams: readonly string[];
  readonly readPolicy: (bytes: Uint8Array) => ReadPolicy | null;
  readonly waitingBytesMax?: number | undefined;
  /** To the stage behind; null where none is. */
  readonly forward: Forward | null;
}

/** A tick as the folds before tell of it, and the offset at which they do. */
type Told = TicksPassed['ticks'][number] & { readonly toldAt: number };

/** A record that waits, as it stands between the stages. */
interface Waiting {
  readonly offset: number;
  readonly timestamp: number;
  readonly from: number;
  readonly key: string;
  readonly value: Buffer;
}

/** A record of an epoch whose turn has come. */
interface Come {
  readonly waiting: Waiting;
  readonly value: Cause;
  readonly processor: string;
  /** Offset of the root, of what a first stage derived; what comes from further is behind all of that. */
  readonly place: number;
}

/**
 * Takes records of the stage before in, epoch by epoch: once every fold before has passed tick n, the records that they
 * derived up to it are folded in the order (partition, offset of the root, processor, index), whatever order they came
 * in. What waits is not part of the state: it is read again after a restart.
 */
export class Epochs {
  readonly #steps: Steps;
  readonly #types: Types;
  readonly #topic: Repartition<unknown>;
  readonly #handler: string;
  readonly #upstreams: ReadonlySet<string>;
  readonly partition: number;
  readonly #partitions: number;
  readonly #readPolicy: (bytes: Uint8Array) => ReadPolicy | null;
  readonly #bytesMax: number;
  readonly #outputBytesMax: number;
  readonly #forward: Forward | null;
  /** Newest tick that each fold before has passed, and the offset at which it said so. */
  readonly #passed = new Map<string, { readonly number: number; readonly toldAt: number }>();
  #ticks: Told[] = [];
  /** Changes of policies behind the newest tick told. */
  #policies: { readonly bytes: Uint8Array; readonly toldAt: number }[] = [];
  /** Newest tick that all of them have passed. */
  #whole = -1;
  /** By epoch. */
  readonly #waiting = new Map<number, Waiting[]>();
  #waitingBytes = 0;
  /** Records of later epochs are not kept, and read again from the offset once this epoch has been folded. */
  #forgotten: { readonly beyond: number; from: number } | null = null;
  #again: number | null = null;
  /** Offset of the last record that told of ticks; what is below was read before, but may have been forgotten. */
  #read = -1;

  constructor(steps: Steps, types: Types, options: EpochsOptions) {
    this.#steps = steps;
    this.#types = types;
    this.partition = options.partition;
    this.#partitions = options.partitions;
    this.#upstreams = new Set(options.upstreams);
    this.#readPolicy = options.readPolicy;
    this.#bytesMax = options.waitingBytesMax ?? WAITING_BYTES_MAX;
    this.#outputBytesMax = Math.min(OUTPUT_BYTES_MAX, this.#bytesMax);
    this.#handler = options.handler;
    this.#forward = options.forward;
    this.#topic = options.topic;
  }

  take(record: LogRecord, content: Content): void {
    if (content === null) return;
    if ('staged' in content) this.#keep(record, content);
    else if ('code' in content) throw new Error(`stage_unreadable: offset ${record.offset}: ${content.detail}`);
    // Only what tells of ticks can make an epoch whole.
    if (!('ticks' in content)) return;
    this.#told(record.offset, content);
    // What ticks have passed is known up to here, so an epoch is whole only once everything is read again.
    if (record.offset < this.#read) return;
    this.#read = record.offset;
    this.#fold();
  }

  /** First offset of what waits; null where everything was folded. */
  unfolded(): number | null {
    const offsets = [...this.#waiting.values()].map(([first]) => (first as Waiting).offset);
    for (const { toldAt } of [...this.#ticks.slice(0, 1), ...this.#policies.slice(0, 1)]) offsets.push(toldAt);
    // Who is ahead may have nothing more to tell.
    for (const { number, toldAt } of this.#passed.values()) if (number > this.#steps.tick) offsets.push(toldAt);
    if (this.#forgotten !== null) offsets.push(this.#forgotten.from);
    return offsets.length === 0 ? null : Math.min(...offsets);
  }

  /** By how many ticks each processor before is behind the newest that is known; null where a fold of it told of none. */
  behind(): ReadonlyMap<string, number | null> {
    const newest = Math.max(this.#steps.tick, ...Array.from(this.#passed.values(), ({ number }) => number));
    const of = (processor: string) => {
      const told = Array.from({ length: this.#partitions }, (_, each) => this.#passed.get(`${processor}/${each}`));
      const least = Math.min(...told.map((each) => each?.number ?? -1));
      return least < 0 ? null : newest - least;
    };
    return new Map(Array.from(this.#upstreams, (processor) => [processor, of(processor)]));
  }

  /** Where to read again what was forgotten, once its turn has come. */
  readsAgain(): number | null {
    const again = this.#again;
    this.#again = null;
    return again;
  }

  #told(offset: number, { processor, partition, number, ticks, policies }: TicksPassed): void {
    if (!this.#upstreams.has(processor)) return;
    const upstream = `${processor}/${partition}`;
    if (number > (this.#passed.get(upstream)?.number ?? -1)) this.#passed.set(upstream, { number, toldAt: offset });
    const after = this.#ticks.at(-1)?.number ?? this.#steps.tick;
    // Several processors fold the partition and tell of the same ticks, some sooner than others.
    for (const tick of ticks) {
      if (tick.number <= after) continue;
      const waiting = this.#policies;
      this.#policies = [];
      const decided = [...waiting.map(({ bytes }) => bytes), ...tick.policies.map(copied)];
      this.#ticks.push({ ...tick, policies: decided, toldAt: waiting[0]?.toldAt ?? offset });
    }
    for (const bytes of policies) this.#policies.push({ bytes: copied(bytes), toldAt: offset });
    if (this.#passed.size < this.#upstreams.size * this.#partitions) return;
    this.#whole = Math.min(...Array.from(this.#passed.values(), (told) => told.number));
  }

  #keep({ offset, timestamp }: LogRecord, { epoch, from, key, value }: Staged): void {
    if (epoch <= this.#steps.tick) return;
    if (this.#forgotten !== null && epoch > this.#forgotten.beyond) return;
    const waiting = { offset, timestamp, from, key, value: Buffer.from(value) };
    const same = this.#waiting.get(epoch);
    if (same === undefined) this.#waiting.set(epoch, [waiting]);
    else same.push(waiting);
    this.#waitingBytes += waiting.value.length;
    if (this.#waitingBytes > this.#bytesMax) this.#forget();
  }

  /** Forgets the latest epochs until half of the room is free; the one whose turn is next stays whole. */
  #forget(): void {
    const epochs = [...this.#waiting.keys()].sort((a, b) => a - b);
    while (epochs.length > 1 && this.#waitingBytes > this.#bytesMax / 2) {
      const latest = this.#taken(epochs.pop() as number);
      const from = Math.min(this.#forgotten?.from ?? Infinity, (latest[0] as Waiting).offset);
      this.#forgotten = { beyond: epochs.at(-1) as number, from };
    }
  }

  #taken(epoch: number): readonly Waiting[] {
    const waiting = this.#waiting.get(epoch) ?? [];
    this.#waiting.delete(epoch);
    for (const { value } of waiting) this.#waitingBytes -= value.length;
    return waiting;
  }

  #fold(): void {
    let folded = 0;
    for (const tick of this.#ticks) {
      if (tick.number > this.#whole) break;
      if (this.#steps.outputBytes > this.#outputBytesMax) {
        // The same record is taken in again once these are committed.
        this.#again = this.#read;
        break;
      }
      if (this.#forgotten !== null && tick.number > this.#forgotten.beyond) {
        this.#readAgain();
        break;
      }
      this.#foldEpoch(tick);
      folded++;
    }
    if (folded > 0) this.#ticks.splice(0, folded);
  }

  #foldEpoch(tick: Told): void {
    const steps = this.#steps;
    for (const bytes of tick.policies) {
      const read = this.#readPolicy(bytes);
      if (read !== null) steps.decide(read);
      this.#forward?.decided(Buffer.from(bytes));
    }
    const at = { logTime: steps.logTime, epoch: tick.number, event: null, record: null };
    for (const { waiting, value } of this.#comeBy(tick.number)) {
      const { causeTopic: topic, causePartition: partition, causeOffset: offset, causePath: path } = value;
      const root = { ...at, topic, partition, offset, path, timestamp: waiting.timestamp, key: waiting.key };
      const entry = steps.keyed.entry(waiting.key);
      steps.keyed.touch(entry);
      steps.apply(root, entry, this.#handler, value, NO_ADMISSION);
    }
    steps.heardSince = tick.heardSince;
    const { partition } = this;
    const place = { topic: EVENTS_TOPIC, partition, offset: tick.offset, path: '', timestamp: tick.time };
    steps.pass(tick, { ...at, ...place });
    this.#forward?.passed(tick, tick.offset, tick.heardSince);
  }

  /** What belongs to an epoch and those before it, in the order in which it is folded. */
  #comeBy(number: number): readonly Come[] {
    const epochs = [...this.#waiting.keys()].filter((epoch) => epoch <= number).sort((a, b) => a - b);
    return epochs.flatMap((epoch) =>
      this.#taken(epoch)
        .map((each) => this.#comeOf(each))
        .sort(inOrder),
    );
  }

  #comeOf(waiting: Waiting): Come {
    const value = this.#types.decode(this.#topic.value, waiting.value) as Cause;
    const path = value.causePath;
    const last = path.lastIndexOf('>') + 1;
    const processor = path.slice(last, path.indexOf('/', last));
    return { waiting, value, processor, place: last === 0 ? value.causeOffset : Infinity };
  }

  /** Goes back to the first record that was forgotten, and to whatever else would then be met twice. */
  #readAgain(): void {
    this.#again = this.unfolded();
    this.#forgotten = null;
    for (const epoch of this.#waiting.keys()) this.#taken(epoch);
  }
}

/** By partition and offset of the root, then by processor; one processor's own are in order as they stand. */
function inOrder(a: Come, b: Come): number {
  if (a.waiting.from !== b.waiting.from) return a.waiting.from - b.waiting.from;
  if (a.place !== b.place) return a.place < b.place ? -1 : 1;
  if (a.processor !== b.processor) return a.processor < b.processor ? -1 : 1;
  return a.waiting.offset - b.waiting.offset;
}

/** The bytes for themselves, not within whatever else was fetched with them. */
function copied(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
