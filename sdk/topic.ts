import type { Cause } from './generated/Cause.ts';
import type { Schema, ValueOf } from './schema.ts';

/** How the log may forget: by age, or keeping the newest record of each key. */
export type Cleanup = 'delete' | 'compact';

/** A topic of the log. Records of a derived topic keep the key and partition number of their root event. */
export interface Topic<T, N extends string = string> {
  readonly name: N;
  readonly doc: string;
  readonly value: Schema<T>;
  readonly cleanup: Cleanup;
  readonly T?: T;
}

/** A topic of any value. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyTopic = Topic<any>;

/** Declares a topic with one record type. */
export function topic<T, const N extends string>(declaration: {
  readonly name: N;
  readonly doc: string;
  readonly value: Schema<T>;
  readonly cleanup?: Cleanup;
}): Topic<T, N> {
  return { cleanup: 'delete', ...declaration };
}

/**
 * A topic between two stages of processors, keyed anew: what belongs together comes together, whatever partitions it
 * comes from. The second stage takes its records epoch by epoch, an epoch being what lies between two clock ticks.
 */
export interface Repartition<T, N extends string = string> extends Topic<T, N> {
  /** Key of a record; begins with the tenant and a slash. */
  readonly keyOf: (value: Uncaused<T>) => string;
}

/** Declares a topic between two stages. */
export function repartition<T, const N extends string>(declaration: {
  readonly name: N;
  readonly doc: string;
  readonly value: Schema<T>;
  readonly keyOf: (value: NoInfer<Uncaused<T>>) => string;
}): Repartition<T, N> {
  return { cleanup: 'delete', ...declaration };
}

/** A value as a processor writes it: the engine adds the cause. */
export type Uncaused<T> = T extends Cause ? Omit<T, keyof Cause> : T;

/** One record that a processor or connector gives to a topic. */
export interface Emission<P extends AnyTopic = AnyTopic> {
  readonly topic: P;
  readonly value: unknown;
}

/** Gives a record to a topic. A call, because TypeScript checks surplus fields only in arguments. */
export function emit<P extends AnyTopic>(to: P, value: NoInfer<Uncaused<ValueOf<P>>>): Emission<P> {
  return { topic: to, value };
}
