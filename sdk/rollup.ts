import type { DataClass } from './schema.ts';
import type { Example, Table, View } from './table.ts';

/** The spans of time that every roll-up adds up, in seconds, finest first. */
export const SPANS = { minute: 60, hour: 3_600, day: 86_400 } as const;

/** A span of time, by its name. */
export type Span = keyof typeof SPANS;

/** How a span is written at the end of a name. */
export const SPAN_SUFFIX: Readonly<Record<Span, string>> = { minute: '1m', hour: '1h', day: '1d' };

/** What a roll-up is kept apart by. */
export interface Dimension {
  readonly name: string;
  readonly doc: string;
  /** Its type in ClickHouse. */
  readonly type: string;
  /** SQL over a row of the table. */
  readonly sql: string;
}

/** What a roll-up adds up, as a state that merges with others. */
export interface Measure {
  readonly name: string;
  readonly doc: string;
  /** An aggregate function of ClickHouse, without its parameters. */
  readonly of: string;
  readonly parameters?: string;
  /** SQL over a row of the table. */
  readonly sql: string;
  /** The type in ClickHouse of what that gives. */
  readonly type: string;
}

/** How several rows are made of one. */
export interface Each {
  /** SQL behind the table's name. */
  readonly sql: string;
  /** SQL of how many they are. */
  readonly rows: string;
}

/**
 * Minutes, hours and days of an append-only table, added up as its rows come: a table of states that merge, by span and
 * by when the span began.
 */
export interface Rollup {
  readonly kind: 'rollup';
  /** Of the table of states. */
  readonly name: string;
  readonly doc: string;
  readonly from: Table;
  /** The time column whose spans these are. */
  readonly time: string;
  /** What makes several rows of one of the table; null where it does not. */
  readonly each: Each | null;
  readonly by: readonly Dimension[];
  readonly measures: readonly Measure[];
  readonly dataClass: DataClass;
  readonly examples: readonly Example[];
}

/** What is made from tables by SQL alone. */
export type Derived = View | Rollup;

/** Declares a roll-up. */
export function rollup(declaration: Omit<Rollup, 'kind' | 'each'> & { readonly each?: Each }): Rollup {
  return { each: null, ...declaration, kind: 'rollup' };
}

/** The type of the column that holds a measure. */
export function typeOfState(measure: Measure): string {
  const { of, type } = measure;
  return isSimple(measure)
    ? `SimpleAggregateFunction(${of}, ${type})`
    : `AggregateFunction(${of}${parametersOf(measure)}, ${type})`;
}

/** SQL of the state of a measure over rows of the table. */
export function stateOf(measure: Measure): string {
  const { of, sql } = measure;
  return isSimple(measure) ? `${of}(${sql})` : `${of}State${parametersOf(measure)}(${sql})`;
}

/** SQL of the state of a measure over states. */
export function mergedState(measure: Measure): string {
  const { of, name } = measure;
  return isSimple(measure) ? `${of}(${name})` : `${of}MergeState${parametersOf(measure)}(${name})`;
}

/** SQL of the value of a measure over states. */
export function mergedValue(measure: Measure): string {
  const { of, name } = measure;
  return isSimple(measure) ? `${of}(${name})` : `${of}Merge${parametersOf(measure)}(${name})`;
}

/** Functions whose state is a value of the type that they take. */
function isSimple({ of }: Measure): boolean {
  return of === 'sum' || of === 'min' || of === 'max';
}

function parametersOf({ parameters }: Measure): string {
  return parameters === undefined ? '' : `(${parameters})`;
}
