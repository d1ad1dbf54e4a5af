/**
 * Which granules met a condition before is not to be believed where rows are told apart: that cache lost rows in
 * several versions (ClickHouse#84508, #87091, #104781).
 */
export const UNREMEMBERED = 'use_query_condition_cache = 0';

/** A name as SQL, whatever it holds. */
export function identifier(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

/** A text as SQL, whatever it holds. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
