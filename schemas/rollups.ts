import {
  type Dimension,
  mergedValue,
  type Measure,
  type Rollup,
  rollup,
  type Span,
  SPAN_SUFFIX,
  SPANS,
  type View,
  view,
} from '#sdk';
import { GAP_COLUMNS } from './completeness-views.ts';
import * as tables from './tables.ts';

const tenant: Dimension = {
  name: 'tenant',
  doc: 'Who owns the devices.',
  type: 'LowCardinality(String)',
  sql: 'tenant',
};

const devices: Measure = {
  name: 'devices',
  doc: 'How many devices, distinct; exact for few, else an estimate within about 2 %.',
  of: 'uniqCombined64',
  // A finer one takes 96 KiB a state, of each metric and minute.
  parameters: '12',
  sql: 'device',
  type: 'String',
};

const LEVELS = '0.5, 0.9, 0.99';

/** A sketch of the values: its quantiles are within 1 % of the true value, however many states are merged. */
function sketch(name: string, sql: string, type: string): Measure {
  const doc = `Distribution of ${name}, from which quantiles come.`;
  return { name: `${name}Sketch`, doc, of: 'quantilesDD', parameters: `0.01, ${LEVELS}`, sql, type };
}

/** The quantiles of a sketch, as columns of the view. */
function quantiles(name: string, prefix: string, unit: string): readonly ReadColumn[] {
  return [50, 90, 99].map((level, index) => {
    const column = prefix === '' ? `p${level}` : `${prefix}P${level}`;
    const doc = `${level === 50 ? 'Median' : `${level}th percentile`}${unit}, within 1 %.`;
    return { name: column, doc, sql: `${name}Sketch[${index + 1}]` };
  });
}

/** A column of the view over a roll-up, from its measures as values. */
interface ReadColumn {
  readonly name: string;
  readonly doc: string;
  readonly sql: string;
}

const telemetryStates = rollup({
  name: 'telemetry_states',
  doc: 'Values of each metric over all devices of a tenant.',
  from: tables.telemetry,
  time: 'eventTime',
  each: { sql: 'ARRAY JOIN mapKeys(metrics) AS metric, mapValues(metrics) AS value', rows: 'length(metrics)' },
  by: [
    tenant,
    { name: 'metric', doc: 'Name of the measurement, with its unit.', type: 'LowCardinality(String)', sql: 'metric' },
  ],
  measures: [
    devices,
    { name: 'least', doc: 'Least value.', of: 'min', sql: 'value', type: 'Float64' },
    { name: 'greatest', doc: 'Greatest value.', of: 'max', sql: 'value', type: 'Float64' },
    { name: 'total', doc: 'Sum of the values.', of: 'sum', sql: 'value', type: 'Float64' },
    sketch('value', 'value', 'Float64'),
  ],
  dataClass: 'telemetry',
  examples: [
    {
      asks: 'How many devices told each metric in a week, and what did nine of ten values not exceed?',
      sql: `SELECT
  toMonday(start) AS week,
  metric,
  uniqCombined64Merge(12)(devices) AS devices,
  quantilesDDMerge(0.01, 0.5, 0.9, 0.99)(valueSketch)[2] AS p90
FROM telemetry_states
WHERE span = 86400
GROUP BY week, metric
ORDER BY week, metric`,
    },
  ],
});

const reportStates = rollup({
  name: 'reports_states',
  doc: 'Telemetry reports: how many, how large, how late.',
  from: tables.telemetry,
  time: 'eventTime',
  by: [
    tenant,
    {
      name: 'source',
      doc: 'The numbering stream: by default the connector.',
      type: 'LowCardinality(String)',
      sql: 'source',
    },
  ],
  measures: [
    devices,
    {
      name: 'payloadBytes',
      doc: 'Bytes of the payloads as received.',
      of: 'sum',
      sql: 'toUInt64(payloadBytes)',
      type: 'UInt64',
    },
    { name: 'historical', doc: 'Reports of stored data.', of: 'sum', sql: 'toUInt64(historical)', type: 'UInt64' },
    {
      name: 'suspect',
      doc: 'Reports whose device clock is not believable.',
      of: 'sum',
      sql: 'toUInt64(clockSuspect)',
      type: 'UInt64',
    },
    sketch('delayMs', "toFloat64(greatest(dateDiff('millisecond', eventTime, receivedAt), 0))", 'Float64'),
  ],
  dataClass: 'telemetry',
  examples: [
    {
      asks: 'How late were the reports of a week?',
      sql: `SELECT toMonday(start) AS week, quantilesDDMerge(0.01, 0.5, 0.9, 0.99)(delayMsSketch) AS delayMs
FROM reports_states
WHERE span = 86400
GROUP BY week
ORDER BY week`,
    },
  ],
});

const linkStates = rollup({
  name: 'links_states',
  doc: 'How well devices were connected, by technology and gateway.',
  from: tables.links,
  time: 'eventTime',
  by: [
    tenant,
    { name: 'technology', doc: 'Access technology.', type: 'LowCardinality(String)', sql: 'technology' },
    {
      name: 'gateway',
      doc: 'Gateway or access point; empty where none is named.',
      type: 'String',
      sql: "ifNull(links.gateway, '')",
    },
  ],
  measures: [
    devices,
    sketch('rssi', 'rssi', 'Nullable(Float64)'),
    sketch('snr', 'snr', 'Nullable(Float64)'),
    sketch('latencyMs', 'latencyMs', 'Nullable(Float64)'),
  ],
  dataClass: 'connectivity',
  examples: [
    {
      asks: 'How strong were the signals of a week, by technology over all gateways?',
      sql: `SELECT toMonday(start) AS week, technology, quantilesDDMerge(0.01, 0.5, 0.9, 0.99)(rssiSketch)[1] AS rssi
FROM links_states
WHERE span = 86400
GROUP BY week, technology
ORDER BY week, technology`,
    },
  ],
});

/** The views that read a roll-up, each number with what is known to be missing from it. */
function readers(states: Rollup, counted: string, columns: readonly ReadColumn[]): readonly View[] {
  const { name: source, doc, by, measures, from, dataClass } = states;
  const keys = by.map((each) => each.name);
  const read: readonly ReadColumn[] = [
    { name: counted, doc: `How many ${counted}, each once.`, sql: 'rows' },
    { name: 'devices', doc: devices.doc, sql: 'devices' },
    ...columns,
  ];
  return (Object.keys(SPANS) as Span[]).map((span) => {
    const name = source.replace(/states$/, SPAN_SUFFIX[span]);
    return view({
      name,
      doc: `${doc} By ${span} of event time, from ${from.name}; late rows count where they belong.`,
      columns: {
        ...Object.fromEntries(by.map((each) => [each.name, each.doc])),
        start: `When the ${span} began, in UTC.`,
        ...Object.fromEntries(read.map((column) => [column.name, column.doc])),
        ...GAP_COLUMNS,
      },
      dataClass,
      examples: [example(name, span, read)],
      query: `
SELECT
  ${[...keys, 'start'].map((key) => `s.${key} AS ${key}`).join(', ')},
  ${read.map((column) => `${column.sql} AS ${column.name}`).join(', ')},
  missing,
  lost,
  late,
  (SELECT min(watermark) FROM watermarks) AS watermark
FROM (
  SELECT
    ${keys.join(', ')}, start, sum(rows) AS rows,
    ${measures.map((each) => `${mergedValue(each)} AS ${each.name}`).join(',\n    ')}
  FROM ${source}
  WHERE span = ${SPANS[span]}
  GROUP BY ${keys.join(', ')}, start
) AS s
LEFT JOIN gaps_${SPAN_SUFFIX[span]} AS g ON g.tenant = s.tenant AND g.start = s.start`,
    });
  });
}

function example(name: string, span: string, read: readonly ReadColumn[]) {
  const last = read.at(-1) as ReadColumn;
  return {
    asks: `How did ${last.name} go by ${span}, and what is missing from it?`,
    sql: `SELECT start, ${(read[0] as ReadColumn).name}, devices, ${last.name}, missing, lost, late
FROM ${name}
WHERE tenant = 'acme' AND start >= '2026-11-01 00:00:00'
ORDER BY start
LIMIT 20`,
  };
}

/** The tables of states. */
export const states: readonly Rollup[] = [telemetryStates, reportStates, linkStates];

export const readings: readonly View[] = [
  ...readers(telemetryStates, 'readings', [
    { name: 'average', doc: 'Mean of the values.', sql: 'total / rows' },
    { name: 'least', doc: 'Least value.', sql: 'least' },
    { name: 'greatest', doc: 'Greatest value.', sql: 'greatest' },
    ...quantiles('value', '', ' of the values'),
  ]),
  ...readers(reportStates, 'reports', [
    { name: 'payloadBytes', doc: 'Bytes of the payloads as received.', sql: 'payloadBytes' },
    { name: 'historical', doc: 'Reports of stored data, sent later.', sql: 'historical' },
    {
      name: 'suspect',
      doc: 'Reports whose device clock is not believable; they stand at the time of receipt.',
      sql: 'suspect',
    },
    ...quantiles('delayMs', 'delayMs', ' of the time from event to receipt, ms'),
  ]),
  ...readers(linkStates, 'reports', [
    ...quantiles('rssi', 'rssi', ' of the received signal strength, dBm'),
    ...quantiles('snr', 'snr', ' of the signal to noise ratio, dB'),
    ...quantiles('latencyMs', 'latencyMs', ' of the round trip time, ms'),
  ]),
];
