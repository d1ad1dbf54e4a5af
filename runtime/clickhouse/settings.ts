import { QueryError } from './error.ts';
import { DATABASE } from './place.ts';
import type { ReadQuery } from './queries.ts';
import { identifier, literal } from './sql.ts';

/** What one query may take; a reader may ask for less. */
const LIMITS: Readonly<Record<string, number>> = {
  max_execution_time: 60,
  max_memory_usage: 400 * 1024 * 1024,
  max_result_bytes: 128 * 1024 * 1024,
  max_result_rows: 1_000_000,
  max_threads: 2,
};

/** Settings that name files or hosts, or that would lift what holds a reader back. */
const FORBIDDEN_SETTING =
  /schema|template|path|file|folder|director|disk|storage|url|uri|host|cluster|backup|allow_ddl|introspection|udf|executable/;

/** Settings of the HTTP interface, which its endpoint answers, and of other servers. */
const NO_SETTING =
  /^(http_|network_(zstd_)?compression_|send_progress_in_http|enable_http_compression$|wait_end_of_query$|add_http_cors_header$|readonly$)/;

/** Types of settings whose value may be SQL, which no look at the statement sees, or the name of another grammar. */
export const TEXT_TYPES: readonly string[] = ['Dialect', 'Map', 'String', 'URI'];

/** Those of them whose value is only that. */
const PLAIN_TEXTS: ReadonlySet<string> = new Set([
  'bool_false_representation',
  'bool_true_representation',
  'count_distinct_implementation',
  'format_csv_null_representation',
  'format_custom_field_delimiter',
  'format_custom_result_after_delimiter',
  'format_custom_result_before_delimiter',
  'format_custom_row_after_delimiter',
  'format_custom_row_before_delimiter',
  'format_custom_row_between_delimiter',
  'format_json_object_each_row_column_for_object_name',
  'format_tsv_null_representation',
  'log_comment',
  'output_format_avro_codec',
  'output_format_avro_string_column_pattern',
  'output_format_orc_writer_time_zone_name',
  'output_format_pretty_grid_charset',
  'output_format_sql_insert_table_name',
  'query_cache_tag',
]);

/** Of values without a time zone of their own, whatever the machine's is. */
export const TIMEZONE = 'UTC';

/** What the statements before a reader's own make of a connection. */
export interface Preparation {
  readonly settings: ReadonlyMap<string, string>;
  /** Names of settings of the types `TEXT_TYPES`. */
  readonly texts: ReadonlySet<string>;
  /** By which the query is found in `system.processes`. */
  readonly mark: string;
  readonly readonly: 1 | 2;
  /** Statements that make the tables sent along. */
  readonly tables: readonly string[];
}

/** What makes a connection a reader's; once it is, it stays so. Throws `QueryError`. */
export function prepare({ database, parameters }: ReadQuery, preparation: Preparation): string {
  const { settings, texts, mark, readonly, tables } = preparation;
  const sets = [`USE ${identifier(database || DATABASE)}`, `SET session_timezone = ${literal(TIMEZONE)}`];
  // An answer must not depend on whether this process has a terminal.
  sets.push('SET output_format_pretty_color = 0');
  // On by default in an embedded engine, and off in a server.
  sets.push('SET implicit_select = 0', 'SET allow_introspection_functions = 0');
  for (const [name, value] of settings) {
    if (NO_SETTING.test(name)) continue;
    if (!/^\w+$/.test(name)) throw new QueryError(115, 'UNKNOWN_SETTING', `Unknown setting ${JSON.stringify(name)}`);
    if (FORBIDDEN_SETTING.test(name) || (texts.has(name) && !PLAIN_TEXTS.has(name))) {
      throw new QueryError(452, 'SETTING_CONSTRAINT_VIOLATION', `Setting ${name} is not for readers`);
    }
    if (!(name in LIMITS)) sets.push(`SET ${identifier(name)} = ${literal(value)}`);
  }
  for (const [name, most] of Object.entries(LIMITS)) {
    const asked = Number(settings.get(name) ?? most);
    // Zero means without limit.
    const limit = asked > 0 && asked < most ? asked : most;
    sets.push(`SET ${identifier(name)} = ${limit}`);
  }
  for (const [name, value] of parameters) {
    if (!/^\w+$/.test(name))
      throw new QueryError(457, 'BAD_QUERY_PARAMETER', `Bad parameter name ${JSON.stringify(name)}`);
    sets.push(`SET ${identifier(`param_${name}`)} = ${literal(value)}`);
  }
  // The engine gives a connection no query id that would be known before the query runs.
  sets.push(`SET log_comment = ${literal((settings.get('log_comment') ?? '') + mark)}`);
  // A reader's limits hold for them too.
  sets.push(...tables, `SET readonly = ${readonly}`);
  return sets.join('; ');
}
