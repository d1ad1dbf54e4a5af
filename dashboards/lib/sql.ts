import type { PositionColumn, Table, View } from '#sdk';

/** A piece of SQL; a plain string is none, so that every name in a query comes from a declaration or stands in the text. */
export interface Sql {
  readonly sql: string;
}

/** The columns of a table, each under its own name. */
export type Columns<T> = Readonly<Record<(keyof T & string) | PositionColumn, Sql>>;

/** Names of the variables that boards have. */
export type VariableName = 'tenant' | 'model' | 'device';

/** The value of a variable that means every one of them. */
export const EVERY = '*';
const ALL: Sql = { sql: `'*'` };

/** Puts columns, tables, views and numbers into SQL. Throws `column_unknown` for a column that the table leaves out. */
export function sql(
  texts: TemplateStringsArray,
  ...parts: readonly (Sql | Pick<Table | View, 'name'> | number | undefined)[]
): Sql {
  const written = parts.map((part, index) => {
    if (part === undefined) throw new Error(`column_unknown: behind "${texts[index]?.trim().slice(-60)}"`);
    if (typeof part === 'number') return String(part);
    return 'sql' in part ? part.sql : part.name;
  });
  return { sql: texts.reduce((query, text, index) => `${query}${written[index - 1] ?? ''}${text}`) };
}

/** The columns that the table stores: those of its record, and where a row stands in the log. */
export function columns<T>(table: Table<T>): Columns<T> {
  const fields = table.from.value.avro.fields.map(({ name }) => name).filter((name) => !table.without.includes(name));
  return Object.fromEntries([...fields, '_partition', '_offset'].map((name) => [name, { sql: name }])) as Columns<T>;
}

/** The columns of a view, each under its own name. */
export function viewColumns<C extends string>({ columns: known }: View<C>): Readonly<Record<C, Sql>> {
  return Object.fromEntries(Object.keys(known).map((name) => [name, { sql: name }])) as Readonly<Record<C, Sql>>;
}

/** That the time lies in the range of the board. */
export function inRange({ sql: time }: Sql): Sql {
  return { sql: `$__timeFilter(${time})` };
}

/** The interval of the axis in which the time lies. */
export function bucket({ sql: time }: Sql): Sql {
  return { sql: `$__timeInterval(${time})` };
}

/** What is chosen, as a SQL string: percent-encoded on its way, so no value of it can end the string. */
export function valueOf(variable: VariableName): Sql {
  return { sql: `decodeURLComponent('\${${variable}:percentencode}')` };
}

/** That the column has the chosen value, or that every value is chosen. */
export function chosen(variable: VariableName, column: Sql): Sql {
  const value = valueOf(variable);
  return sql`(${value} = ${ALL} OR ${column} = ${value})`;
}
