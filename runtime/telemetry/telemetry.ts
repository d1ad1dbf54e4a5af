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
import { engineObserver, type EngineMeasures } from './engine.ts';
import { Measures, type Watched } from './metrics.ts';
import { codeOf, FoldSpans, IngressSpans, systemOf, traceBatch } from './traces.ts';

/** What a run tells of itself, by OpenTelemetry. */
export interface Telemetry {
  /** Where Prometheus reads; null where it does not. */
  readonly prometheus: string | null;
  readonly engine: EngineObserver;
  /** Where threads tell what their engines measure. */
  readonly measures: EngineMeasures;
  readonly sink: SinkObserver;
  /** Undefined where no device is traced. */
  readonly ingress: IngressTraces | undefined;
  /** The trace that a line of the log belongs to. */
  readonly fields: () => object;
  /** Reads these whenever the metrics are read. */
  watch(watched: Watched): void;
  /** Where the SDK says what it could not do; until then it says nothing. */
  reportTo(report: Report): void;
  /** Sends what is still here, then ends. */
  close(): Promise<void>;
}

/** What a thread tells of itself: spans from where it is, measures by the main thread. */
export interface ThreadTelemetry {
  readonly engine: EngineObserver;
  /** Sends what is still here, then ends. */
  close(): Promise<void>;
}

type Report = (code: string, detail: Readonly<Record<string, unknown>>) => void;
type Environment = Record<string, string | undefined>;
type Readers = { readonly metricReaders?: PrometheusExporter[] };

/** How long a send is tried, in ms, where the environment says nothing: a collector that is away must not hold the end of a run. */
const SEND_MS_MAX = '3000';
/** How long the end of a run waits for a collector. */
const CLOSE_MS_MAX = 3_000;

/** Starts the SDK; the environment's `OTEL_*` say where traces go, and metrics that are pushed. Rejects when Prometheus's port cannot be had. */
export async function startTelemetry({ telemetry, kafka }: Config, env: Environment): Promise<Telemetry> {
  const { share } = telemetry.traces;
  const exporter = telemetry.metrics === 'prometheus' ? new PrometheusExporter({ preventServerStart: true }) : null;
  const endpoint = exporter === null ? null : await serve(exporter, telemetry);
  const pulled = { metricReaders: exporter === null ? [] : [exporter] };
  const shutdown = startSdk(env, share, telemetry.metrics === 'otlp' ? {} : pulled);
  if (exporter !== null) await settled(exporter);
  const system = systemOf(kafka);
  const tracer = trace.getTracer('fleetstream');
  const measures = new Measures(metrics.getMeter('fleetstream'));
  return {
    prometheus: endpoint?.url ?? null,
    engine: engineObserver(measures, share > 0 ? new FoldSpans(tracer, system) : null),
    measures,
    sink: sinkObserver(measures, share > 0 ? tracer : null),
    ingress: share > 0 ? new IngressSpans(tracer, share, system) : undefined,
    fields: traceFields,
    watch: (watched) => measures.watch(watched),
    reportTo: reportFaults,
    async close() {
      await endpoint?.close();
      await shutdown();
    },
  };
}

/** Starts the SDK of a thread. What its engine measures goes to `measures`: a process has one account of it. */
export function startThreadTelemetry(
  { telemetry, kafka }: Config,
  env: Environment,
  { measures, report }: { readonly measures: EngineMeasures; readonly report: Report },
): ThreadTelemetry {
  const { share } = telemetry.traces;
  if (share === 0) return { engine: engineObserver(measures, null), close: async () => undefined };
  const close = startSdk(env, share, { metricReaders: [] });
  reportFaults(report);
  const folds = new FoldSpans(trace.getTracer('fleetstream'), systemOf(kafka));
  return { engine: engineObserver(measures, folds), close };
}

/** Gives what sends the rest and ends it. */
function startSdk(env: Environment, share: number, readers: Readers) {
  // The SDK makes its exporters by the environment alone, and their pending retries keep the process alive.
  env['OTEL_EXPORTER_OTLP_TIMEOUT'] ??= SEND_MS_MAX;
  const sdk = startNodeSdk({
    // The SDK writes to the console, where only our own lines belong.
    logLevel: 'none',
    resourceAttributes: env['OTEL_SERVICE_NAME'] === undefined ? { 'service.name': 'fleetstream' } : {},
    logRecordProcessors: [],
    ...(share > 0 ? {} : { spanProcessors: [] }),
    ...readers,
  });
  return async (): Promise<void> => {
    const over = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS_MAX).unref());
    await Promise.race([sdk.shutdown().catch(() => undefined), over]);
  };
}

function reportFaults(report: Report): void {
  const tell = (message: string) => report('telemetry_failed', { error: message });
  const ignore = () => undefined;
  const logger = { error: tell, warn: tell, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}

function traceFields(): object {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
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

/** What the SDK finds out of its host comes late, and the exporter complains at each reading until somebody waits for it. */
async function settled(exporter: PrometheusExporter): Promise<void> {
  const { resourceMetrics } = await exporter.collect();
  await resourceMetrics.resource.waitForAsyncAttributes?.();
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
