// What the parts of the distributed pipeline tell of themselves, each a process of its own on Kafka.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { EVENTS_TOPIC } from '#sdk';
import { openKafkaLog } from '#runtime/log/kafka/log.ts';
import { partitionOf } from '#runtime/log/partition.ts';
import { METRICS, prometheusName } from '#runtime/telemetry/names.ts';
import { openCollector, type OtlpSpan } from '../cli/collector.ts';
import { reported, sendEvents } from '../cli/events.ts';
import { startChdbServer } from '../stack/chdb-server.ts';
import { canRun, ownKafka, registryUrl } from './faults/own.ts';
import { type RunningService, startService } from './service.ts';

const PARTITIONS = 4;
const DEVICES = Array.from({ length: 8 }, (_, i) => `d${i + 1}`);
const EVENTS_EACH = 5;
const TRACE_ID = 'ab'.repeat(16);
const PARENT_ID = 'cd'.repeat(8);
const YEAR_MS = 365 * 24 * 3_600_000;

test.skipIf(!canRun)(
  'connect, run with two threads and sink: every metric in one scrape each, one trace from the request to the rows',
  { timeout: 240_000 },
  async () => {
    const kafka = await ownKafka();
    const folder = mkdtempSync(join(tmpdir(), 'fleetstream-telemetry-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const tables = await startChdbServer({ path: join(folder, 'tables') });
    onTestFinished(() => tables.close());
    const collector = await openCollector();
    onTestFinished(() => collector.close());
    const env = (instance: string, metrics = 'prometheus') => ({
      FLEETSTREAM_KAFKA_BROKERS: kafka.brokers.join(','),
      FLEETSTREAM_KAFKA_INSTANCE: instance,
      FLEETSTREAM_REGISTRY_URL: registryUrl(),
      FLEETSTREAM_PARTITIONS: String(PARTITIONS),
      FLEETSTREAM_DATA: join(folder, instance),
      FLEETSTREAM_CLICKHOUSE_URL: tables.url,
      FLEETSTREAM_TELEMETRY_METRICS: metrics,
      FLEETSTREAM_TELEMETRY_PORT: '0',
      FLEETSTREAM_TELEMETRY_TRACES_SHARE: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
      OTEL_METRIC_EXPORT_TIMEOUT: '200',
    });
    const folding = ['run', 'ledger', 'twin', '--app', 'fleet', '--threads', '2'];
    const connect = await startService(['connect'], env('doors'), /HTTP http:[^\s,]+/);
    const run = await startService(folding, env('folds'), /health http:[^\s"]+/);
    const sink = await startService(['sink'], env('rows'), /health http:[^\s"]+/);
    const isReady = async ({ ready }: RunningService) => (await fetch(ready.replace('health ', ''))).status;
    for (const part of [run, sink]) await expect.poll(() => isReady(part), SOON).toBe(200);

    // Both threads have something to fold.
    expect(new Set(DEVICES.map((device) => partitionOf(Buffer.from(`acme/${device}`), PARTITIONS))).size).toBe(4);
    const url = `${connect.ready.replace('HTTP ', '')}/v1/events`;
    const events = DEVICES.flatMap((device) => Array.from({ length: EVENTS_EACH }, (_, i) => reported(device, i)));
    const again = events.slice(0, 3);
    await send(url, [...events, ...again, { broken: true }]);
    await junk(kafka.brokers);
    const applied = DEVICES.length * EVENTS_EACH;
    const by = (processor: string, outcome: string) =>
      [`fleetstream_processor="${processor}"`, `fleetstream_outcome="${outcome}"`] as const;
    const rows = [`db_collection_name="telemetry"`, `fleetstream_outcome="inserted"`];
    await expect
      .poll(async () => sampled(await scrape(sink), 'fleetstream_sink_rows_total', ...rows), SOON)
      .toBe(applied);
    // Ticks have come by now, and nothing is late before the first.
    await send(url, [{ ...reported('d1', EVENTS_EACH), time: new Date(Date.now() - YEAR_MS).toISOString() }]);
    const folded = 'fleetstream_processor_events_total';
    await expect.poll(async () => sampled(await scrape(run), folded, ...by('ledger', 'late')), SOON).toBe(1);

    const [doors, folds, sunk] = [await scrape(connect), await scrape(run), await scrape(sink)];
    // No webhook and no stage runs here; their metrics are tried where they do.
    const here = Object.values(METRICS)
      .map(prometheusName)
      .filter((name) => !/_webhook_|_upstream_/.test(name));
    expect(namesIn(doors, folds, sunk)).toEqual(new Set(here));
    for (const text of [doors, folds, sunk]) expect(text).not.toMatch(/"acme"|"d1"/);
    expect(repeated(folds)).toEqual([]);

    expect(sampled(doors, 'fleetstream_ingress_events_total', 'outcome="accepted"')).toBe(applied + 3 + 1);
    expect(sampled(doors, 'fleetstream_ingress_events_total', 'outcome="rejected"')).toBe(1);
    expect(sampled(doors, 'fleetstream_ingress_deferred_total')).toBe(0);
    expect(sampled(doors, 'fleetstream_ingress_inflight')).toBe(0);

    // Of both threads together: with one alone each of these would be too small.
    expect(sampled(folds, folded, ...by('ledger', 'applied'))).toBe(applied);
    expect(sampled(folds, folded, ...by('ledger', 'duplicate'))).toBe(3);
    expect(sampled(folds, folded, ...by('ledger', 'dead_lettered'))).toBe(1);
    expect(sampled(folds, 'fleetstream_processor_outputs_total', 'processor="ledger"')).toBeGreaterThan(applied);
    expect(sampled(folds, 'fleetstream_state_keys', 'processor="ledger"')).toBe(DEVICES.length);
    expect(sampled(folds, 'messaging_client_consumed_messages_total')).toBeGreaterThan(applied + 3 + 2);
    expect(sampled(folds, 'messaging_client_sent_messages_total')).toBeGreaterThan(2 * applied);
    const slices = sampled(folds, 'fleetstream_decode_duration_count');
    expect(slices).toBeGreaterThan(0);
    expect(sampled(folds, 'messaging_process_duration_count')).toBe(slices);
    for (const seconds of [
      'fleetstream_decode_duration',
      'messaging_process_duration',
      'fleetstream_commit_duration',
    ]) {
      expect(sampled(folds, `${seconds}_sum`), seconds).toBeGreaterThan(0);
    }
    expect(sampled(folds, 'fleetstream_commit_duration_count', 'error_type')).toBe(0);
    for (const processor of ['processor="ledger"', 'processor="twin"']) {
      // Ticks go on, four records and four markers a second.
      expect(sampled(folds, 'fleetstream_lag_records', processor)).toBeLessThan(1_000);
      expect(sampled(folds, 'fleetstream_watermark_age', processor)).toBeGreaterThan(0);
      expect(sampled(folds, 'fleetstream_watermark_age', processor)).toBeLessThan(600);
      expect(sampled(folds, 'fleetstream_restore_remaining', processor)).toBe(0);
      expect(sampled(folds, 'fleetstream_processor_stopped', processor)).toBe(0);
    }
    expect(folds).toMatch(/^fleetstream_lag_time\{/m);
    // A file of LMDB each, of a page or more.
    expect(sampled(folds, 'fleetstream_state_size')).toBeGreaterThanOrEqual(2 * 4096);

    const telemetry = 'db_collection_name="telemetry"';
    const batches = sampled(sunk, 'fleetstream_sink_batches_total', telemetry);
    expect(batches).toBeGreaterThan(0);
    expect(sampled(sunk, 'db_client_operation_duration_count', telemetry)).toBe(batches);
    expect(sampled(sunk, 'fleetstream_sink_lag', telemetry)).toBe(0);
    expect(sampled(sunk, 'fleetstream_sink_waiting')).toBe(0);
    expect(sampled(sunk, 'fleetstream_sink_rows_total', 'outcome="refused"')).toBe(0);

    await send(url, [reported('d2', EVENTS_EACH)], { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01` });
    const ofTrace = () => collector.spans.filter(isOfTrace);
    await expect.poll(() => ofTrace().map(({ name }) => name), SOON).toContain('INSERT telemetry');
    const named = (name: string) => ofTrace().find((span) => span.name === name);
    const sent = named('send fleet.events');
    const link = { traceId: TRACE_ID, spanId: sent?.spanId };
    expect(sent).toMatchObject({ traceId: TRACE_ID, parentSpanId: PARENT_ID });
    expect(named('process fleet.events')).toMatchObject({
      traceId: TRACE_ID,
      parentSpanId: sent?.spanId,
      links: [link],
    });
    expect(named('INSERT telemetry')).toMatchObject({ links: [link] });
    for (const { status } of ofTrace()) expect(status.code ?? 0).toBe(0);

    expect(await run.stop(), run.output()).toBe(0);
    const pushed = await startService(folding, env('folds', 'otlp'), /health http:[^\s"]+/);
    const names = ['fleetstream.commit.duration', 'fleetstream.processor.events', 'fleetstream.lag.records'];
    await expect.poll(() => [...collector.metrics], SOON).toEqual(expect.arrayContaining(names));
    for (const part of [pushed, sink, connect]) expect(await part.stop(), part.output()).toBe(0);
  },
);

const SOON = { timeout: 60_000, interval: 100 };

async function send(url: string, events: readonly object[], headers?: Readonly<Record<string, string>>) {
  expect((await sendEvents(url, events, headers)).status).toBeLessThan(300);
}

/** A record that nobody can read. */
async function junk(brokers: readonly string[]): Promise<void> {
  const log = await openKafkaLog({ brokers, clientId: 'junk' });
  const [key, value] = [Buffer.from('acme/d1'), Buffer.from('junk')];
  await log.append([{ topic: EVENTS_TOPIC, partition: 0, key, value, timestamp: 0 }]);
  await log.close();
}

async function scrape(part: RunningService): Promise<string> {
  const [, url = ''] = /"prometheus":"([^"]+)"/.exec(part.output()) ?? [];
  return (await fetch(url)).text();
}

/** The sum of the samples of a name whose labels hold all of these. */
function sampled(text: string, name: string, ...labels: readonly string[]): number {
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && labels.every((each) => line.includes(each)));
  return lines.reduce((sum, line) => sum + Number(/\} (\S+)/.exec(line)?.[1]), 0);
}

function namesIn(...texts: readonly string[]): Set<string> {
  const names = texts.flatMap((text) => Array.from(text.matchAll(/^# TYPE (\S+)/gm), ([, name]) => name as string));
  return new Set(names.filter((name) => name !== 'target_info'));
}

/** Series that stand there more than once, as each thread by itself would write them. */
function repeated(text: string): string[] {
  const series = Array.from(text.matchAll(/^([^#\s][^\n]*\}) /gm), ([, name]) => name as string);
  return series.filter((name, i) => series.indexOf(name) !== i);
}

function isOfTrace({ traceId, links = [] }: OtlpSpan): boolean {
  return traceId === TRACE_ID || links.some((link) => link.traceId === TRACE_ID);
}
