import type { EventType } from './event.ts';
import type { Envelope } from './generated/Envelope.ts';
import type { Policy } from './policy.ts';
import type { Schema } from './schema.ts';
import type { AnyTopic, Emission, Repartition } from './topic.ts';

// oxlint-disable typescript/no-explicit-any -- Declarations are invariant in their value, and a record holds many.

/** Any number of entries under a key, each stored and changelogged on its own. */
export interface Collection<T> {
  readonly name: string;
  readonly value: Schema<T>;
  readonly T?: T;
}

/** Declares a collection; its name is part of the changelog and stays. */
export function collection<T>(name: string, value: Schema<T>): Collection<T> {
  return { name, value };
}

/** The entries of a collection under the key at hand; ranges go in the byte order of the subkeys. */
export interface Entries<T> {
  get(subkey: string): T | undefined;
  /** From `from` (inclusive) to `to` (exclusive). */
  range(from: string, to: string): Iterable<readonly [subkey: string, value: T]>;
}

/** A write to a collection: a value, or null to drop the entry. */
export interface Change {
  readonly collection: Collection<any>;
  readonly subkey: string;
  readonly value: unknown;
}

/** Sets an entry of a collection. */
export function set<T>(to: Collection<T>, subkey: string, value: NoInfer<T>): Change {
  return { collection: to, subkey, value };
}

/** Drops an entry of a collection. */
export function drop(from: Collection<any>, subkey: string): Change {
  return { collection: from, subkey, value: null };
}

/** Sequence numbers from first to last, both included. */
export interface SequenceRange {
  readonly first: number;
  readonly last: number;
}

/** What admission learned from an event's place in its stream. */
export interface Admission {
  /** False when the event has neither a sequence nor a device time, so that a repetition cannot be told. */
  readonly dedupable: boolean;
  /** Numbers that this event shows to be missing. */
  readonly missing: SequenceRange | null;
  /** True when this event's number had been missing. */
  readonly filled: boolean;
  /** Missing numbers given up to make room: their events would now be refused. */
  readonly lost: SequenceRange | null;
  /** True when the event begins a later epoch of a known source. */
  readonly reset: boolean;
}

/** Where a step stands in the log. */
export interface Meta {
  /** `tenant/device`; of a second stage, the key that its topic gave. */
  readonly key: string;
  /** Milliseconds; the largest clock tick seen in the partition, 0 before the first. */
  readonly logTime: number;
  /** Log time since which silence is that of devices: before it time stood still, or a connector began or ended listening. */
  readonly heardSince: number;
  readonly partition: number;
  /** Offset of the root event, or of the tick that fired the deadline; of a second stage, in the root's own partition. */
  readonly offset: number;
  /** For events; nothing is learned from a deadline. */
  readonly admission: Admission;
}

/** Why the engine kept an event from `apply`. */
export interface Refusal {
  readonly reason: 'duplicate' | 'late';
  readonly event: Envelope;
}

type Record_<V> = Readonly<Record<string, V>>;

type AnyInput = EventType<any> | Repartition<any>;

/** What operators have decided, as it is in force for the tenant of the key at hand. */
export interface InForce<P extends Record_<Policy<any>>> {
  readonly policies: { readonly [K in keyof P]: P[K] extends Policy<infer V> ? V : never };
  /** Version of each; 0 while its fallback is in force. */
  readonly versions: { readonly [K in keyof P]: number };
}

/** What a step may read besides state and event. */
export type Context<
  C extends Record_<Collection<any>>,
  P extends Record_<Policy<any>> = Readonly<Record<never, never>>,
> = { readonly meta: Meta } & InForce<P> & {
    readonly [K in keyof C]: C[K] extends Collection<infer V> ? Entries<V> : never;
  };

/** The outcome of a step: the next state, changes of collections, and records to emit, in order. */
export interface Step<S, O extends AnyTopic> {
  readonly state: S;
  readonly changes?: readonly Change[];
  readonly emits?: readonly Emission<O>[];
}

/**
 * A pure fold over the events of one key. Everything is returned, nothing is called.
 * One that reads a `repartition` topic is a further stage: it reads that alone, and meets whole epochs in an order that
 * is the same wherever the log is folded.
 */
export interface Processor<
  I extends Record_<AnyInput>,
  S,
  O extends AnyTopic,
  C extends Record_<Collection<any>> = Record_<Collection<any>>,
  P extends Record_<Policy<any>> = Record_<Policy<any>>,
> {
  readonly name: string;
  /** Grows when the same input may give other output. Part of every cause. */
  readonly version: number;
  readonly doc: string;
  readonly inputs: I;
  readonly outputs: readonly O[];
  readonly state: Schema<S>;
  readonly collections?: C;
  readonly policies?: P;
  readonly initial: NoInfer<S>;
  /**
   * Milliseconds: an event whose time is further behind log time changes no state and goes to `fleet.late`. Infinity in
   * a second stage, as what it reads was admitted before.
   */
  readonly latenessMs: number;
  /** True for the one processor of an app that dead-letters what nobody can read. */
  readonly gatekeeper?: boolean;
  readonly apply: NoInfer<{
    readonly [K in keyof I]: (
      state: S,
      event: I[K] extends EventType<infer E> ? E : I[K] extends Repartition<infer R> ? R : never,
      context: Context<C, P>,
    ) => Step<S, O>;
  }>;
  /** Called for events that never reach `apply`: it may count them, and must not use their content. */
  readonly refused?: NoInfer<(state: S, refusal: Refusal, context: Context<C, P>) => Step<S, O>>;
  /** Log time (ms) at which `expire` is due, or null. A pure function of state and policies, which follows both at once. */
  readonly deadline?: NoInfer<(state: S, inForce: InForce<P>) => number | null>;
  /** Fires at the first tick at or after the deadline; `at` is the deadline. Must move the deadline on. */
  readonly expire?: NoInfer<(state: S, at: number, context: Context<C, P>) => Step<S, O>>;
  /**
   * Visits every key once after a policy changed, in key order, some of them at each tick. Without it a key meets a
   * policy at its next event or deadline.
   */
  readonly revisit?: NoInfer<(state: S, context: Context<C, P>) => Step<S, O>>;
}

/** A processor of any state and events. */
export type AnyProcessor = Processor<any, any, any, any, any>;

/** Declares a processor. */
export function processor<
  const I extends Record_<AnyInput>,
  S,
  O extends AnyTopic,
  C extends Record_<Collection<any>> = Readonly<Record<never, never>>,
  P extends Record_<Policy<any>> = Readonly<Record<never, never>>,
>(declaration: Processor<I, S, O, C, P>): Processor<I, S, O, C, P> {
  return declaration;
}
