import type { DataClass } from './schema.ts';
import type { AnyTopic, Topic } from './topic.ts';

/** Where a row stands in the log, in every table. */
export type PositionColumn = '_partition' | '_offset';

/** How a ClickHouse table keeps its rows. */
export type Engine =
  | { readonly kind: 'append' }
  /** The row with the highest log offset for each `orderBy` replaces the others; read it through its view. */
  | { readonly kind: 'latest' }
  /**
   * Every revision of a row stays, as it was known then; `<name>_current` has the highest of each `of`, and
   * `<name>_known(known = …)` the highest that was known at a log time. It is added up
   * when it is asked for, since a row that was counted stays counted.
   */
  | { readonly kind: 'revised'; readonly of: readonly string[]; readonly revision: string };

/** A question to a table, which its page shows and a test asks. */
export interface Example {
  /** In words. */
  readonly asks: string;
  readonly sql: string;
}

/** A ClickHouse table: its columns are the fields of its topic's record, under their own names. */
export interface Table<T = unknown> {
  readonly name: string;
  readonly doc: string;
  readonly from: AnyTopic;
  readonly engine: Engine;
  readonly orderBy: readonly string[];
  /** The time column whose months or days partition the table; none leaves it in one piece. */
  readonly partitionBy: string | null;
  /** What a question to a range of time reads at least, and what retention takes away at once. */
  readonly partitionEvery: 'month' | 'day';
  /** Fields of the record that the table leaves out. */
  readonly without: readonly string[];
  /**
   * Rows are the records of the topic as they lie there, of whatever type, tombstones too: its value is `Logged`, which
   * the sink writes and no record of the topic is. Otherwise a row is a record's value.
   */
  readonly raw: boolean;
  readonly dataClass: DataClass;
  readonly examples: readonly Example[];
  readonly T?: T;
}

/** Declares a table over a topic. */
export function table<T, N extends string>(declaration: {
  readonly name: string;
  readonly doc: string;
  readonly from: Topic<T, N>;
  readonly engine?: Engine;
  readonly orderBy: readonly NoInfer<(keyof T & string) | PositionColumn>[];
  readonly partitionBy?: NoInfer<keyof T & string>;
  /** A month, unless said. A day suits what comes in millions a day. */
  readonly partitionEvery?: 'month' | 'day';
  readonly without?: readonly NoInfer<keyof T & string>[];
  readonly raw?: boolean;
  readonly dataClass: DataClass;
  readonly examples?: readonly Example[];
}): Table<T> {
  const { engine = { kind: 'append' }, partitionBy = null, partitionEvery = 'month', ...others } = declaration;
  const { without = [], raw = false, examples = [], ...rest } = others;
  return { ...rest, engine, partitionBy, partitionEvery, without, raw, examples };
}

/** A ClickHouse view; `{name:Type}` in its query makes it a parameterised one. */
export interface View<C extends string = string> {
  readonly kind: 'view';
  readonly name: string;
  readonly doc: string;
  readonly query: string;
  /** What each of its columns means, with its unit. */
  readonly columns: Readonly<Record<C, string>>;
  readonly dataClass: DataClass;
  readonly examples: readonly Example[];
}

/** Declares a view. */
export function view<const C extends string = never>(declaration: {
  readonly name: string;
  readonly doc: string;
  readonly query: string;
  readonly columns?: Readonly<Record<C, string>>;
  readonly dataClass: DataClass;
  readonly examples?: readonly Example[];
}): View<C> {
  const { columns = {} as Readonly<Record<C, string>>, examples = [], ...rest } = declaration;
  return { ...rest, kind: 'view', columns, examples };
}
