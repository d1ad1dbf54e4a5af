// What a running pipeline tells of itself: to Prometheus, and to a collector over OTLP.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { METRICS, prometheusName } from '#runtime/telemetry/names.ts';
import { type Collector, openCollector, type OtlpSpan } from './collector.ts';
import { reported, sendEvents } from './events.ts';
import { SECRET } from '../runtime/webhook/hook.ts';
import { FREE_PORTS, fleetstream, freePort, type Running, startUp } from './process.ts';

const START_MS_MAX = 30_000;
const TRACE_ID = 'ab'.repeat(16);
const PARENT_ID = 'cd'.repeat(8);

/** Until it is there, or fails with what there was. */
async function until<T>(read: () => T | Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const value = await read();
    if (wanted(value) || Date.now() > deadline) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function send(running: Running, events: readonly object[], headers: Readonly<Record<string, string>> = {}) {
  const url = `http://127.0.0.1:${running.env['FLEETSTREAM_HTTP_PORT']}/v1/events`;
  return (await sendEvents(url, events, headers)).text();
}

describe('a run whose metrics Prometheus reads, and whose devices are traced', () => {
  const folder = mkdtempSync(join(tmpdir(), 'telemetry-'));
  let collector: Collector;
  let running: Running;
  let url = '';

  beforeAll(async () => {
    collector = await openCollector();
    running = await startUp(folder, ['--no-demo'], {
      FLEETSTREAM_TELEMETRY_METRICS: 'prometheus',
      FLEETSTREAM_TELEMETRY_PORT: '0',
      FLEETSTREAM_TELEMETRY_TRACES_SHARE: '1',
      FLEETSTREAM_WEBHOOK_URL: 'http://127.0.0.1:9/hook',
      FLEETSTREAM_WEBHOOK_SECRETS: SECRET,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    });
    url = /"metrics":"([^"]+)"/.exec(running.output())?.[1] ?? '';
  }, START_MS_MAX);

  afterAll(async () => {
    running.child.kill('SIGINT');
    expect(await running.exited).toBe(0);
    await collector.close();
    rmSync(folder, { recursive: true, force: true });
  }, START_MS_MAX);

  const scrape = async () => (await fetch(url)).text();

  /** The sum of the samples of a name whose labels hold all of these. */
  const sampled = (text: string, name: string, ...labels: readonly string[]): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)))
      .reduce(
        (sum, line) =>
          sum +
          Number(
            line
              .slice(line.lastIndexOf('}') + 1)
              .trim()
              .split(' ')[0],
          ),
        0,
      );

  test('events that came, duplicates, refusals and rows are in the figures', async () => {
    await send(running, [reported('d1', 1), reported('d1', 2), reported('d2', 1), reported('d1', 2), { broken: true }]);
    const rows = (text: string) =>
      sampled(text, 'fleetstream_sink_rows_total', 'db_collection_name="telemetry"', 'outcome="inserted"');
    const text = await until(scrape, (each) => rows(each) === 3);
    expect(rows(text)).toBe(3);
    const events = 'fleetstream_ingress_events_total';
    expect(sampled(text, events, 'outcome="accepted"')).toBe(4);
    expect(sampled(text, events, 'outcome="rejected"')).toBe(1);
    const folded = 'fleetstream_processor_events_total';
    expect(sampled(text, folded, 'fleetstream_processor="ledger"', 'outcome="applied"')).toBe(3);
    expect(sampled(text, folded, 'fleetstream_processor="ledger"', 'outcome="duplicate"')).toBe(1);
    expect(sampled(text, 'messaging_client_consumed_messages_total')).toBeGreaterThanOrEqual(4);
    expect(sampled(text, 'fleetstream_commit_duration_count')).toBeGreaterThan(0);
    expect(sampled(text, 'db_client_operation_duration_count', 'db_collection_name="telemetry"')).toBe(
      sampled(text, 'fleetstream_sink_batches_total', 'db_collection_name="telemetry"'),
    );
    expect(sampled(text, 'fleetstream_state_size')).toBeGreaterThan(0);
    expect(sampled(text, 'fleetstream_watermark_age', 'fleetstream_processor="twin"')).toBeGreaterThan(0);
  });

  test('every metric is there under its name, and none is split by tenant or device', async () => {
    const text = await scrape();
    const names = new Set(Array.from(text.matchAll(/^# TYPE (\S+)/gm), ([, name]) => name));
    // Told only where a stage waits for a processor that does not run.
    const { upstreamMissing: _, ...always } = METRICS;
    expect(names).toEqual(new Set([...Object.values(always).map(prometheusName), 'target_info']));
    expect(text).not.toMatch(/"acme"|"d1"/);
  });

  test('one trace leads from the request of HTTP through the folds to the rows', async () => {
    const traceparent = `00-${TRACE_ID}-${PARENT_ID}-01`;
    await send(running, [reported('traced', 1)], { traceparent });
    const isOfIt = ({ traceId, links = [] }: OtlpSpan) =>
      traceId === TRACE_ID || links.some((link) => link.traceId === TRACE_ID);
    const spans = await until(
      () => collector.spans.filter(isOfIt),
      (found) => found.some(({ name }) => name === 'INSERT telemetry') && found.length >= 3,
    );
    const named = (name: string) => spans.find((span) => span.name === name);
    const [sent, folded, inserted] = [
      named('send fleet.events'),
      named('process fleet.events'),
      named('INSERT telemetry'),
    ];
    const [producer, consumer] = [4, 5];
    expect(sent).toMatchObject({ traceId: TRACE_ID, parentSpanId: PARENT_ID, kind: producer });
    const link = { traceId: TRACE_ID, spanId: sent?.spanId };
    expect(folded).toMatchObject({ traceId: TRACE_ID, parentSpanId: sent?.spanId, kind: consumer, links: [link] });
    expect(inserted).toMatchObject({ kind: consumer, links: [link] });
    expect(sent?.attributes).toContainEqual({ key: 'fleetstream.device', value: { stringValue: 'traced' } });
    for (const span of spans) expect(span.status.code ?? 0).toBe(0);
  });
});

describe('a run whose metrics are pushed', () => {
  test(
    'sends them to the collector, and opens no port for Prometheus',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'pushed-'));
      const collector = await openCollector();
      const running = await startUp(folder, ['--no-demo'], {
        FLEETSTREAM_TELEMETRY_METRICS: 'otlp',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_METRIC_EXPORT_INTERVAL: '200',
        OTEL_METRIC_EXPORT_TIMEOUT: '200',
      });
      expect(running.output()).toContain('"metrics":null');
      const found = await until(
        () => [...collector.metrics],
        (names) => names.includes('fleetstream.commit.duration') && names.includes('fleetstream.lag.records'),
      );
      expect(found).toEqual(expect.arrayContaining(['fleetstream.commit.duration', 'fleetstream.lag.records']));
      expect(collector.spans).toEqual([]);
      running.child.kill('SIGINT');
      expect(await running.exited).toBe(0);
      await collector.close();
      rmSync(folder, { recursive: true });
    },
    START_MS_MAX,
  );

  test(
    'goes on, and ends, where no collector answers',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'unheard-'));
      const running = await startUp(folder, ['--no-demo'], {
        FLEETSTREAM_TELEMETRY_METRICS: 'otlp',
        FLEETSTREAM_TELEMETRY_TRACES_SHARE: '1',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
        OTEL_METRIC_EXPORT_INTERVAL: '200',
        OTEL_METRIC_EXPORT_TIMEOUT: '200',
      });
      expect(await send(running, [reported('d1', 1)])).toContain('"accepted":1');
      running.child.kill('SIGINT');
      expect(await running.exited).toBe(0);
      rmSync(folder, { recursive: true });
    },
    START_MS_MAX,
  );
});

test(
  'where Prometheus reads and no device is traced, each reading is silent',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pulled-'));
    const running = await startUp(folder, ['--no-demo'], {
      FLEETSTREAM_TELEMETRY_METRICS: 'prometheus',
      FLEETSTREAM_TELEMETRY_PORT: '0',
    });
    onTestFinished(() => void running.child.kill('SIGKILL'));
    const url = /"metrics":"([^"]+)"/.exec(running.output())?.[1] ?? '';
    for (let time = 0; time < 3; time++) expect(await (await fetch(url)).text()).toMatch(/^target_info/m);
    running.child.kill('SIGINT');
    expect(await running.exited).toBe(0);
    expect(running.output()).not.toContain('telemetry_failed');
    rmSync(folder, { recursive: true });
  },
  START_MS_MAX,
);

test("Prometheus's port that is taken is one line, before anything is opened", async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const folder = mkdtempSync(join(tmpdir(), 'taken-'));
  const env = {
    ...FREE_PORTS,
    FLEETSTREAM_TELEMETRY_METRICS: 'prometheus',
    FLEETSTREAM_TELEMETRY_PORT: String(port),
  };
  const { status, stderr } = fleetstream(['up', '--log', 'text'], env, '', folder);
  expect(stderr).toBe(
    `port_taken: Prometheus port ${port} on 127.0.0.1 is in use; stop what holds it, or set FLEETSTREAM_TELEMETRY_PORT to another.`,
  );
  expect([status, readdirSync(folder)]).toEqual([1, []]);
  server.close();
  rmSync(folder, { recursive: true });
});
