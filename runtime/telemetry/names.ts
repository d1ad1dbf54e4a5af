/** A measured thing, under the name that OpenTelemetry gives it. */
export interface Metric {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** As UCUM writes it. */
  readonly unit: string;
  /** Names of what it is split by. Each has few values: no tenant and no device is among them. */
  readonly by: readonly string[];
  readonly doc: string;
}

/** Attributes of metrics and spans; those of messaging, db and kafka are OpenTelemetry's semantic conventions 1.45. */
export const ATTRIBUTES = {
  system: 'messaging.system.name',
  topic: 'messaging.destination.name',
  partition: 'messaging.destination.partition.id',
  operation: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  message: 'messaging.message.id',
  batchMessages: 'messaging.batch.message_count',
  offset: 'kafka.offset',
  database: 'db.system.name',
  table: 'db.collection.name',
  statement: 'db.operation.name',
  batchRows: 'db.operation.batch.size',
  error: 'error.type',
  processor: 'fleetstream.processor',
  upstream: 'fleetstream.upstream',
  outcome: 'fleetstream.outcome',
  connector: 'fleetstream.connector',
  eventType: 'fleetstream.event.type',
  /** Of spans only. */
  tenant: 'fleetstream.tenant',
  /** Of spans only. */
  device: 'fleetstream.device',
} as const;

const { topic, operation, table, statement, error, processor, upstream, outcome } = ATTRIBUTES;

/** Every metric. */
export const METRICS = {
  ingressItems: {
    name: 'fleetstream.ingress.events',
    kind: 'counter',
    unit: '{event}',
    by: [outcome],
    doc: 'Items that connectors read: `accepted` into the log, `rejected` to the dead letters, `unkept` without a letter.',
  },
  ingressDeferred: {
    name: 'fleetstream.ingress.deferred',
    kind: 'counter',
    unit: '{message}',
    by: [outcome],
    doc: 'Messages whose sender must come again: `busy`, too much was in flight; `refused`, the log could not take them.',
  },
  ingressInflight: {
    name: 'fleetstream.ingress.inflight',
    kind: 'gauge',
    unit: '{event}',
    by: [],
    doc: 'Events handed to the log and not yet acknowledged.',
  },
  consumed: {
    name: 'messaging.client.consumed.messages',
    kind: 'counter',
    unit: '{message}',
    by: [topic, operation],
    doc: 'Records of the log that were read and decoded.',
  },
  sent: {
    name: 'messaging.client.sent.messages',
    kind: 'counter',
    unit: '{message}',
    by: [operation],
    doc: 'Records that commits wrote: derived records, changelogs, positions.',
  },
  decode: {
    name: 'fleetstream.decode.duration',
    kind: 'histogram',
    unit: 's',
    by: [],
    doc: 'Time to decode a slice of up to 128 records, once for all processors.',
  },
  fold: {
    name: 'messaging.process.duration',
    kind: 'histogram',
    unit: 's',
    by: [topic, operation],
    doc: 'Time to fold a slice of up to 128 records with every processor.',
  },
  commit: {
    name: 'fleetstream.commit.duration',
    kind: 'histogram',
    unit: 's',
    by: [error],
    doc: 'Time until a commit of outputs, changelog and positions is durable.',
  },
  folded: {
    name: 'fleetstream.processor.events',
    kind: 'counter',
    unit: '{event}',
    by: [processor, outcome],
    doc: 'Events that processors met: `applied`, `duplicate`, `late`, `dead_lettered`.',
  },
  emitted: {
    name: 'fleetstream.processor.outputs',
    kind: 'counter',
    unit: '{record}',
    by: [processor],
    doc: 'Derived records, with dead letters and late events.',
  },
  stopped: {
    name: 'fleetstream.processor.stopped',
    kind: 'gauge',
    unit: '{partition}',
    by: [processor],
    doc: 'Partitions in which the processor stands still, since an invariant of it broke.',
  },
  lag: {
    name: 'fleetstream.lag.records',
    kind: 'gauge',
    unit: '{record}',
    by: [processor],
    doc: 'Records of `fleet.events` not yet folded, over the partitions of this process.',
  },
  upstreamMissing: {
    name: 'fleetstream.upstream.missing',
    kind: 'gauge',
    unit: '1',
    by: [processor, upstream],
    doc: '1 while a processor stands since one before it tells of no time: it does not run, or stands still; else absent.',
  },
  lagTime: {
    name: 'fleetstream.lag.time',
    kind: 'gauge',
    unit: 's',
    by: [processor],
    doc: 'Now less the event time that folding has reached, in the partition furthest behind; 0 when nothing is behind.',
  },
  watermark: {
    name: 'fleetstream.watermark.age',
    kind: 'gauge',
    unit: 's',
    by: [processor],
    doc: 'Now less the log time of the partition furthest behind. About a second; more, and the clock or the folding stands.',
  },
  stateKeys: {
    name: 'fleetstream.state.keys',
    kind: 'gauge',
    unit: '{key}',
    by: [processor],
    doc: 'Keys whose state is held decoded in memory.',
  },
  stateBytes: {
    name: 'fleetstream.state.size',
    kind: 'gauge',
    unit: 'By',
    by: [],
    doc: 'Size of the file of local state.',
  },
  restore: {
    name: 'fleetstream.restore.remaining',
    kind: 'gauge',
    unit: '{record}',
    by: [processor],
    doc: 'Offsets of changelogs still to be read before folding begins.',
  },
  rows: {
    name: 'fleetstream.sink.rows',
    kind: 'counter',
    unit: '{row}',
    by: [table, outcome],
    doc: 'Rows of ClickHouse: `inserted`, or `refused` to the dead letters.',
  },
  batches: {
    name: 'fleetstream.sink.batches',
    kind: 'counter',
    unit: '{batch}',
    by: [table],
    doc: 'Batches put into ClickHouse.',
  },
  insert: {
    name: 'db.client.operation.duration',
    kind: 'histogram',
    unit: 's',
    by: [table, statement, error],
    doc: 'Time to put one batch into ClickHouse, with its retries.',
  },
  sinkLag: {
    name: 'fleetstream.sink.lag',
    kind: 'gauge',
    unit: '{record}',
    by: [table],
    doc: 'Records of a derived topic that are not in its table yet.',
  },
  sinkWaiting: {
    name: 'fleetstream.sink.waiting',
    kind: 'gauge',
    unit: 's',
    by: [table],
    doc: 'How long ClickHouse, the log or the registry has been away for the table; 0 when all is well.',
  },
  sinkAge: {
    name: 'fleetstream.sink.age',
    kind: 'gauge',
    unit: 's',
    by: [table],
    doc: 'Age of the oldest record that has been read for the table and is not in it yet; 0 when none is.',
  },
  webhookTries: {
    name: 'fleetstream.webhook.messages',
    kind: 'counter',
    unit: '{message}',
    by: [outcome],
    doc: 'Alerts for the receiver: `delivered`, `failed` tries, `given_up` to the dead letters, `skipped`, not to be told.',
  },
  webhookLag: {
    name: 'fleetstream.webhook.lag',
    kind: 'gauge',
    unit: '{record}',
    by: [],
    doc: 'Records of `fleet.alerts` that are not behind its place.',
  },
  webhookWaiting: {
    name: 'fleetstream.webhook.waiting',
    kind: 'gauge',
    unit: 's',
    by: [],
    doc: 'How long the receiver of alerts has taken nothing of what was sent; 0 when all is well.',
  },
} as const satisfies Readonly<Record<string, Metric>>;

/** The name under which Prometheus has a metric; the exporter writes no units. */
export function prometheusName({ name, kind }: Metric): string {
  return `${name.replaceAll('.', '_')}${kind === 'counter' ? '_total' : ''}`;
}

/** The table of the operators' page. */
export function metricsTable(): string {
  const rows = Object.values<Metric>(METRICS).map((metric) => {
    const { name, kind, unit, doc } = metric;
    const by = metric.by.map((each) => `\`${each.replaceAll('.', '_')}\``).join(', ');
    return `| \`${prometheusName(metric)}\` | \`${name}\` | ${kind} | ${unit} | ${by} | ${doc} |`;
  });
  return ['| in Prometheus | in OTLP | kind | unit | by | meaning |', '|---|---|---|---|---|---|', ...rows].join('\n');
}
