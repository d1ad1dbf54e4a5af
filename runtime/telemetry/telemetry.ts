import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { diag, DiagLogLevel, metrics, trace, type Tracer } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { startNodeSdk } from '@opentelemetry/sdk-node';
import type { SinkObserver } from '../clickhouse/observer.ts';
import type { Config } from '../config.ts';
import type { EngineObserver } from '../engine/observer.ts';
import type { IngressTraces } from '../ingress/traces.ts';
import { listenError } from '../transports/transport.ts';
import { Measures, type Watched } from './metrics.ts';
import { codeOf, FoldSpans, IngressSpans, type LogSystem, traceBatch } from './traces.ts';

/** What a run tells of itself, by OpenTelemetry. */
export interface Telemetry {
  /** Where Prometheus reads; null where it does not. */
  readonly prometheus: string | null;
  readonly engine: EngineObserver;
  readonly sink: SinkObserver;
  /** Undefined where no device is traced. */
  readonly ingress: IngressTraces | undefined;
  /** The trace that a line of the log belongs to. */
  readonly fields: () => object;
  /** Reads these whenever the metrics are read. */
  watch(watched: Watched): void;
  /** Where the SDK says what it could not do; until then it says nothing. */
  reportTo(report: (code: string, detail: Readonly<Record<string, unknown>>) => void): void;
  /** Sends what is still here, then ends. */
  close(): Promise<void>;
}

/** How long a send is tried, in ms, where the environment says nothing: a collector that is away must not hold the end of a run. */
const SEND_MS_MAX = '3000';
/** How long the end of a run waits for a collector. */
const CLOSE_MS_MAX = 3_000;

/** Starts the SDK; the environment's `OTEL_*` say where traces go, and metrics that are pushed. Rejects when Prometheus's port cannot be had. */
export async function startTelemetry(
  { telemetry, kafka }: Config,
  env: Record<string, string | undefined>,
): Promise<Telemetry> {
  const { share } = telemetry.traces;
  // The SDK makes its exporters by the environment alone, and their pending retries keep the process alive.
  env['OTEL_EXPORTER_OTLP_TIMEOUT'] ??= SEND_MS_MAX;
  const exporter = telemetry.metrics === 'prometheus' ? new PrometheusExporter({ preventServerStart: true }) : null;
  const endpoint = exporter === null ? null : await serve(exporter, telemetry);
  const sdk = startNodeSdk({
    // The SDK writes to the console, where only our own lines belong.
    logLevel: 'none',
    resourceAttributes: env['OTEL_SERVICE_NAME'] === undefined ? { 'service.name': 'fleetstream' } : {},
    logRecordProcessors: [],
    ...(share > 0 ? {} : { spanProcessors: [] }),
    ...(telemetry.metrics === 'otlp' ? {} : { metricReaders: exporter === null ? [] : [exporter] }),
  });
  const system: LogSystem = kafka.brokers === null ? 'fleetstream' : 'kafka';
  const tracer = trace.getTracer('fleetstream');
  const measures = new Measures(metrics.getMeter('fleetstream'));
  return {
    prometheus: endpoint?.url ?? null,
    engine: engineObserver(measures, share > 0 ? new FoldSpans(tracer, system) : null),
    sink: sinkObserver(measures, share > 0 ? tracer : null),
    ingress: share > 0 ? new IngressSpans(tracer, share, system) : undefined,
    fields: traceFields,
    watch: (watched) => measures.watch(watched),
    reportTo(report) {
      const tell = (message: string) => report('telemetry_failed', { error: message });
      const ignore = () => undefined;
      const logger = { error: tell, warn: tell, info: ignore, debug: ignore, verbose: ignore };
      diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    },
    async close() {
      await endpoint?.close();
      const over = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS_MAX).unref());
      await Promise.race([sdk.shutdown().catch(() => undefined), over]);
    },
  };
}

function traceFields(): object {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}

/** `folds` is null where no device is traced. */
function engineObserver(measures: Measures, folds: FoldSpans | null): EngineObserver {
  return {
    sliced: (slice) => measures.sliced(slice),
    commits(records) {
      const begun = performance.now();
      const ended = folds?.commits();
      return (error) => {
        measures.committed(records, performance.now() - begun, error === null ? null : codeOf(error));
        ended?.(error);
      };
    },
    abandoned: () => folds?.abandoned(),
    restores: (processor, partition, remaining) => measures.restores(processor, partition, remaining),
    ...(folds === null ? {} : { traced: (record, fold) => folds.fold(record, fold) }),
  };
}

/** `tracer` is null where no device is traced. */
function sinkObserver(measures: Measures, tracer: Tracer | null): SinkObserver {
  return {
    async batch(table, records, put) {
      const begun = performance.now();
      let code: string | null = null;
      try {
        await (tracer === null ? put() : traceBatch(tracer, table, records, put));
      } catch (error) {
        code = codeOf(error as Error);
        throw error;
      } finally {
        measures.inserted(table.name, performance.now() - begun, code);
      }
    },
  };
}

/** Answers Prometheus at `/metrics`. */
async function serve(exporter: PrometheusExporter, { host, port }: Config['telemetry']) {
  const server = createServer((request, response) => {
    if (request.url === '/metrics') exporter.getMetricsRequestHandler(request, response);
    else response.writeHead(404).end('the metrics are at /metrics\n');
  });
  try {
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    const settings = { portSetting: 'FLEETSTREAM_TELEMETRY_PORT', tokenSetting: 'FLEETSTREAM_TELEMETRY_HOST' };
    throw listenError('Prometheus', { host, port, ...settings }, error);
  }
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}/metrics`;
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  return { url, close };
}
