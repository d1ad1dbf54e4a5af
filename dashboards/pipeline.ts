import type { Board, Panel, Steps } from './lib/board.ts';

export const pipeline: Board = {
  uid: 'fleetstream-pipeline',
  title: 'Pipeline health',
  doc: 'Whether the pipeline keeps up: from the metrics of docs/telemetry.md.',
  hours: 3,
  variables: [],
  rows: [
    {
      height: 4,
      panels: [
        figure(
          'Watermark age',
          'A second or so; more, and the clock or the folding stands.',
          's',
          'max(fleetstream_watermark_age)',
          ['green', [5, 'yellow'], [30, 'red']],
        ),
        figure(
          'Records to fold',
          'Of the processor furthest behind, over all copies.',
          'short',
          'max(sum by (fleetstream_processor) (fleetstream_lag_records))',
          ['green', [10_000, 'yellow'], [100_000, 'red']],
        ),
        figure('Rows to write', 'Of the table furthest behind.', 'short', 'max(fleetstream_sink_lag)', [
          'green',
          [10_000, 'yellow'],
          [100_000, 'red'],
        ]),
        figure(
          'ClickHouse away',
          'How long the sink has waited for it, for the log or the registry.',
          's',
          'max(fleetstream_sink_waiting)',
          ['green', [10, 'yellow'], [60, 'red']],
        ),
        figure(
          'Partitions that stand',
          'A processor stopped there, since an invariant of it broke.',
          'short',
          'sum(fleetstream_processor_stopped)',
          ['green', [1, 'red']],
        ),
        figure('Targets down', 'Processes that Prometheus cannot read.', 'short', 'count(up == 0) or vector(0)', [
          'green',
          [1, 'red'],
        ]),
      ],
    },
    {
      height: 8,
      panels: [
        lines(
          'Events in',
          'What connectors read, a second: accepted, rejected to the dead letters, unkept.',
          'short',
          'sum by (fleetstream_outcome) (rate(fleetstream_ingress_events_total[$__rate_interval]))',
          '{{fleetstream_outcome}}',
        ),
        lines(
          'Senders turned away',
          'Messages whose sender must come again, a second.',
          'short',
          'sum by (fleetstream_outcome) (rate(fleetstream_ingress_deferred_total[$__rate_interval]))',
          '{{fleetstream_outcome}}',
        ),
        lines(
          'In flight',
          'Events handed to the log and not yet acknowledged.',
          'short',
          'sum by (job) (fleetstream_ingress_inflight)',
          '{{job}}',
        ),
      ],
    },
    {
      height: 8,
      panels: [
        lines(
          'Lag',
          'Records not yet folded, by processor.',
          'short',
          'sum by (fleetstream_processor) (fleetstream_lag_records)',
          '{{fleetstream_processor}}',
        ),
        lines(
          'Lag in event time',
          'Now less the event time that folding has reached.',
          's',
          'max by (fleetstream_processor) (fleetstream_lag_time)',
          '{{fleetstream_processor}}',
        ),
        lines(
          'Events met by processors',
          'Events a second: applied, duplicate, late, dead-lettered.',
          'short',
          'sum by (fleetstream_processor, fleetstream_outcome) (rate(fleetstream_processor_events_total[$__rate_interval]))',
          '{{fleetstream_processor}} {{fleetstream_outcome}}',
        ),
      ],
    },
    {
      height: 8,
      panels: [
        lines(
          'Commit',
          '99th percentile until outputs, changelog and positions are durable.',
          's',
          p99('fleetstream_commit_duration'),
          'p99',
        ),
        lines(
          'Decode and fold',
          '99th percentile for a slice of up to 128 records.',
          's',
          p99('fleetstream_decode_duration'),
          'decode',
          [p99('messaging_process_duration'), 'fold'],
        ),
        lines(
          'Records out',
          'Derived records a second, by processor.',
          'short',
          'sum by (fleetstream_processor) (rate(fleetstream_processor_outputs_total[$__rate_interval]))',
          '{{fleetstream_processor}}',
        ),
      ],
    },
    {
      height: 8,
      panels: [
        lines(
          'Rows written',
          'Rows a second, by table and outcome.',
          'short',
          'sum by (db_collection_name, fleetstream_outcome) (rate(fleetstream_sink_rows_total[$__rate_interval]))',
          '{{db_collection_name}} {{fleetstream_outcome}}',
        ),
        lines(
          'Batch into ClickHouse',
          '99th percentile with retries, by table.',
          's',
          p99('db_client_operation_duration', 'db_collection_name'),
          '{{db_collection_name}}',
        ),
        lines(
          'Rows to write',
          'Records of a derived topic that are not in its table yet.',
          'short',
          'sum by (db_collection_name) (fleetstream_sink_lag)',
          '{{db_collection_name}}',
        ),
      ],
    },
    {
      height: 7,
      panels: [
        lines(
          'State',
          'Size of the files of local state.',
          'bytes',
          'sum by (job) (fleetstream_state_size)',
          '{{job}}',
        ),
        lines(
          'Keys in memory',
          'Keys whose state is held decoded.',
          'short',
          'sum by (fleetstream_processor) (fleetstream_state_keys)',
          '{{fleetstream_processor}}',
        ),
        lines(
          'Restore',
          'Offsets of changelogs to be read before folding begins.',
          'short',
          'sum by (fleetstream_processor) (fleetstream_restore_remaining)',
          '{{fleetstream_processor}}',
        ),
      ],
    },
  ],
};

function figure(title: string, doc: string, unit: string, promql: string, steps: Steps): Panel {
  return { title, doc, kind: 'stat', unit, steps, ask: [{ promql }] };
}

function lines(
  title: string,
  doc: string,
  unit: string,
  promql: string,
  legend: string,
  second?: readonly [string, string],
): Panel {
  const more = second === undefined ? [] : [{ promql: second[0], legend: second[1] }];
  return { title, doc, kind: 'lines', unit, min: 0, ask: [{ promql, legend }, ...more] };
}

function p99(histogram: string, by?: string): string {
  const labels = ['le', ...(by === undefined ? [] : [by])].join(', ');
  return `histogram_quantile(0.99, sum by (${labels}) (rate(${histogram}_bucket[$__rate_interval])))`;
}
