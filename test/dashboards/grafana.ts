// What Grafana and its ClickHouse plugin make of a query before ClickHouse sees it.
import type { VariableName } from '../../dashboards/lib/sql.ts';

/** What a board shows at a moment. */
export interface View {
  readonly fromMs: number;
  readonly toMs: number;
  readonly intervalMs: number;
  readonly variables: Readonly<Record<VariableName, string>>;
}

/** Variables first, as the browser does; then macros, as the plugin's backend does (its version 4). */
export function expand(query: string, view: View): string {
  const filled = query.replaceAll(/\$\{(\w+):percentencode\}/g, (_, name: VariableName) => {
    const value = view.variables[name];
    if (value === undefined) throw new Error(`variable_unknown: ${name}`);
    return percentEncoded(value);
  });
  const expanded = filled.replaceAll(/\$__(\w+)(?:\(([^()]*)\))?/g, (_, name: string, argument?: string) => {
    const macro = MACROS[name];
    if (macro === undefined) throw new Error(`macro_unknown: ${name}`);
    return macro(view, argument ?? '');
  });
  if (expanded.includes('$')) throw new Error(`not_expanded: ${expanded}`);
  return expanded;
}

/** Grafana's format `percentencode`: encodeURIComponent, and what that leaves of RFC 3986's reserved characters. */
function percentEncoded(value: string): string {
  return encodeURIComponent(value).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

const MACROS: Readonly<Record<string, (view: View, argument: string) => string>> = {
  fromTime: ({ fromMs }) => dateTime(fromMs),
  toTime: ({ toMs }) => dateTime(toMs),
  timeFilter: ({ fromMs, toMs }, column) => `${column} >= ${dateTime(fromMs)} AND ${column} <= ${dateTime(toMs)}`,
  timeInterval: (view, column) => `toStartOfInterval(toDateTime(${column}), INTERVAL ${seconds(view)} second)`,
  interval_s: (view) => String(seconds(view)),
};

function dateTime(ms: number): string {
  return `toDateTime(${Math.floor(ms / 1000)})`;
}

function seconds({ intervalMs }: View): number {
  return Math.max(Math.floor(intervalMs / 1000), 1);
}
