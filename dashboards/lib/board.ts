import type { Sql, VariableName } from './sql.ts';
import { EVERY } from './sql.ts';

/** Where a panel's data is, by the uid under which deploy/grafana/datasources.yml provisions it. */
export const CLICKHOUSE = { type: 'grafana-clickhouse-datasource', uid: 'fleetstream-clickhouse' } as const;
export const PROMETHEUS = { type: 'prometheus', uid: 'fleetstream-prometheus' } as const;

/** From which value on a number is of which colour; the first has none. */
export type Steps = readonly [base: Colour, ...(readonly [from: number, colour: Colour])[]];
type Colour = 'text' | 'green' | 'yellow' | 'orange' | 'red' | 'blue';

/** What is asked: rows as they are, a series for each combination of its text columns, or an expression of Prometheus. */
export type Query =
  | { readonly rows: Sql }
  | { readonly series: Sql }
  | { readonly promql: string; readonly legend?: string };

/** One panel. */
export interface Panel {
  readonly title: string;
  /** What it tells, and what to do about it. */
  readonly doc: string;
  readonly kind: 'stat' | 'lines' | 'bars' | 'table' | 'states';
  readonly ask: readonly Query[];
  /** As Grafana names it: `s`, `dBm`, `percentunit`, `dateTimeAsIso`. */
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  /** Whether tenfold values stand as far apart everywhere; zero is then not drawn. */
  readonly log?: true;
  readonly steps?: Steps;
  /** Columns of a table whose unit differs. */
  readonly units?: Readonly<Record<string, string>>;
  /** Colours of texts. */
  readonly texts?: Readonly<Record<string, Colour>>;
  /** The board that a click on the figure opens. */
  readonly opens?: string;
}

/** Panels of one height, side by side, as wide as each other or by the 24 columns that `widths` gives. */
export interface Row {
  readonly height: number;
  readonly widths?: readonly number[];
  readonly panels: readonly Panel[];
}

/** What a board can be narrowed to. */
export interface Variable {
  readonly name: VariableName;
  readonly label: string;
  readonly values: Sql;
  /** Whether all of them can be chosen at once. */
  readonly every: boolean;
}

/** A board. */
export interface Board {
  readonly uid: string;
  readonly title: string;
  readonly doc: string;
  readonly hours: number;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

/** Opens the board of the device that a row of a table names. */
export const TO_DEVICE =
  '/d/fleetstream-device?var-tenant=${__data.fields.tenant:percentencode}' +
  '&var-device=${__data.fields.device:percentencode}&${__url_time_range}';

/** The JSON that Grafana reads. */
export function toGrafana(board: Board): object {
  let y = 0;
  let id = 0;
  const panels = board.rows.flatMap(({ height, widths, panels: row }) => {
    const places = widths ?? row.map(() => Math.floor(24 / row.length));
    const xs = places.map((_, index) => places.slice(0, index).reduce((sum, width) => sum + width, 0));
    const drawn = row.map((panel, index) => ({
      id: ++id,
      gridPos: { x: xs[index], y, w: places[index], h: height },
      ...drawPanel(panel),
    }));
    y += height;
    return drawn;
  });
  return {
    uid: board.uid,
    title: board.title,
    description: board.doc,
    tags: ['fleetstream'],
    schemaVersion: 39,
    version: 1,
    editable: false,
    // One crosshair over all panels.
    graphTooltip: 1,
    timezone: 'utc',
    time: { from: `now-${board.hours}h`, to: 'now' },
    refresh: '1m',
    links: [{ type: 'dashboards', title: 'Fleetstream', tags: ['fleetstream'], includeVars: true, keepTime: true }],
    templating: { list: board.variables.map(drawVariable) },
    panels,
  };
}

function drawPanel(panel: Panel): object {
  const [base, ...steps] = panel.steps ?? (['text'] as const);
  const links = panel.opens === undefined ? [] : [{ title: 'Show', url: panel.opens }];
  const mappings = Object.entries(panel.texts ?? {}).map(([text, color], index) => {
    return { type: 'value', options: { [text]: { color, index } } };
  });
  return {
    title: panel.title,
    description: panel.doc,
    datasource: panel.ask.some((query) => 'promql' in query) ? PROMETHEUS : CLICKHOUSE,
    targets: panel.ask.map((query, index) => ({ refId: String.fromCharCode(65 + index), ...drawQuery(query) })),
    fieldConfig: {
      defaults: {
        ...(panel.unit === undefined ? {} : { unit: panel.unit }),
        ...(panel.min === undefined ? {} : { min: panel.min }),
        ...(panel.max === undefined ? {} : { max: panel.max }),
        ...(panel.kind === 'table' ? {} : { links }),
        noValue: '–',
        mappings,
        color: { mode: panel.kind === 'stat' ? 'thresholds' : 'palette-classic' },
        thresholds: {
          mode: 'absolute',
          steps: [{ value: null, color: base }, ...steps.map(([value, color]) => ({ value, color }))],
        },
        custom: {
          ...CUSTOM[panel.kind],
          ...(panel.log === true ? { scaleDistribution: { type: 'log', log: 10 } } : {}),
        },
      },
      overrides: [
        ...Object.entries(panel.units ?? {}).map(([name, unit]) => override(name, 'unit', unit)),
        ...(panel.kind === 'table' && panel.opens !== undefined ? [override('device', 'links', links)] : []),
      ],
    },
    ...SHAPES[panel.kind],
  };
}

function override(name: string, property: string, value: unknown): object {
  return { matcher: { id: 'byName', options: name }, properties: [{ id: property, value }] };
}

const LEGEND = { displayMode: 'list', placement: 'bottom', showLegend: true };
const SERIES = { type: 'timeseries', options: { legend: LEGEND, tooltip: { mode: 'multi', sort: 'desc' } } };
const REDUCE = { calcs: ['lastNotNull'], fields: '/.*/', values: false };

const SHAPES: Readonly<Record<Panel['kind'], object>> = {
  stat: { type: 'stat', options: { reduceOptions: REDUCE, colorMode: 'value', graphMode: 'none', textMode: 'value' } },
  lines: SERIES,
  bars: SERIES,
  table: { type: 'table', options: { showHeader: true, cellHeight: 'sm' } },
  states: { type: 'state-timeline', options: { mergeValues: true, showValue: 'auto', rowHeight: 0.8, legend: LEGEND } },
};

const CUSTOM: Readonly<Record<Panel['kind'], object>> = {
  stat: {},
  lines: { drawStyle: 'line', lineWidth: 1, fillOpacity: 8, showPoints: 'never', spanNulls: false },
  bars: { drawStyle: 'bars', fillOpacity: 60, lineWidth: 0, stacking: { mode: 'normal' } },
  table: { align: 'auto', filterable: true },
  states: { fillOpacity: 70, lineWidth: 0 },
};

function drawQuery(query: Query): object {
  if ('promql' in query) {
    return { datasource: PROMETHEUS, expr: query.promql, legendFormat: query.legend ?? '__auto', range: true };
  }
  // The plugin turns a series from long to wide by `format`: 0 is series, 1 is rows.
  const isSeries = 'series' in query;
  return {
    datasource: CLICKHOUSE,
    editorType: 'sql',
    queryType: isSeries ? 'timeseries' : 'table',
    format: isSeries ? 0 : 1,
    rawSql: isSeries ? query.series.sql : query.rows.sql,
  };
}

function drawVariable({ name, label, values, every }: Variable): object {
  return {
    name,
    label,
    type: 'query',
    datasource: CLICKHOUSE,
    query: values.sql,
    refresh: 2,
    sort: 1,
    multi: false,
    includeAll: every,
    ...(every ? { allValue: EVERY, current: { text: 'All', value: '$__all' } } : {}),
  };
}
