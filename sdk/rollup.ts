import type { DataClass } from './schema.ts';
import type { Example, Table, View } from './table.ts';

/** The span of time that a row of a roll-up stands for. */
export type Span = 'minute' | 'hour' | 'day';

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

/**
 * Spans of time of an append-only table, added up as its rows come, in a table of mergeable states. What a coarser
 * roll-up reads are the states of the next finer one.
 */
export interface Rollup {
  readonly kind: 'rollup';
  /** Of the table of states. */
  readonly name: string;
  readonly doc: string;
  readonly from: Table;
  /** The time column whose spans these are. */
  readonly time: string;
  readonly span: Span;
  /** The roll-up whose states it adds up; null where it reads the table itself. */
  readonly finer: Rollup | null;
  /** SQL behind the table's name that makes several rows of one; empty where it does not. */
  readonly each: string;
  readonly by: readonly Dimension[];
  readonly measures: readonly Measure[];
  readonly dataClass: DataClass;
  readonly examples: readonly Example[];
}

/** What is made from tables by SQL alone. */
export type Derived = View | Rollup;

/** How a span is written at the end of a name. */
export const SPAN_SUFFIX: Readonly<Record<Span, string>> = { minute: '1m', hour: '1h', day: '1d' };

/** Declares roll-ups by minute, hour and day; their names are `name_1m_states` and so on. */
export function rollups(declaration: {
  readonly name: string;
  readonly doc: string;
  readonly from: Table;
  readonly time: string;
  readonly each?: string;
  readonly by: readonly Dimension[];
  readonly measures: readonly Measure[];
  readonly dataClass: DataClass;
}): readonly [Rollup, Rollup, Rollup] {
  const { name, each = '', ...rest } = declaration;
  const of = (span: Span, finer: Rollup | null): Rollup => {
    const states = `${name}_${SPAN_SUFFIX[span]}_states`;
    return { ...rest, kind: 'rollup', name: states, each, span, finer, examples: [] };
  };
  const minute = of('minute', null);
  const hour = of('hour', minute);
  return [minute, hour, of('day', hour)];
}

/** The type of the column that holds a measure. */
export function typeOfState(measure: Measure): string {
  const { type } = measure;
  return isSimple(measure)
    ? `SimpleAggregateFunction(${measure.of}, ${type})`
    : `AggregateFunction(${measure.of}${parametersOf(measure)}, ${type})`;
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
