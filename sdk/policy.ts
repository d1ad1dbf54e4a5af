import type { Schema } from './schema.ts';

/**
 * What operators decide for a tenant, or for all: a value that changes by events in the log, so that each step of a
 * fold knows which version was in force.
 */
export interface Policy<T> {
  /** Part of the log, so it stays. */
  readonly name: string;
  readonly doc: string;
  readonly value: Schema<T>;
  /** In force, as version 0, until an operator decides otherwise. */
  readonly fallback: T;
  /** What is wrong with a value beyond its types, in a sentence; null where nothing is. Asked before it is accepted. */
  readonly check?: (value: T) => string | null;
  readonly T?: T;
}

/** A policy of any value. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyPolicy = Policy<any>;

/** Declares a policy. */
export function policy<T>(declaration: {
  readonly name: string;
  readonly doc: string;
  readonly value: Schema<T>;
  readonly fallback: NoInfer<T>;
  readonly check?: (value: NoInfer<T>) => string | null;
}): Policy<T> {
  return declaration;
}
